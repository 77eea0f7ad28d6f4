"""What a draft would have said: breaches, changed colours, and how much of it hangs on single weights.

Pure: takes results of `measure` and reads them; nothing here knows what is stored.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import permutations

from experience.engine.blend import Score
from experience.engine.gaps import Experience
from experience.engine.measure import IndicatorResult, Judgement, Result, judge
from experience.engine.periods import Period

MOST_MONTHS = 24
NO_COLOUR = "none"
_STEP = 0.02
_PRECISION = 0.001


@dataclass(frozen=True, slots=True)
class RehearsedResult:
    """One month of one subject (a service, or a journey as a whole) under the draft.

    `score` is None where nothing may be shown; `colour_now` is the colour under the version in force, None
    where there is none.
    """

    subject: str
    period: Period
    experience: Experience
    score: Score | None
    colour: str
    colour_now: str | None

    @property
    def is_breach(self) -> bool:
        """Say whether the experience was below target, sure enough to say so."""
        return self.experience is Experience.LIKELY_RED

    @property
    def flips(self) -> bool:
        """Say whether the draft gives another colour than the version in force."""
        return self.colour_now is not None and self.colour != self.colour_now


@dataclass(frozen=True, slots=True)
class WeightChange:
    """The smallest move that gives another colour: this share of all weight, from one to another.

    Both are streams ("X"), or indicators of one stream.
    """

    giver: str
    taker: str
    share: float
    colour: str


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Score and colour had this indicator not been agreed; None where too little would be left."""

    indicator: str
    score: float | None
    colour: str


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How much the newest coloured month of a subject hangs on single weights and indicators."""

    subject: str
    period: Period
    colour: str
    smallest_change: WeightChange | None
    left_out: tuple[LeftOut, ...]


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A draft replayed on past months, oldest first.

    `past` holds by agreed indicator its values in native units, those that may be shown alone.
    """

    months: tuple[Period, ...]
    results: tuple[RehearsedResult, ...]
    sensitivities: tuple[Sensitivity, ...]
    past: Mapping[str, tuple[float, ...]]

    @property
    def is_scored(self) -> bool:
        """Say whether any month has a score."""
        return any(result.score is not None for result in self.results)

    @property
    def breaches(self) -> tuple[RehearsedResult, ...]:
        """The results below target."""
        return tuple(result for result in self.results if result.is_breach)

    @property
    def flips(self) -> tuple[RehearsedResult, ...]:
        """The results whose colour differs from that under the version in force."""
        return tuple(result for result in self.results if result.flips)


def rehearsed(subject: str, period: Period, draft: Result, in_force: Result | None) -> RehearsedResult:
    """Return one month of one subject; a score from fewer people than may be shown stays hidden."""
    is_hidden = draft.experience is Experience.HIDDEN
    return RehearsedResult(
        subject=subject,
        period=period,
        experience=draft.experience,
        score=draft.blend.score if draft.blend and not is_hidden else None,
        colour=draft.colour,
        colour_now=in_force.colour if in_force else None,
    )


def past_of(drafts: Sequence[Result]) -> dict[str, tuple[float, ...]]:
    """Return by indicator the values of some results; those of months with too few people stay hidden."""
    values: dict[str, list[float]] = {}
    for found in drafts:
        for one in found.indicators if found.experience is not Experience.HIDDEN else ():
            if one.value is not None and one.state != "hidden":
                values.setdefault(one.terms.key, []).append(one.value)
    return {key: tuple(own) for key, own in values.items()}


def sensitivity(
    subject: str, period: Period, draft: Result, weights: Mapping[str, float], respondents: int
) -> Sensitivity:
    """Return what the colour of a result hangs on; `weights` are those of the streams."""
    judged = _Weighed(draft.indicators, weights, respondents)
    return Sensitivity(
        subject=subject,
        period=period,
        colour=draft.colour,
        smallest_change=smallest_change(draft.indicators, weights, respondents),
        left_out=tuple(judged.left_out()),
    )


def smallest_change(
    indicators: Sequence[IndicatorResult], weights: Mapping[str, float], respondents: int
) -> WeightChange | None:
    """Return the smallest move of weight that gives another colour, to a thousandth of all weight.

    Tried are moves between two streams and between two indicators of one stream, in steps of 0.02 and then
    by halving. None when there is no colour, or no move gives another.
    """
    judged = _Weighed(indicators, weights, respondents)
    if judged.colour == NO_COLOUR:
        return None
    moves = [*judged.stream_moves(), *judged.indicator_moves()]
    for step in range(1, round(1 / _STEP) + 1):
        found = [change for move in moves if (change := judged.flip_within(move, step * _STEP))]
        if found:
            return min(found, key=lambda change: change.share)
    return None


@dataclass(frozen=True, slots=True)
class _Move:
    """Weight may go from giver to taker, up to `available` of all weight; `stream` None: between streams."""

    giver: str
    taker: str
    available: float
    stream: str | None = None


class _Weighed:
    """A result's indicators under weights that may be moved about; weights are shares of all weight."""

    def __init__(
        self, indicators: Sequence[IndicatorResult], weights: Mapping[str, float], respondents: int
    ) -> None:
        total = sum(weights.values())
        self.streams = {stream: weight / total for stream, weight in weights.items() if weight > 0}
        self.respondents = respondents
        self.indicators = [found for found in indicators if found.terms.weight > 0]
        self.shares = {found.terms.key: self._share(found) for found in self.indicators}
        self.colour = self._judged(self.streams, {}).colour

    def _share(self, found: IndicatorResult) -> float:
        own = [i.terms.weight for i in self.indicators if i.terms.stream == found.terms.stream]
        return self.streams.get(found.terms.stream, 0.0) * found.terms.weight / sum(own)

    def _judged(self, streams: Mapping[str, float], weights: Mapping[str, float]) -> Judgement:
        weighed = [_reweighed(i, weights.get(i.terms.key, i.terms.weight)) for i in self.indicators]
        return judge(weighed, streams, self.respondents)

    def stream_moves(self) -> Iterator[_Move]:
        for giver, taker in permutations(self.streams, 2):
            yield _Move(giver, taker, self.streams[giver])

    def indicator_moves(self) -> Iterator[_Move]:
        for giver, taker in permutations(self.indicators, 2):
            if giver.terms.stream == taker.terms.stream:
                key = giver.terms.key
                yield _Move(key, taker.terms.key, self.shares[key], giver.terms.stream)

    def flip_within(self, move: _Move, share: float) -> WeightChange | None:
        """Return the flip that moving up to `share` gives, refined within the last step; None without."""
        most = min(share, move.available)
        if most <= share - _STEP or not self._flips(move, most):
            return None
        least = share - _STEP
        while most - least > _PRECISION:
            middle = (least + most) / 2
            least, most = (least, middle) if self._flips(move, middle) else (middle, most)
        return WeightChange(move.giver, move.taker, most, self._moved(move, most).colour)

    def _flips(self, move: _Move, share: float) -> bool:
        return self._moved(move, share).colour not in (self.colour, NO_COLOUR)

    def _moved(self, move: _Move, share: float) -> Judgement:
        before = self.streams if move.stream is None else self.shares
        change = {move.giver: before[move.giver] - share, move.taker: before[move.taker] + share}
        if move.stream is None:
            return self._judged({s: w for s, w in {**self.streams, **change}.items() if w > 0}, {})
        return self._judged(self.streams, {**self._shares_of(move.stream), **change})

    def _shares_of(self, stream: str) -> dict[str, float]:
        own = {i.terms.key for i in self.indicators if i.terms.stream == stream}
        return {key: share for key, share in self.shares.items() if key in own}

    def left_out(self) -> Iterator[LeftOut]:
        """Yield what would be left without each indicator that was measured."""
        for found in self.indicators:
            if found.score is not None and self.colour != NO_COLOUR:
                rest = self._judged(self.streams, {found.terms.key: 0.0})
                score = rest.blend.score.value if rest.blend else None
                yield LeftOut(found.terms.key, score, rest.colour)


def _reweighed(found: IndicatorResult, weight: float) -> IndicatorResult:
    return replace(found, terms=replace(found.terms, weight=weight))
