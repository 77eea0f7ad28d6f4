"""Themes and the mood of comments, as pages write them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from experience import figures
from experience.marks import interval_bar
from experience.models import CommentTheme
from experience.selectors.comment_mood import CommentMood

_CLEAR = 0.05


@dataclass(frozen=True, slots=True)
class ThemeLine:
    """One theme: who writes about it and how it sounds."""

    term: str
    people: int
    words: str
    polarity: str
    span: str
    mark: SafeString


def theme_lines(themes: Iterable[CommentTheme]) -> list[ThemeLine]:
    """Return the themes as lines, with the interval that holds their mean polarity in nine of ten cases."""
    return [
        ThemeLine(
            theme.term,
            theme.people,
            mood_word(theme.polarity, theme.low, theme.high),
            figures.change(theme.polarity),
            _span(theme.low, theme.high),
            interval_bar(
                theme.polarity, theme.low, theme.high, 0.0, span=(-1, 1), status=_tone(theme.low, theme.high)
            ),
        )
        for theme in themes
    ]


def _span(low: float | None, high: float | None) -> str:
    return figures.joined(figures.change(low), figures.change(high)) if low is not None else ""


def mood_word(polarity: float | None, low: float | None, high: float | None) -> str:
    """Return how a theme sounds, in a word; "mixed" where the interval holds both sides."""
    if polarity is None or low is None or high is None:
        return _("not enough read")
    if high < 0:
        return _("unhappy")
    return _("happy") if low > 0 else _("mixed")


def _tone(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "missing"
    return "likely_red" if high < 0 else ("likely_green" if low > 0 else "lean_red")


@dataclass(frozen=True, slots=True)
class MoodLine:
    """The mood of a service's comments in words."""

    standardised: str
    as_written: str
    comments: int
    word: str


def mood_line(mood: CommentMood | None) -> MoodLine | None:
    """Return the mood in words; None where too few people wrote."""
    if mood is None:
        return None
    side = _("even")
    if abs(mood.standardised) > _CLEAR:
        side = _("unhappy") if mood.standardised < 0 else _("happy")
    return MoodLine(figures.change(mood.standardised), figures.change(mood.as_written), mood.comments, side)
