"""The figures inside a measurement's results document, without those that stand for too few people."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings

from experience.engine.defaults import DEFAULTS
from experience.engine.evidence import RATING_SCALES
from experience.engine.indicators import FROM_ANSWERS
from experience.engine.intervals import cold_start_variance
from experience.models import ParameterSet

RATING, REPEAT_CONTACT, LOST_TIME = "rating", "repeat_contact", "lost_time"
_BY_RATINGS = {best - worst + 1: (worst, best) for worst, best in RATING_SCALES.values()}
_BY_BEST = {best: (worst, best) for worst, best in RATING_SCALES.values()}
_MEASURES = {scale: measure for measure, scale in RATING_SCALES.items()}


@dataclass(frozen=True, slots=True)
class IndicatorFigures:
    """One indicator: native value, interval and target, score 0..100, weight within its stream, evidence.

    `silent_since` is the last day with data, YYYY-MM-DD, of a signal that fell silent; empty otherwise.
    """

    key: str
    name: str
    stream: str
    unit: str
    statistic: str
    state: str
    weight: float
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    floor: float | None = None
    target: float | None = None
    ceiling: float | None = None
    score: float | None = None
    score_low: float | None = None
    score_high: float | None = None
    silent_since: str = ""


@dataclass(frozen=True, slots=True)
class StreamFigures:
    """One kind of evidence: its score and what it adds to (or takes from) the distance to target."""

    stream: str
    score: float | None
    low: float | None
    high: float | None
    contribution: float | None


@dataclass(frozen=True, slots=True)
class ResponseFigures:
    """What became of the resolutions: all, those that could be asked, those asked, those answered."""

    resolved: int = 0
    eligible: int = 0
    asked: int = 0
    answered: int = 0


@dataclass(frozen=True, slots=True)
class ResultFigures:
    """Everything a results document says. `scale` holds the worst and the best answer of the rating."""

    indicators: tuple[IndicatorFigures, ...]
    streams: tuple[StreamFigures, ...]
    rating_counts: tuple[int, ...]
    scale: tuple[int, int] | None
    tipping_point: float | None
    response: ResponseFigures
    lost_hours: float | None

    def indicator(self, key: str) -> IndicatorFigures | None:
        """Return one indicator, or None when the agreement does not have it."""
        return next((found for found in self.indicators if found.key == key), None)


def pulled_down_by(indicators: Iterable[Mapping[str, Any]]) -> str:
    """Return what keeps the experience below target although the rating is on it; empty otherwise.

    Takes the indicator rows of a results document and returns the name of the one with the lowest score.
    """
    rows = _weighed(indicators)
    rating = _rating_score(rows)
    worst = min(rows, key=lambda row: row["score"], default=None)
    if rating is None or rating < DEFAULTS.target_score or worst is None:
        return ""
    return str(worst["name"]) if worst["score"] < DEFAULTS.target_score else ""


def lifted_by(indicators: Iterable[Mapping[str, Any]]) -> str:
    """Return what brings the experience to its target although the rating is below it; empty otherwise.

    Takes the indicator rows of a results document and returns the name of the one with the highest score.
    """
    rows = _weighed(indicators)
    rating = _rating_score(rows)
    best = max(rows, key=lambda row: row["score"], default=None)
    if rating is None or rating >= DEFAULTS.target_score or best is None:
        return ""
    return str(best["name"]) if best["score"] >= DEFAULTS.target_score else ""


def _weighed(indicators: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the rows that make up the experience."""
    return [row for row in indicators if row["stream"] == "X" and row["weight"] and row["score"] is not None]


def _rating_score(rows: Iterable[Mapping[str, Any]]) -> float | None:
    return next((row["score"] for row in rows if row["key"] == RATING), None)


def scale_of(document: Mapping[str, Any]) -> tuple[int, int] | None:
    """Return the worst and best answer of the rating's scale, or None when the agreement has no rating."""
    return _BY_RATINGS.get(len(document.get("rating_counts", ())))


def scale_to(best: int | None) -> tuple[int, int] | None:
    """Return the worst and best answer of the scale whose best answer this is; None without a rating."""
    return None if best is None else _BY_BEST[best]


def answer_variance(used: ParameterSet, scale: tuple[int, int]) -> float:
    """Return the variance of one answer on a scale: the organisation's that night, else an assumed one."""
    pooled = used.values.get("pooled_variance", {}).get(_MEASURES[scale])
    return pooled or cold_start_variance(*scale)


def read_results(document: Mapping[str, Any], *, is_hidden: bool) -> ResultFigures:
    """Return the figures of a results document; `is_hidden` leaves out all that come from answers."""
    indicators = tuple(_indicator(row, is_hidden) for row in document.get("indicators", ()))
    counts = tuple(document.get("rating_counts", ()))
    return ResultFigures(
        indicators=indicators,
        streams=tuple(
            _stream(name, row, is_hidden)
            for name, row in document.get("streams", {}).items()
            if row is not None
        ),
        rating_counts=() if is_hidden else counts,
        scale=scale_of(document),
        tipping_point=None if is_hidden else document.get("tipping_point"),
        response=ResponseFigures(**document.get("response", {})),
        lost_hours=None if is_hidden else document.get("lost_hours"),
    )


def summary_of(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the columns of a measurement that repeat what its results document says, for long lists."""
    experience = document.get("streams", {}).get("X") or {}
    indicators = document.get("indicators", ())
    scale = scale_of(document)
    return {
        "experience": experience.get("score"),
        "experience_low": experience.get("low"),
        "experience_high": experience.get("high"),
        "rating_best": scale[1] if scale else None,
        "pulled_down_by": pulled_down_by(indicators),
        "repeat_share": next((row["value"] for row in indicators if row["key"] == REPEAT_CONTACT), None),
        "lost_hours": document.get("lost_hours"),
    }


_INDICATOR_FIELDS = frozenset(field.name for field in fields(IndicatorFigures))
_ALWAYS_SHOWN = frozenset(
    ("key", "name", "stream", "unit", "statistic", "weight", "n", "floor", "target", "ceiling")
)


def _indicator(row: Mapping[str, Any], is_hidden: bool) -> IndicatorFigures:
    values = {name: value for name, value in row.items() if name in _INDICATOR_FIELDS}
    if is_indicator_hidden(row, is_hidden=is_hidden):
        values = {name: value for name, value in values.items() if name in _ALWAYS_SHOWN} | {
            "state": "hidden"
        }
    return IndicatorFigures(**values)


def _stream(name: str, row: Mapping[str, Any], is_hidden: bool) -> StreamFigures:
    if is_hidden:
        return StreamFigures(name, None, None, None, None)
    return StreamFigures(name, row.get("score"), row.get("low"), row.get("high"), row.get("contribution"))


def is_hidden(status: str, people: int) -> bool:
    """Say whether figures from answers must not be shown: some people answered, but fewer than the least.

    `people` counts who answered, not their answers.
    """
    return status == "hidden" or 0 < people < least_people()


def is_indicator_hidden(row: Mapping[str, Any], *, is_hidden: bool) -> bool:
    """Say whether an indicator of a results document must not be shown; `is_hidden` where the result is not.

    A question beside the rating may have fewer answers, and so fewer people, than the least.
    """
    if row["stream"] != "X":
        return False
    is_of_few = row["statistic"] in FROM_ANSWERS and 0 < row["n"] < least_people()
    return is_hidden or row["state"] == "hidden" or is_of_few


def least_people() -> int:
    """Return how many people a statistic must be about: as configured, never fewer than 5."""
    return max(settings.PRIVACY_MINIMUM, DEFAULTS.least_respondents)
