"""What counts as an e-mail address: what mail programs write, without the curiosities of RFC 5322."""

from __future__ import annotations

import re

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]+"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@\w[\w-]*(?:\.\w[\w-]*)*")


def is_address(text: str) -> bool:
    """Say whether mail can be written to this address; a host without a dot is fine in a local network."""
    return _ADDRESS.fullmatch(text) is not None
