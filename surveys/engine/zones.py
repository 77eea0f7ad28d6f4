"""Time zones by name, as sources and people write them."""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


@lru_cache(maxsize=1000)
def named_zone(name: str) -> ZoneInfo | None:
    """Return the time zone of this name; None for no name and for one that no system knows."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):  # unknown, malformed, the name of a folder
        return None
