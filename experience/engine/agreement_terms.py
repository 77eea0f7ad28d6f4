"""What an agreement says, as plain values: the same for a draft on screen, a YAML file and a stored version.

With the rules that need nothing else: anchors derived from a target, targets proposed from history, and how
two sets of terms differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date, timedelta
from statistics import median

from experience.engine.defaults import DEFAULTS
from experience.engine.normalise import Anchors
from experience.engine.periods import Period

STREAMS = ("X", "O", "T", "S")
PRESETS: Mapping[str, Mapping[str, float]] = {
    "balanced": DEFAULTS.weights(),
    "people_first": {"X": 0.70, "O": 0.15, "T": 0.15},
}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose evidence counts, and when: empty personas or sites mean everybody; days of `left_out` do not."""

    personas: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    left_out: tuple[Period, ...] = ()

    @property
    def limits_people(self) -> bool:
        """Say whether only some people's resolutions count."""
        return bool(self.personas or self.sites)

    def kept(self, period: Period) -> tuple[Period, ...]:
        """Return the parts of a period that both parties did not leave out, oldest first."""
        parts: tuple[Period, ...] = (period,)
        for out in self.left_out:
            parts = tuple(rest for part in parts for rest in _without(part, out))
        return parts


def _without(part: Period, out: Period) -> Iterator[Period]:
    if out.last_on < part.first_on or part.last_on < out.first_on:
        yield part
        return
    if part.first_on < out.first_on:
        yield Period(part.first_on, out.first_on - timedelta(days=1))
    if out.last_on < part.last_on:
        yield Period(out.last_on + timedelta(days=1), part.last_on)


EVERYONE = Scope()


@dataclass(frozen=True, slots=True)
class IndicatorScale:
    """An indicator of the library as far as terms refer to it: stream, native scale and default anchors."""

    key: str
    stream: str
    low: float
    high: float
    anchors: Anchors


@dataclass(frozen=True, slots=True)
class AgreedIndicator:
    """One indicator as agreed: weight within its stream (0: shown only); anchors that are None follow."""

    key: str
    weight: float = 1.0
    target: float | None = None
    floor: float | None = None
    ceiling: float | None = None


@dataclass(frozen=True, slots=True)
class Exclusion:
    """Days from `first_on` to `last_on` that both parties left out, and why."""

    first_on: date
    last_on: date
    reason: str


@dataclass(frozen=True, slots=True)
class AgreementTerms:
    """Everything that is agreed. `services` are keys; `owner` is a username, empty for nobody."""

    key: str
    name: str
    valid_from: date
    ambition: str = ""
    provider: str = ""
    customer: str = ""
    owner: str = ""
    agreed_by: str = ""
    agreed_on: date | None = None
    review_on: date | None = None
    if_missed: str = ""
    is_primary: bool = True
    needs_second_person: bool = False
    services: tuple[str, ...] = ()
    covers_rest: bool = False
    journey: str = ""
    personas: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    baseline_until: date | None = None
    weights: tuple[tuple[str, float], ...] = tuple(PRESETS["balanced"].items())
    indicators: tuple[AgreedIndicator, ...] = ()
    exclusions: tuple[Exclusion, ...] = ()
    note: str = ""

    @property
    def scope(self) -> Scope:
        """Whose evidence counts, and when."""
        left_out = tuple(Period(e.first_on, e.last_on) for e in self.exclusions)
        return Scope(self.personas, self.sites, left_out)

    @property
    def stream_weights(self) -> dict[str, float]:
        """The weight of each stream that has any."""
        return {stream: weight for stream, weight in self.weights if weight > 0}


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sets of terms; None where one of them says nothing."""

    path: str
    before: str | None
    after: str | None


def derived_anchors(
    scale: IndicatorScale,
    *,
    target: float | None = None,
    floor: float | None = None,
    ceiling: float | None = None,
) -> Anchors:
    """Return the anchors of an agreed indicator: what was not set follows from the indicator's own.

    A harder target pulls floor and ceiling with it towards the best possible value, an easier one towards the
    worst: each keeps its share of the distance between the target and that end. Where nothing better than the
    ceiling exists (availability) they always move with the best possible value: an error budget used twice
    scores 0 for every target. All three stay strictly monotone and on the scale.

    Raises ValueError for a target that is not inside the scale, and for given values that are out of order.
    """
    default = scale.anchors
    if target is None:
        target = default.target
    elif not scale.low < target < scale.high:
        raise ValueError(
            f"Target {target:g} must lie between {scale.low:g} and {scale.high:g}, not on an end."
        )
    return Anchors(
        _shifted(default.floor, scale, target) if floor is None else floor,
        target,
        _shifted(default.ceiling, scale, target) if ceiling is None else ceiling,
    )


def _shifted(anchor: float, scale: IndicatorScale, target: float) -> float:
    default = scale.anchors
    worst, best = (scale.low, scale.high) if default.higher_is_better else (scale.high, scale.low)
    is_harder = (target > default.target) == default.higher_is_better
    end = best if is_harder or default.ceiling == best else worst
    shifted = end + (anchor - end) * (target - end) / (default.target - end)
    return min(max(shifted, scale.low), scale.high)


def proposed_target(monthly: Iterable[float | None]) -> float | None:
    """Return the median of the monthly native values of a baseline; None when no month had one."""
    known = [value for value in monthly if value is not None]
    return median(known) if known else None


def differences(before: AgreementTerms | None, after: AgreementTerms) -> list[Change]:
    """Return where two sets of terms differ; without terms before, everything that the new ones say."""
    old, new = flattened(before) if before else {}, flattened(after)
    paths = [*new, *(path for path in old if path not in new)]
    return [Change(p, old.get(p), new.get(p)) for p in paths if old.get(p) != new.get(p)]


def flattened(terms: AgreementTerms) -> dict[str, str]:
    """Return the terms as text by path, without what is empty."""
    lists = {"weights", "indicators", "exclusions"}
    plain = {f.name: getattr(terms, f.name) for f in fields(terms) if f.name not in lists}
    found = dict(entry for name, value in plain.items() for entry in _entries(name, value))
    found |= {f"weights.{stream}": f"{weight:.12g}" for stream, weight in terms.stream_weights.items()}
    for agreed in terms.indicators:
        found |= _indicator_entries(agreed)
    return found | {f"exclusions.{e.first_on}..{e.last_on}": e.reason for e in terms.exclusions}


def _indicator_entries(agreed: AgreedIndicator) -> dict[str, str]:
    numbers = {name: getattr(agreed, name) for name in ("weight", "target", "floor", "ceiling")}
    return {f"indicators.{agreed.key}.{n}": f"{v:.12g}" for n, v in numbers.items() if v is not None}


def _entries(path: str, value: object) -> Iterator[tuple[str, str]]:
    if isinstance(value, tuple):
        yield from ((f"{path}.{entry}", "yes") for entry in value)
    elif value not in ("", None, False):
        yield path, "yes" if value is True else str(value)
