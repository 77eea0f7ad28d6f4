"""How figures are written on a page: the one rounding rule, for templates and the marks drawn beside them.

Shares are whole per cent, ratings have one decimal, scores none. A share that is neither nothing nor
everything is never written as 0 % or 100 %. Missing is an en dash, never 0. Decimal mark, grouping, dates and
words follow the language of the page, which is the one in force when a figure is written.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from django.utils.formats import date_format, get_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

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
    is_nearly_all = value < 1 and f"{value * 100:.2f}" == "100.00"
    shown = f">{number(99.99, 2)}" if is_nearly_all else number(value * 100, 2)
    return f"{shown}{_NO_BREAK}%"


def rating(value: float | None) -> str:
    """Return a rating on its own scale with one decimal: "3.7"."""
    return MISSING if value is None else number(value, 1)


def score(value: float | None) -> str:
    """Return a score 0..100 as a whole number: "62"."""
    return MISSING if value is None else number(value, 0)


def change(value: float | None) -> str:
    """Return points gained or lost with their sign and one decimal: "+5.2", "−15.0"."""
    return MISSING if value is None else signed(value, lambda size: number(size, 1))


def surplus(value: float | None) -> str:
    """Return how many more or fewer of something, with its sign, as a whole number: "+28", "−1,204"."""
    return MISSING if value is None else signed(value, lambda size: number(size, 0))


def signed(value: float, write: Callable[[float], str]) -> str:
    """Return a difference with its sign, its size as `write` writes it; without one where that is nothing."""
    size = write(abs(value))
    if size == write(0.0):
        return size
    return f"{_MINUS if value < 0 else '+'}{size}"


def hours(value: float | None) -> str:
    """Return hours: one decimal below 10, whole and grouped from there: "4.5 h", "1,204 h"."""
    if value is None:
        return MISSING
    return _with_unit(number(value, 1 if abs(value) < 9.95 else 0), _("h"))


def minutes(value: float | None) -> str:
    """Return whole minutes: "138 min"."""
    return MISSING if value is None else _with_unit(number(value, 0), _("min"))


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
    return MISSING if value is None else number(value, 0)


def plain(value: float | None) -> str:
    """Return a number without a unit of its own (Apdex, polarity) with two decimals: "0.87"."""
    return MISSING if value is None else number(value, 2)


def interval(low: float | None, high: float | None, write: Callable[[float | None], str] = rating) -> str:
    """Return an interval with an en dash, "3.5–3.9", the unit written once; empty while there is none.

    Ends below zero are joined by "to", since a dash beside a minus cannot be read.
    """
    if low is None or high is None:
        return ""
    first, last = write(low), write(high)
    unit = last[last.index(_NO_BREAK) :] if _NO_BREAK in last else ""
    first = first.removesuffix(unit) if unit else first
    return joined(first, last) if _MINUS in first + last else f"{first}–{last}"


def one_in(value: float | None) -> str:
    """Return a share as a natural frequency where one fits within a tenth of it: "1 in 5"; else per cent."""
    if value is None:
        return MISSING
    parts, whole = min(_FRACTIONS + _MORE_FRACTIONS, key=lambda pair: abs(pair[0] / pair[1] - value))
    if value > 0 and abs(parts / whole - value) <= 0.1 * value:
        said = _("%(part)s in %(whole)s") % {"part": parts, "whole": whole}
        return said.replace(" ", _NO_BREAK)
    return share(value)


def day(value: date) -> str:
    """Return a day without its year: "3 June"."""
    return date_format(value, "MONTH_DAY_FORMAT")


def full_day(value: date) -> str:
    """Return a day with its year: "3 June 2026"."""
    return date_format(value, "DATE_FORMAT")


def month(value: date) -> str:
    """Return a month with its year: "June 2026"."""
    return date_format(value, "YEAR_MONTH_FORMAT")


def distance(value: float | None, target: float | None) -> str:
    """Return how far a rating lies from what was agreed, from the figures as shown: "0.3 below target"."""
    if value is None or target is None:
        return ""
    apart = round(float(f"{value:.1f}") - float(f"{target:.1f}"), 1)
    if apart == 0:
        return _("on target")
    words = _("%(distance)s above target") if apart > 0 else _("%(distance)s below target")
    return words % {"distance": number(abs(apart), 1)}


def points_apart(value: float | None, target: float | None) -> str:
    """Return how far a share lies from its target in percentage points, from the figures as shown."""
    if value is None or target is None:
        return ""
    apart = round(value * 100) - round(target * 100)
    if apart == 0:
        return _("on target")
    if apart > 0:
        return ngettext("%(count)s point above", "%(count)s points above", apart) % {"count": apart}
    return ngettext("%(count)s point below", "%(count)s points below", -apart) % {"count": -apart}


def joined(low: str, high: str) -> str:
    """Return two ends that a dash would make unreadable: "−0.55 to −0.15", "3 May to 30 May"."""
    return _("%(low)s to %(high)s") % {"low": low, "high": high}


def number(value: float, decimals: int) -> str:
    """Return a number as the page's language writes it: thousands grouped, a true minus, none before zero."""
    marks = {
        ",": str(get_format("THOUSAND_SEPARATOR")),
        ".": str(get_format("DECIMAL_SEPARATOR")),
        "-": _MINUS,
    }
    return "".join(marks.get(sign, sign) for sign in f"{value:z,.{decimals}f}")


def shortest(value: float) -> str:
    """Return a number with at most four digits that mean something and no zeros behind: "4.2", "120"."""
    digits = f"{value:.4g}"
    return number(value, len(digits.partition(".")[2])) if "e" not in digits else digits


def _with_unit(figure: str, unit: str) -> str:
    return f"{figure}{_NO_BREAK}{unit}"
