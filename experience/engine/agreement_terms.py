"""What an agreement says, as plain values: the same for a draft on screen, a YAML file and a stored version.

Here live the rules that need no database: anchors derived from a target, targets proposed from history, what
is missing before terms may be published, and how two sets of terms differ.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields
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
MOST_WEIGHT = 1000.0
EARLIEST_DAY, LATEST_DAY = date(1980, 1, 1), date(2200, 12, 31)
# Few people write unasked, and the unhappy do: enough to be heard, too little to decide.
MOST_SOCIAL_SHARE = 0.1
_KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")


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
class Problem:
    """What stops terms from being published: where (`indicators.rating.target`) and what to do.

    The template is English and names its values, so that pages can say it in other languages.
    """

    path: str
    template: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What to do, in English."""
        return self.template % self.values if self.values else self.template


@dataclass(frozen=True, slots=True)
class Change:
    """One difference between two sets of terms; None where one of them says nothing."""

    path: str
    before: str | None
    after: str | None


# --- anchors and targets ------------------------------------------------------------------------------------


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


# --- what is missing ----------------------------------------------------------------------------------------


def draft_problems(terms: AgreementTerms) -> list[Problem]:
    """Return what not even a draft can hold: days or weights out of range, a baseline that ends too early."""
    return [*_range_problems(terms), *_baseline_problems(terms)]


def term_problems(terms: AgreementTerms, library: Mapping[str, IndicatorScale]) -> list[Problem]:
    """Return what stops these terms from being published; empty when nothing."""
    return [
        *_text_problems(terms),
        *_coverage_problems(terms),
        *draft_problems(terms),
        *_review_problems(terms),
        *_weight_problems(terms, library),
        *_indicator_problems(terms, library),
    ]


def _text_problems(terms: AgreementTerms) -> Iterator[Problem]:
    if not _KEY.fullmatch(terms.key):
        yield Problem("agreement", "Use at most 60 lower-case letters, digits, - and _.")
    if not terms.name.strip():
        yield Problem("name", "Give the agreement a name.")
    if not terms.ambition.strip():
        yield Problem("ambition", "Say in plain words what people should experience.")


def _coverage_problems(terms: AgreementTerms) -> Iterator[Problem]:
    if terms.covers_rest and not terms.is_primary:
        yield Problem("services", "Only a primary agreement can cover every other service.")
    if bool(terms.services) == terms.covers_rest:
        yield Problem("services", "Name services, or let the agreement cover every other service.")
    if terms.journey and len(terms.services) < 2:
        yield Problem("journey", "A journey leads through several services; name at least two.")
    narrowed = next((n for n in ("journey", "personas", "sites") if getattr(terms, n)), None)
    if narrowed and terms.is_primary:
        yield Problem(
            narrowed,
            "A primary agreement holds for everybody on each service alone, because its result stands beside"
            " the SLA. Write `primary: false`.",
        )


def _range_problems(terms: AgreementTerms) -> Iterator[Problem]:
    for name in ("valid_from", "agreed_on", "review_on", "baseline_until"):
        day = getattr(terms, name)
        if day is not None and not EARLIEST_DAY <= day <= LATEST_DAY:
            yield Problem(
                name,
                "Write a day from %(earliest)s to %(latest)s.",
                {"earliest": EARLIEST_DAY, "latest": LATEST_DAY},
            )
    weights = [(f"weights.{stream}", weight) for stream, weight in terms.weights]
    weights += [(f"indicators.{agreed.key}.weight", agreed.weight) for agreed in terms.indicators]
    for path, weight in weights:
        if not 0 <= weight <= MOST_WEIGHT:
            yield Problem(
                path,
                "A weight lies between 0 and %(most_weight)s.",
                {"most_weight": f"{MOST_WEIGHT:g}"},
            )


def _baseline_problems(terms: AgreementTerms) -> Iterator[Problem]:
    if terms.baseline_until and terms.baseline_until < terms.valid_from:
        yield Problem(
            "baseline_until",
            "The baseline cannot end before %(valid_from)s, the first day.",
            {"valid_from": terms.valid_from},
        )


def _review_problems(terms: AgreementTerms) -> Iterator[Problem]:
    if terms.review_on and terms.review_on <= terms.valid_from:
        yield Problem(
            "review_on",
            "Review the agreement after %(valid_from)s, its first day.",
            {"valid_from": terms.valid_from},
        )


def _weight_problems(terms: AgreementTerms, library: Mapping[str, IndicatorScale]) -> Iterator[Problem]:
    counting = {library[i.key].stream for i in terms.indicators if i.weight > 0 and i.key in library}
    for stream, weight in terms.weights:
        if weight > 0 and stream not in counting:
            yield Problem(
                f"weights.{stream}",
                "No indicator of stream %(stream)s counts. Add one, or set this weight to 0.",
                {"stream": stream},
            )
    together = sum(weight for _, weight in terms.weights)
    if terms.stream_weights.get("S", 0) > MOST_SOCIAL_SHARE * together + 1e-9:
        yield Problem("weights.S", "Unsolicited text weighs at most a tenth of all weights together.")
    if not terms.stream_weights.get("X", 0) > 0:
        yield Problem("weights", "An experience agreement gives X (what people say) a weight.")


def _indicator_problems(terms: AgreementTerms, library: Mapping[str, IndicatorScale]) -> Iterator[Problem]:
    for agreed in terms.indicators:
        scale, path = library.get(agreed.key), f"indicators.{agreed.key}"
        if scale is None:
            yield Problem(
                path,
                "There is no indicator “%(key)s”. There are: %(names)s.",
                {"key": agreed.key, "names": ", ".join(library)},
            )
        elif agreed.weight > 0 and scale.stream not in terms.stream_weights:
            yield Problem(
                f"{path}.weight",
                "Stream %(stream)s has no weight. Give it one, or write `weight: 0`.",
                {"stream": scale.stream},
            )
        if scale is not None:
            yield from _anchor_problems(agreed, scale, path)


def _anchor_problems(agreed: AgreedIndicator, scale: IndicatorScale, path: str) -> Iterator[Problem]:
    given = {n: getattr(agreed, n) for n in ("target", "floor", "ceiling")}
    if agreed.target is not None and not scale.low < agreed.target < scale.high:
        yield Problem(
            f"{path}.target",
            "Target %(target)s must lie between %(low)s and %(high)s, not on an end.",
            {"target": f"{agreed.target:g}", "low": f"{scale.low:g}", "high": f"{scale.high:g}"},
        )
        return
    try:
        derived_anchors(scale, **given)
    except ValueError:
        first = next(name for name, value in given.items() if value is not None)
        yield Problem(
            f"{path}.{first}",
            "Floor, target and ceiling must rise or fall strictly; put the target between the other two.",
        )


# --- differences --------------------------------------------------------------------------------------------


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
