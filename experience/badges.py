"""What a page calls things: evidence states and badges, in one place for pages and exports."""

from __future__ import annotations

from dataclasses import dataclass

from experience.engine.gaps import Verdict


@dataclass(frozen=True, slots=True)
class Badge:
    """What SLA and experience say together: its key (also its icon), its words and its colour."""

    key: str
    label: str
    tone: str
    meaning: str


@dataclass(frozen=True, slots=True)
class StatusWords:
    """An evidence state in words, with the colour it is drawn in."""

    label: str
    tone: str


BADGES = (
    Badge("watermelon", "Watermelon", "below", "SLA met, users unhappy"),
    Badge(
        "possible_watermelon", "Possible watermelon", "lean", "Looks like it; not sure enough to alert anyone"
    ),
    Badge("red_on_both", "Red on both", "below", "SLA missed, users unhappy"),
    Badge("blind_spot", "Blind spot", "below", "No SLA set, users unhappy"),
    Badge("over_strict", "Over-strict SLA", "unknown", "SLA missed, users fine"),
)
_BY_KEY = {badge.key: (rank, badge) for rank, badge in enumerate(BADGES)}

STATUS_WORDS = {
    "likely_red": StatusWords("Below target", "below"),
    "lean_red": StatusWords("Probably below", "lean"),
    "lean_green": StatusWords("Probably on target", "met"),
    "likely_green": StatusWords("On target", "met"),
    "collecting": StatusWords("Too few answers", "unknown"),
    "hidden": StatusWords("Hidden", "unknown"),
    "missing": StatusWords("No answers yet", "unknown"),
}


def badge_of(verdict: Verdict | None) -> Badge | None:
    """Return the badge of a verdict; most verdicts carry none."""
    found = _BY_KEY.get(verdict.value) if verdict else None
    return found[1] if found else None


def attention_rank(badge: Badge | None) -> int:
    """Return where a badge stands in a list of what to look at first; without a badge comes last."""
    return _BY_KEY[badge.key][0] if badge else len(BADGES)
