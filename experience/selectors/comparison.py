"""Two sides to be compared: a service over some days, or the people of one site or persona in a closed month.

A part of a service is compared as answered, with answers of closed months alone (see selectors/segments.py);
whole services by their published results.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from experience.engine.change import difference
from experience.engine.explanation import Scale, Segment
from experience.engine.intervals import Estimate
from experience.engine.periods import Period, month_of
from experience.selectors.results import IndicatorFigures
from experience.selectors.segments import SPLITS, Segments, closed_month, segments_of
from experience.selectors.service_page import NewestResult, newest_result, read_result
from surveys.models import BusinessService

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


@dataclass(frozen=True, slots=True)
class SideChoice:
    """What one side of a comparison is: a service, a month (None: the last 28 days), perhaps a part of it."""

    service: BusinessService
    month: date | None
    split: str = ""
    name: str = ""

    @property
    def is_part(self) -> bool:
        """Say whether it is one site or persona."""
        return bool(self.split)


@dataclass(frozen=True, slots=True)
class Side:
    """One side with its figures. `months` and `segments` are what else may be chosen on it."""

    choice: SideChoice
    months: Sequence[date]
    segments: Segments | None
    result: NewestResult | None

    @property
    def part(self) -> Segment | None:
        """Return the chosen part, or everybody, as answered; None where it may not be shown."""
        if self.segments is None:
            return None
        if not self.choice.is_part:
            return self.segments.everybody
        shown = self.segments.splits[self.choice.split].shown
        return next((segment for segment in shown if segment.name == self.choice.name), None)

    @property
    def scale(self) -> Scale | None:
        """Return the scale of the rating as answered."""
        return self.segments.scale if self.segments else None

    @property
    def days(self) -> Period | None:
        """Return the days it is about; None without a result."""
        if self.choice.month is not None:
            return month_of(self.choice.month)
        return self.result.measurement.days if self.result else None


def side_of(choice: SideChoice, months: Sequence[date]) -> Side:
    """Return a side with its figures, `months` being the closed ones of its service.

    A part that does not exist in that month has the figures of nobody, and so has a month that is not closed.
    """
    if choice.month is None:
        return Side(choice, months, None, newest_result(choice.service, None))
    m = closed_month(choice.service, choice.month)
    if m is None:
        return Side(choice, months, None, None)
    return Side(choice, months, segments_of(m), read_result(m, None))


def other_services(user: User | AnonymousUser) -> list[tuple[str, str]]:
    """Return the services that somebody may compare with, as key and name."""
    found = BusinessService.objects.visible_to(user).live().order_by("name")
    return list(found.values_list("key", "name"))


def share_answers(one: Side, other: Side) -> bool:
    """Say whether some answers stand on both sides, which makes their difference look surer than it is."""
    if one.choice.service != other.choice.service or one.days is None or other.days is None:
        return False
    if one.days.last_on < other.days.first_on or other.days.last_on < one.days.first_on:
        return False
    are_two_parts = one.choice.split == other.choice.split and one.choice.name != other.choice.name
    return not (one.choice.is_part and are_two_parts)


def difference_of(one: Estimate[float] | None, other: Estimate[float] | None) -> Estimate[float] | None:
    """Return one minus the other with its interval; None where one is unknown."""
    return None if one is None or other is None else difference(one, other)


def estimate_of_part(side: Side) -> Estimate[float] | None:
    """Return the rating as answered with its interval; None where it may not be shown."""
    part = side.part
    return None if part is None else Estimate(part.rating, part.low, part.high)


def estimate_of_rating(side: Side) -> Estimate[float] | None:
    """Return the published rating with its interval; None while it is not judged."""
    result = side.result
    if result is None or not result.is_judged:
        return None
    return _estimate(result.rating, result.rating_low, result.rating_high)


def estimate_of_score(side: Side) -> Estimate[float] | None:
    """Return the published score with its interval; None while it is not judged."""
    result = side.result
    if result is None or not result.is_judged:
        return None
    m = result.measurement
    return _estimate(m.score, m.low, m.high)


def estimate_of_indicator(found: IndicatorFigures | None) -> Estimate[float] | None:
    """Return an indicator's native value with its interval; None where either is missing."""
    return None if found is None else _estimate(found.value, found.low, found.high)


def _estimate(value: float | None, low: float | None, high: float | None) -> Estimate[float] | None:
    if value is None or low is None or high is None:
        return None
    return Estimate(value, low, high)


def is_known_part(split: str, name: str) -> bool:
    """Say whether words of an address can name a part."""
    return split in SPLITS and bool(name)
