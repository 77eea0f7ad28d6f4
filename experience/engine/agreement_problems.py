"""What is missing in the terms of an agreement, or out of range, as far as that needs no database."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms, IndicatorScale, derived_anchors

MOST_WEIGHT = 1000.0


EARLIEST_DAY, LATEST_DAY = date(1980, 1, 1), date(2200, 12, 31)


# Few people write unasked, and the unhappy do: enough to be heard, too little to decide.
MOST_SOCIAL_SHARE = 0.1


_KEY = re.compile(r"[a-z0-9](?:[a-z0-9_-]{0,58}[a-z0-9])?")


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
