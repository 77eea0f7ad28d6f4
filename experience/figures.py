"""How figures are written on a page: the one rounding rule, for templates and the marks drawn beside them.

Shares are whole per cent, ratings have one decimal, scores none. A share that is neither nothing nor
everything is never written as 0 % or 100 %. Missing is an en dash, never 0.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

MISSING = "–"
_NO_BREAK = "\u00a0"
_MINUS = "\u2212"
_MINUTES_PER_HOUR = 60.0
# Fractions that people read without thinking, for "1 in 5".
_FRACTIONS = ((1, 20), (1, 15), (1, 12), (1, 10), (1, 8), (1, 7), (1, 6), (1, 5), (1, 4), (1, 3), (2, 5))
_MORE_FRACTIONS = ((1, 2), (3, 5), (2, 3), (3, 4), (4, 5), (9, 10))


def share(value: float | None) -> str:
    """Return a share 0..1 as whole per cent: "93 %"; "<1 %" and ">99 %" for what only rounds to the ends."""
    if value is None:
        return MISSING
    if 0 < value < 0.005:
        return f"<1{_NO_BREAK}%"
    if 0.995 <= value < 1:
        return f">99{_NO_BREAK}%"
    return f"{value * 100:.0f}{_NO_BREAK}%"


def uptime(value: float | None) -> str:
    """Return a share of the time with two decimals, since 99.0 % and 99.9 % are worlds apart: "99.87 %"."""
    if value is None:
        return MISSING
    shown = f"{value * 100:.2f}"
    return f"{'>99.99' if shown == '100.00' and value < 1 else shown}{_NO_BREAK}%"


def rating(value: float | None) -> str:
    """Return a rating on its own scale with one decimal: "3.7"."""
    return MISSING if value is None else _signed(f"{value:.1f}")


def score(value: float | None) -> str:
    """Return a score 0..100 as a whole number: "62"."""
    return MISSING if value is None else f"{value:.0f}"


def change(value: float | None) -> str:
    """Return points gained or lost with their sign and one decimal: "+5.2", "−15.0"."""
    if value is None:
        return MISSING
    shown = f"{value:+.1f}"
    return "0.0" if shown in ("-0.0", "+0.0") else _signed(shown)


def hours(value: float | None) -> str:
    """Return hours: one decimal below 10, whole and grouped from there: "4.5 h", "1,204 h"."""
    if value is None:
        return MISSING
    return f"{value:.1f}{_NO_BREAK}h" if abs(value) < 9.95 else f"{value:,.0f}{_NO_BREAK}h"


def minutes(value: float | None) -> str:
    """Return whole minutes: "138 min"."""
    return MISSING if value is None else f"{value:,.0f}{_NO_BREAK}min"


def duration(value: float | None) -> str:
    """Return minutes as people say them: minutes below two hours, else hours: "95 min", "3.2 h"."""
    if value is None or value < 2 * _MINUTES_PER_HOUR:
        return minutes(value)
    return hours(value / _MINUTES_PER_HOUR)


def clock(value: float | None) -> str:
    """Return hours as people say them: minutes below two hours, else hours: "24 min", "38 h"."""
    return MISSING if value is None else duration(value * _MINUTES_PER_HOUR)


def count(value: float | None) -> str:
    """Return a whole number with its thousands grouped: "24,600"."""
    return MISSING if value is None else f"{value:,.0f}"


def plain(value: float | None) -> str:
    """Return a number without a unit of its own (Apdex, polarity) with two decimals: "0.87"."""
    return MISSING if value is None else _signed(f"{value:.2f}")


def interval(low: float | None, high: float | None, write: Callable[[float | None], str] = rating) -> str:
    """Return an interval with an en dash, "3.5–3.9", the unit written once; empty while there is none.

    Ends below zero are joined by "to", since a dash beside a minus cannot be read.
    """
    if low is None or high is None:
        return ""
    first, last = write(low), write(high)
    unit = last[last.index(_NO_BREAK) :] if _NO_BREAK in last else ""
    between = " to " if _MINUS in first + last else "–"
    return f"{first.removesuffix(unit) if unit else first}{between}{last}"


def one_in(value: float | None) -> str:
    """Return a share as a natural frequency where one fits within a tenth of it: "1 in 5"; else per cent."""
    if value is None:
        return MISSING
    parts, whole = min(_FRACTIONS + _MORE_FRACTIONS, key=lambda pair: abs(pair[0] / pair[1] - value))
    if value > 0 and abs(parts / whole - value) <= 0.1 * value:
        return f"{parts}{_NO_BREAK}in{_NO_BREAK}{whole}"
    return share(value)


def ago(moment: datetime, now: datetime) -> str:
    """Return how long ago something was: to the hour within a day, then its date in the zone of `now`."""
    passed = now - moment
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return _whole(passed.total_seconds() // 60, "minute")
    if passed < timedelta(days=1):
        return _whole(passed.total_seconds() // 3600, "hour")
    local = moment.astimezone(now.tzinfo)
    year = "" if local.year == now.year else f" {local.year}"
    return f"{local.day} {local:%B}{year}"


def _whole(number: float, unit: str) -> str:
    return f"{number:.0f} {unit}{'' if number == 1 else 's'} ago"


def distance(value: float | None, target: float | None) -> str:
    """Return how far a rating lies from what was agreed, from the figures as shown: "0.3 below target"."""
    if value is None or target is None:
        return ""
    apart = round(float(f"{value:.1f}") - float(f"{target:.1f}"), 1)
    if apart == 0:
        return "on target"
    return f"{abs(apart):.1f} {'above' if apart > 0 else 'below'} target"


def points_apart(value: float | None, target: float | None) -> str:
    """Return how far a share lies from its target in percentage points, from the figures as shown."""
    if value is None or target is None:
        return ""
    apart = round(value * 100) - round(target * 100)
    if apart == 0:
        return "on target"
    noun = "point" if abs(apart) == 1 else "points"
    return f"{abs(apart)} {noun} {'above' if apart > 0 else 'below'}"


def _signed(text: str) -> str:
    return text.replace("-", _MINUS)
