"""What a page calls things: evidence states and badges, in one place for pages and exports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from django.utils.translation import gettext_lazy as _

from experience.engine.gaps import Verdict

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# Words that are written in the language of whoever reads them.
Words: TypeAlias = "str | _StrPromise"


@dataclass(frozen=True, slots=True)
class Badge:
    """What SLA and experience say together: its key (also its icon), its words and its colour."""

    key: str
    label: Words
    tone: str
    meaning: Words


@dataclass(frozen=True, slots=True)
class StatusWords:
    """An evidence state in words, with the colour it is drawn in."""

    label: Words
    tone: str


BADGES = (
    Badge("watermelon", _("Watermelon"), "below", _("SLA met, users unhappy")),
    Badge(
        "possible_watermelon",
        _("Possible watermelon"),
        "lean",
        _("Looks like it; not sure enough to alert anyone"),
    ),
    Badge("red_on_both", _("Red on both"), "below", _("SLA missed, users unhappy")),
    Badge("blind_spot", _("Blind spot"), "below", _("No SLA set, users unhappy")),
    Badge("over_strict", _("Over-strict SLA"), "unknown", _("SLA missed, users fine")),
)
_BY_KEY = {badge.key: (rank, badge) for rank, badge in enumerate(BADGES)}

STATUS_WORDS = {
    "likely_red": StatusWords(_("Below target"), "below"),
    "lean_red": StatusWords(_("Probably below"), "lean"),
    "lean_green": StatusWords(_("Probably on target"), "met"),
    "likely_green": StatusWords(_("On target"), "met"),
    "collecting": StatusWords(_("Too few answers"), "unknown"),
    "hidden": StatusWords(_("Hidden"), "unknown"),
    "missing": StatusWords(_("No answers yet"), "unknown"),
}


def badge_of(verdict: Verdict | None) -> Badge | None:
    """Return the badge of a verdict; most verdicts carry none."""
    found = _BY_KEY.get(verdict.value) if verdict else None
    return found[1] if found else None


def attention_rank(badge: Badge | None) -> int:
    """Return where a badge stands in a list of what to look at first; without a badge comes last."""
    return _BY_KEY[badge.key][0] if badge else len(BADGES)
