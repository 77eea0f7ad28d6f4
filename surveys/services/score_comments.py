"""Scoring the comments of accepted answers with the current sentiment model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

from django.db import transaction

from surveys.engine.sentiment import Scorer, Sentiment, shipped_scorer
from surveys.models import CommentSentiment, Response
from surveys.services.changes import mark_changed
from xla_service.lane import write_lane

CHUNK = 100


def score_comments(*, scorer: Scorer | None = None, limit: int | None = None) -> int:
    """Score accepted comments that this model version has not scored yet, at most `limit`; return how many.

    `scorer` replaces the shipped model. May run in several processes: a comment keeps one score per version.
    """
    model = scorer or shipped_scorer()
    scored = CommentSentiment.objects.filter(model_version=model.model.version).values("response")
    waiting = Response.objects.accepted().exclude(comment="").exclude(pk__in=scored).order_by("pk")
    keys = list(waiting.values_list("pk", flat=True)[:limit])
    return sum(_score_chunk(keys[start : start + CHUNK], model) for start in range(0, len(keys), CHUNK))


def _score_chunk(keys: Sequence[int], model: Scorer) -> int:
    responses = list(Response.objects.filter(pk__in=keys).order_by("pk"))
    sentiments = model.score_all((response.comment, response.language or None) for response in responses)
    texts = {response.pk: response.comment for response in responses}
    with write_lane(), transaction.atomic():
        # An answer changed since it was read is scored by the next sweep, from what it says then.
        kept = Response.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
        unchanged = {
            response.pk: response
            for response in kept.select_related("resolution")
            if response.comment == texts.get(response.pk)
        }
        pairs = zip(responses, sentiments, strict=True)
        rows = [_row(response.pk, sentiment) for response, sentiment in pairs if response.pk in unchanged]
        CommentSentiment.objects.bulk_create(rows, ignore_conflicts=True)
        mark_changed(
            (response.service_id, response.resolution.resolved_on)
            for response in unchanged.values()
            if response.resolution
        )
    return len(rows)


def _row(response_id: int, sentiment: Sentiment) -> CommentSentiment:
    return CommentSentiment(
        response_id=response_id,
        model_version=sentiment.model_version,
        polarity=sentiment.polarity,
        label=sentiment.label,
        confidence=sentiment.confidence,
        language=sentiment.language or "",
        cues=[asdict(cue) for cue in sentiment.cues],
    )
