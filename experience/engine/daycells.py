"""From raw rows of one service-day to its cells: integer counts and fixed-point integer sums, nothing
rounded.

Integers add up the same in any order, so windows are sums of days and a retracted answer leaves no trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from itertools import chain

from experience.engine.histogram import bucket_of

LOST_TIME_CAP_MINUTES = 480
POLARITY_UNITS = 10_000
# Sums are integers: in these units of the value.
FIXED_POINT: Mapping[str, float] = {"sentiment": POLARITY_UNITS, "text_polarity": POLARITY_UNITS, "cost": 100}
# What `cells_of` counts. All other measures are signals of the whole service.
RESOLUTION_MEASURES = (
    "resolved", "satisfaction", "happiness", "effort", "solved", "lost_time", "sentiment", "time_to_resolve",
    "user_clock", "reopened", "repeat_contact", "sla_met", "time_to_target", "first_response", "no_hand_off",
    "reassigned_twice", "waiting",
)  # fmt: skip
POLARITY_BUCKETS = 21
REOPEN_WINDOW = timedelta(days=7)


class Asked(IntEnum):
    """Bucket of the measure `resolved`: what became of the question whether to ask."""

    OUT_OF_FRAME = 0
    NOT_ASKED = 1
    SILENT = 2
    ANSWERED = 3


class LostTime(IntEnum):
    """Bucket of the measure `lost_time`: capped at 480 minutes for the mean, uncapped for totals."""

    CAPPED = 0
    UNCAPPED = 1


class Down(IntEnum):
    """Bucket of the measure `downtime`."""

    UNPLANNED = 0
    PLANNED = 1


class Rate(IntEnum):
    """Bucket of the measure `incident_rate`: the window, and the months before it."""

    NOW = 0
    BEFORE = 1


@dataclass(frozen=True, slots=True)
class Answer:
    """One accepted answer; polarity -1..1 is None for a comment that is missing or could not be scored,
    `is_solved` for a question that was not asked or left open. `comment_pomp` is the rating (0..100) that
    goes with the comment, None where it is not blended: unscored, unsure or too short.
    """

    scale: str
    rating: int | None
    lost_time_minutes: int | None
    polarity: float | None
    model_version: str
    is_solved: bool | None = None
    comment_pomp: float | None = None


@dataclass(frozen=True, slots=True)
class ResolutionFacts:
    """One resolution with what is known about it now.

    `probability` is the chance of having been asked, None outside the frame; `came_back` is None when repeat
    contacts cannot be told (no requester, shared account); `made_sla` is None until the ticket is closed.
    `first_response_minutes` is None where nobody wrote it down; `target_minutes` is the time to resolve that
    the ticket's priority is given.
    """

    response_class: str
    probability: float | None
    is_asked: bool
    minutes_to_resolve: int
    user_clock_minutes: int
    resolved_at: datetime
    reopened_at: datetime | None
    came_back: bool | None
    made_sla: bool | None
    answer: Answer | None
    target_minutes: int
    reopen_count: int = 0
    reassignment_count: int = 0
    waiting_minutes: int | None = None
    first_response_minutes: int | None = None


@dataclass(frozen=True, slots=True)
class UnjoinedAnswer:
    """An accepted answer of which nobody knows the resolution, only the coarsened class."""

    response_class: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class CellKey:
    """What a cell counts within its service-day."""

    measure: str
    response_class: str = ""
    probability_permille: int = 1000
    model_version: str = ""
    bucket: int = 0


@dataclass(frozen=True, slots=True)
class Sums:
    """A cell's content: how many, the sum of values and the sum of squared values in fixed point."""

    count: int = 0
    total: int = 0
    total_squares: int = 0

    def __add__(self, other: Sums) -> Sums:
        return Sums(
            self.count + other.count, self.total + other.total, self.total_squares + other.total_squares
        )


def cells_of(
    resolutions: Iterable[ResolutionFacts], unjoined: Iterable[UnjoinedAnswer] = ()
) -> dict[CellKey, Sums]:
    """Return the cells of one service-day; the order of resolutions and answers does not matter."""
    cells: dict[CellKey, Sums] = {}
    parts = (*map(_contributions, resolutions), *map(_unjoined_contributions, unjoined))
    for key, sums in chain.from_iterable(parts):
        cells[key] = cells.get(key, Sums()) + sums
    return cells


def _contributions(facts: ResolutionFacts) -> Iterator[tuple[CellKey, Sums]]:
    yield from _ticket_contributions(facts)
    permille = round(1000 * (facts.probability or 1.0))
    key = CellKey("resolved", facts.response_class, permille, bucket=_asked(facts))
    yield key, Sums(1)
    if facts.answer is not None and facts.probability is not None:
        yield from _answer_contributions(facts.answer, facts.response_class, permille)


def _unjoined_contributions(found: UnjoinedAnswer) -> Iterator[tuple[CellKey, Sums]]:
    """Yield one answer more and one silent resolution less: N and those asked stay what resolutions say."""
    yield CellKey("resolved", found.response_class, bucket=Asked.ANSWERED), Sums(1)
    yield CellKey("resolved", found.response_class, bucket=Asked.SILENT), Sums(-1)
    yield from _answer_contributions(found.answer, found.response_class, 1000)


def _asked(facts: ResolutionFacts) -> Asked:
    if facts.probability is None:
        return Asked.OUT_OF_FRAME
    if not facts.is_asked:
        return Asked.NOT_ASKED
    return Asked.SILENT if facts.answer is None else Asked.ANSWERED


def _ticket_contributions(facts: ResolutionFacts) -> Iterator[tuple[CellKey, Sums]]:
    yield CellKey("time_to_resolve", bucket=bucket_of(facts.minutes_to_resolve)), Sums(1)
    if facts.reopened_at is None:
        yield CellKey("user_clock", bucket=bucket_of(facts.user_clock_minutes)), Sums(1)
    reopened = facts.reopened_at is not None and facts.reopened_at - facts.resolved_at <= REOPEN_WINDOW
    yield CellKey("reopened"), Sums(1, int(reopened))
    if facts.came_back is not None:
        yield CellKey("repeat_contact"), Sums(1, int(facts.came_back))
    if facts.made_sla is not None and facts.reopened_at is None:
        yield CellKey("sla_met"), Sums(1, int(facts.made_sla))
    yield from _handling_contributions(facts)


def _handling_contributions(facts: ResolutionFacts) -> Iterator[tuple[CellKey, Sums]]:
    share_of_target = facts.minutes_to_resolve / facts.target_minutes
    yield CellKey("time_to_target", bucket=bucket_of(share_of_target)), Sums(1)
    is_first = facts.reopen_count == 0
    yield CellKey("no_hand_off"), Sums(1, int(is_first and facts.reassignment_count == 0))
    yield CellKey("reassigned_twice"), Sums(1, int(facts.reassignment_count >= 2))
    if facts.waiting_minutes is not None and facts.reopened_at is None and facts.user_clock_minutes:
        waited = min(facts.waiting_minutes, facts.user_clock_minutes)
        yield CellKey("waiting"), Sums(facts.user_clock_minutes, waited)
    if facts.first_response_minutes is not None and is_first:
        yield CellKey("first_response", bucket=bucket_of(facts.first_response_minutes)), Sums(1)


def _answer_contributions(
    answer: Answer, response_class: str, permille: int
) -> Iterator[tuple[CellKey, Sums]]:
    version = answer.model_version if answer.polarity is not None else ""
    if answer.rating is not None:
        bucket = rating_bucket(answer.rating, answer.comment_pomp)
        yield CellKey(answer.scale, response_class, permille, version, bucket), Sums(1)
    if answer.is_solved is not None:
        yield CellKey("solved", response_class, permille), _value(int(answer.is_solved))
    if answer.lost_time_minutes is not None:
        capped = min(answer.lost_time_minutes, LOST_TIME_CAP_MINUTES)
        for kind, minutes in ((LostTime.CAPPED, capped), (LostTime.UNCAPPED, answer.lost_time_minutes)):
            yield CellKey("lost_time", response_class, permille, bucket=kind), _value(minutes)
    if answer.polarity is not None:
        fixed = round(answer.polarity * POLARITY_UNITS)
        yield CellKey("sentiment", response_class, permille, version), _value(fixed)


def _value(amount: int) -> Sums:
    return Sums(1, amount, amount * amount)


def rating_bucket(rating: int, comment_pomp: float | None) -> int:
    """Return the bucket of a rating and its comment: 22 x rating + (0 for none, 1..21).

    The step is the comment's polarity after calibration, a rating in 21 steps. Calibration differs by
    language and begins with a period, so that a cell holds what it gave on its day.
    """
    step = 0 if comment_pomp is None else 1 + round(comment_pomp / 100.0 * (POLARITY_BUCKETS - 1))
    return rating * (POLARITY_BUCKETS + 1) + step


def rating_of_bucket(bucket: int) -> int:
    """Return the rating of a bucket made by `rating_bucket`."""
    return bucket // (POLARITY_BUCKETS + 1)


def union_seconds(
    spans: Iterable[tuple[datetime, datetime | None]], *, first: datetime, end: datetime
) -> int:
    """Return the seconds of [first, end) that outages cover; overlaps count once, no end means not over."""
    covered, reached = 0, first
    for started_at, ended_at in sorted(spans, key=lambda span: span[0]):
        start, stop = max(started_at, reached), min(ended_at or end, end)
        covered += max(0, int((stop - start).total_seconds()))
        reached = max(reached, stop)
    return covered
