"""The ISO week as text: when an anonymous answer came, which must tell no time."""

from __future__ import annotations

from datetime import date


def iso_week(day: date) -> str:
    """Return the ISO week of a day as text that orders like time, 2026-W09; the year is the week's own."""
    year, week, _ = day.isocalendar()
    return f"{year}-W{week:02d}"
