"""Results as the judging side would store them, so that a page can be tested on any state of the evidence."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

from experience.engine.normalise import Anchors
from experience.models import AgreementVersion, Gap, GapEvent, Measurement, ParameterSet
from experience.selectors.results import summary_of
from experience.services.library import LIBRARY
from experience.services.starter import create_starter_agreements
from surveys.models import BusinessService, CommentSentiment, Response, SurveyVersion
from tests.factories import NOW, InvitationFactory, ResolutionFactory, ResponseFactory

TODAY = NOW.date()
HASH = "c0ffee" + "0" * 58
_LIBRARY = {declared.key: declared for declared in LIBRARY}


def parameters(made_on: date = TODAY) -> ParameterSet:
    """Return the parameter set of a day."""
    values = {"pooled_variance": {"satisfaction": 1.5}, "class_rates": {"": 0.25, "0": 0.4, "1": 0.1}}
    return ParameterSet.objects.get_or_create(
        made_on=made_on,
        defaults={"made_at": NOW, "engine_version": "1", "sentiment_model": "m1", "values": values},
    )[0]


def starter() -> AgreementVersion:
    """Return the starter agreement over every live service."""
    return create_starter_agreements(now=NOW, valid_from=TODAY - timedelta(days=365))


def indicator(key: str, value: float | None, *, half: float | None = None, **changes: Any) -> dict[str, Any]:
    """Return one indicator of a results document, `half` being half the width of its interval."""
    declared = _LIBRARY[key]
    anchors = Anchors(declared.floor, declared.target, declared.ceiling)
    low, high = (None, None) if value is None or half is None else (value - half, value + half)
    document = {
        name: str(asdict(declared)[name]) if name in ("stream", "statistic") else asdict(declared)[name]
        for name in ("key", "name", "stream", "unit", "statistic", "floor", "target", "ceiling")
    }
    score = None if value is None else anchors.score(value)
    document |= {
        "value": value,
        "low": low,
        "high": high,
        "score": score,
        "score_low": None,
        "score_high": None,
    }
    document |= {"weight": declared.default_weight, "n": 40, "n_effective": 36.0}
    return document | {"state": "missing" if value is None else "ok"} | changes


def results(
    rating: float | None,
    *,
    repeat_share: float | None = 0.2,
    answered: int = 40,
    experience: float | None = 55.0,
) -> dict[str, Any]:
    """Return a results document around one rating."""
    counts = [0, 0, 0, 0, 0] if rating is None else [4, 4, 6, 8, answered - 22]
    return {
        "indicators": [
            indicator("rating", rating, half=0.2),
            indicator("repeat_contact", repeat_share, half=0.03),
            indicator("availability", 0.9962),
        ],
        "streams": {
            "X": {"score": experience, "low": 45.0, "high": 65.0, "contribution": -10.4},
            "O": {"score": 60.0, "low": 55.0, "high": 65.0, "contribution": -3.0},
            "T": {"score": 92.0, "low": 92.0, "high": 92.0, "contribution": 4.1},
        },
        "rating_counts": counts,
        "tipping_point": 0.6 if rating is not None else None,
        "response": {"resolved": 260, "eligible": 240, "asked": 200, "answered": answered},
        "lost_hours": 31.5,
    }


def measured(service: BusinessService, *, answered: int = 40, **columns: Any) -> Measurement:
    """Return the newest 28-day result of a service: SLA met, users rate it 3.7, agreed 4.2."""
    rating = columns.get("rating", 3.7)
    values: dict[str, Any] = {
        "period": Measurement.Period.ROLLING,
        "starts_on": TODAY - timedelta(days=27),
        "ends_on": TODAY,
        "score": 60.7, "low": 54.0, "high": 67.0, "coverage": 1.0,
        "status": Measurement.Status.LIKELY_RED,
        "rating": rating, "rating_low": 3.5, "rating_high": 3.9, "rating_raw": 3.9, "rating_target": 4.2,
        "p_below": 0.01,
        "n_resolved": 260, "n_asked": 200, "n_answered": answered, "n_people": answered,
        "n_effective": answered * 0.8,
        "sla_status": Measurement.SlaStatus.GREEN, "sla_share": 0.93, "sla_target": 0.80, "sla_n": 250,
        "results": results(rating, answered=answered),
        "input_hash": HASH, "engine_version": "1", "computed_at": NOW,
        "parameter_set": parameters(),
        **columns,
    }  # fmt: skip
    if "agreement_version" not in values:
        values["agreement_version"] = starter()
    values = summary_of(values["results"]) | values
    return Measurement.objects.create(service=service, **values)


def weekly(service: BusinessService, ratings: list[float | None], **columns: Any) -> list[Measurement]:
    """Return one weekly result per rating, the last one for the newest complete week."""
    monday = TODAY - timedelta(days=TODAY.weekday() + 7 * len(ratings))
    version = starter()
    return [
        measured(
            service,
            agreement_version=version,
            period=Measurement.Period.WEEK,
            starts_on=monday + timedelta(weeks=number),
            ends_on=monday + timedelta(weeks=number, days=6),
            **({"rating": rating} | columns),
        )
        for number, rating in enumerate(ratings)
    ]


def gap(service: BusinessService, **columns: Any) -> Gap:
    """Return a watermelon of this service that the early lane confirmed."""
    values = {
        "kind": Gap.Kind.WATERMELON,
        "state": Gap.State.OPEN,
        "lane": Gap.Lane.EARLY,
        "first_seen_on": TODAY - timedelta(days=20),
        "opened_on": TODAY - timedelta(days=10),
        "affected_people": 180,
        "user_points": 1800.0,
        "evidence": {
            "rating": 3.6,
            "rating_low": 3.3,
            "rating_high": 3.9,
            "rating_target": 4.2,
            "sla_share": 0.92,
        },
        **columns,
    }
    made = Gap.objects.create(service=service, **values)
    GapEvent.objects.create(
        gap=made,
        happened_at=NOW,
        to_state=made.state,
        kind=made.kind,
        reason="Found when the month was closed.",
    )
    return made


def answer(service: BusinessService, *, mode: str | None = None, **columns: Any) -> Response:
    """Return an accepted answer about a ticket of this service, under a survey of this mode."""
    resolution = ResolutionFactory.create(on_service=service)
    invitation = InvitationFactory.create(resolution=resolution)
    if mode is not None:
        survey = invitation.survey_version.survey
        invitation.survey_version = SurveyVersion.objects.get_or_create(
            survey=survey, number=100 + len(mode), defaults={"mode": mode, "published_at": NOW}
        )[0]
    return ResponseFactory.create(invitation=invitation, survey_version=invitation.survey_version, **columns)


def sentiment(response: Response, label: str, cues: list[dict[str, Any]]) -> CommentSentiment:
    """Return the sentiment of a comment with its cues."""
    return CommentSentiment.objects.create(
        response=response, model_version="m1", polarity=-0.6, label=label, confidence=0.9, cues=cues
    )
