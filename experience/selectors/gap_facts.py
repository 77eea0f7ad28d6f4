"""The facts behind a gap: how severe it is, what pulls the rating down, where it is worst, reasons.

Read once per published result and kept with the gap, so that pages read no answers and nothing is told
between two releases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from typing import Any

from django.db.models import Count, QuerySet

from experience.engine.agreement_terms import Scope
from experience.engine.blend import upper_end, variance_from_interval
from experience.engine.defaults import DEFAULTS
from experience.engine.explanation import (
    AnsweredTicket,
    Scale,
    factors,
    rating_drivers,
    reasons,
    worst_segments,
)
from experience.engine.gaps import Severity, severity
from experience.engine.indicators import Terms, rating_terms
from experience.engine.periods import Period, is_wider, window
from experience.engine.pooling import Fleet, shrink_into
from experience.models import Measurement, ParameterSet
from experience.selectors.agreements import scope_of, terms_of
from experience.selectors.answers import reason_labels
from experience.selectors.raw_rows import of_people
from experience.selectors.representativity import representativity
from experience.selectors.results import LOST_TIME, least_people, read_results
from experience.selectors.windows import within_days
from surveys.models import Resolution, Response, ResponseReason

# Drivers need 200 answers: they look back further than the result.
DRIVER_DAYS = 84
Document = dict[str, Any]


def affected_people(m: Measurement) -> int:
    """Return how many known people had a ticket resolved in the days and among the people of a result.

    Of a live view the last 28 days count, however far back it looks: gaps are ranked against each other.
    """
    found = _resolutions(m, _ranked_days(m)).aggregate(people=Count("person", distinct=True))
    people: int = found["people"]
    return people


def severity_of(m: Measurement, people: int) -> Severity:
    """Return how bad a result is for so many people: by its shrunk score, and hours lost beyond target.

    A result without a score for the experience is 0 points below target.
    """
    figures = read_results(m.results, is_hidden=m.status == Measurement.Status.HIDDEN)
    x = next((s for s in figures.streams if s.stream == "X"), None)
    score = DEFAULTS.target_score if x is None or x.score is None else x.score
    high = score if x is None or x.high is None else x.high
    lost = figures.indicator(LOST_TIME)
    return severity(
        shrunk_score=_shrunk(m.parameter_set, score, high),
        upper90=upper_end(score, high, level=DEFAULTS.severity_level),
        affected_users=people,
        tickets=round(m.n_resolved * _ranked_days(m).days / m.days.days),
        mean_lost_minutes=lost.value if lost else None,
        target_lost_minutes=lost.target if lost else None,
    )


def _shrunk(used: ParameterSet, score: float, high: float) -> float:
    """Return the score pulled towards the fleet of that night; as it is without a fleet or an interval."""
    fleet = used.values.get("fleet")
    variance = variance_from_interval(score, high)
    if fleet is None or variance <= 0:
        return score
    of = Fleet(fleet["mean"], fleet["between"], fleet["mean_variance"])
    return float(shrink_into(of, [score], [variance], services=fleet["services"]).value[0])


def explanation_of(m: Measurement) -> Document:
    """Return factors, segments, reasons and drivers behind a result, in units of its rating, and how alike
    those who answered are to all; seven queries.

    Empty for a result without a rating, or with one that is hidden.
    """
    longest = Period(min(m.starts_on, m.ends_on - timedelta(days=DRIVER_DAYS - 1)), m.ends_on)
    behind = _answers_of(m, longest)
    if behind is None:
        return {}
    scale, answers = behind
    within = [answer for answer in answers if answer.day >= m.starts_on]
    least = least_people()
    return {
        "factors": [asdict(found) for found in factors(within, _tickets(m), least=least)],
        "segments": {
            split: [asdict(s) for s in worst_segments(within, _split(split), scale, least=least)]
            for split in ("site", "persona")
        },
        "reasons": _reasons(within, scale),
        "drivers": _drivers(m, answers),
        "representativity": representativity(m),
        "answers": len(within),
    }


def answers_behind(m: Measurement) -> tuple[Scale, list[AnsweredTicket]] | None:
    """Return the answers that count for a result, with the scale of its rating; None without a rating."""
    return _answers_of(m, m.days)


def _answers_of(m: Measurement, period: Period) -> tuple[Scale, list[AnsweredTicket]] | None:
    rating = rating_terms(terms_of(m.agreement_version))
    if rating is None or m.rating is None:
        return None
    scale = Scale(rating.low, rating.high, rating.anchors, _pooled(m.parameter_set, rating))
    return scale, _answers(m, rating, period)


def _reasons(answers: Sequence[AnsweredTicket], scale: Scale) -> list[Document]:
    found = reasons(answers, scale, least=least_people())
    labels = reason_labels(reason.key for reason in found) if found else {}
    return [{**asdict(reason), "label": labels.get(reason.key, reason.key)} for reason in found]


def _split(name: str) -> Callable[[AnsweredTicket], str]:
    return lambda answer: str(getattr(answer, name))


def _pooled(used: ParameterSet, rating: Terms) -> float | None:
    found: float | None = used.values.get("pooled_variance", {}).get(rating.measure)
    return found


def _drivers(m: Measurement, answers: Sequence[AnsweredTicket]) -> Document | None:
    """Return the drivers of the result's own answers, else those of the whole organisation that night."""
    own = rating_drivers(answers, seed=m.ends_on.toordinal(), least=least_people())
    if own is not None:
        return {**asdict(own), "of": "own"}
    pooled = m.parameter_set.values.get("drivers")
    return {**pooled, "of": "organisation"} if pooled else None


def _scope(m: Measurement) -> Scope:
    return scope_of(m.agreement_version)


def _ranked_days(m: Measurement) -> Period:
    return window(m.ends_on, DEFAULTS.window_days[0]) if is_wider(m.days) else m.days


def _services(m: Measurement) -> list[int]:
    if m.service_id is not None:
        return [m.service_id]
    return list(m.agreement_version.services.values_list("pk", flat=True))


def _resolutions(m: Measurement, period: Period) -> QuerySet[Resolution]:
    """Return the resolutions that count for a result, in a period that ends with it."""
    scope = _scope(m)
    return Resolution.objects.filter(
        of_people(scope), within_days(scope.kept(period), "resolved_on"), service__in=_services(m)
    )


def _eligible(m: Measurement, period: Period) -> QuerySet[Resolution]:
    return _resolutions(m, period).filter(decision__is_eligible=True, withdrawn_at=None)


def _tickets(m: Measurement) -> dict[str, int]:
    """Return the eligible resolutions per response class."""
    found = _eligible(m, m.days)
    return dict(found.values_list("response_class").annotate(Count("pk")).order_by())


_COLUMNS = (
    "pk", "rating", "resolution__resolved_on", "resolution__response_class", "resolution__site",
    "resolution__persona", "resolution__priority", "resolution__person_id",
)  # fmt: skip


def _answers(m: Measurement, rating: Terms, period: Period) -> list[AnsweredTicket]:
    found = Response.objects.accepted().filter(
        resolution__in=_eligible(m, period),
        scale=rating.measure,
        rating__isnull=False,
    )
    rows = list(found.values_list(*_COLUMNS))
    ticked = _ticked(found)
    return [
        AnsweredTicket(day, code, site, persona, priority, person, float(given), tuple(ticked.get(pk, ())))
        for pk, given, day, code, site, persona, priority, person in rows
    ]


def _ticked(answers: QuerySet[Response]) -> dict[int, list[str]]:
    reasons_of: dict[int, list[str]] = defaultdict(list)
    rows = ResponseReason.objects.filter(response__in=answers.values("pk")).order_by("key")
    for response, key in rows.values_list("response_id", "key"):
        reasons_of[response].append(key)
    return reasons_of
