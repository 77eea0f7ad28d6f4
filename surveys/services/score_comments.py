"""Scoring the comments of accepted answers, each with the sentiment model of its day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction

from surveys.engine.language import normalised_words
from surveys.engine.sentiment import Scorer, Sentiment, shipped_scorer
from surveys.models import CommentSentiment, Response, SentimentVersion
from surveys.models.sentiment import Reign, reigns
from surveys.services.anonymous import drawn_key
from surveys.services.changes import mark_changed
from surveys.services.contradictions import note_contradictions
from surveys.services.sentiment_versions import scorer_of

CHUNK = 100


def score_comments(*, now: datetime, scorer: Scorer | None = None) -> int:
    """Score accepted comments that the model of their day has not scored yet; return how many.

    `scorer` replaces the models of all days. May run in several processes: a comment keeps one score per
    model.
    """
    reigning = [] if scorer else reigns(list(SentimentVersion.objects.without_files()))
    keys = list(Response.objects.to_read().order_by("pk").values_list("pk", flat=True))
    total = 0
    for start in range(0, len(keys), CHUNK):
        waiting = Response.objects.filter(pk__in=keys[start : start + CHUNK]).order_by("pk")
        by_model: dict[str, tuple[Scorer, list[Response]]] = {}
        for response in waiting.select_related("resolution"):
            model = scorer or _model_of(response, reigning)
            by_model.setdefault(model.model.version, (model, []))[1].append(response)
        total += sum(_score_chunk(responses, model, now) for model, responses in by_model.values())
    return total


def _model_of(response: Response, reigning: Sequence[Reign]) -> Scorer:
    """Return the model in force on the day of the resolution; an anonymous answer keeps no day."""
    if not reigning:
        return shipped_scorer()
    day = response.resolution.resolved_on if response.resolution else reigning[0].first
    own = (reign for reign in reigning if reign.first <= day and (not reign.end or day < reign.end))
    found = next(own, reigning[0])
    return scorer_of(found.version)


def _score_chunk(responses: Sequence[Response], model: Scorer, now: datetime) -> int:
    sentiments = model.score_all((response.comment, response.language or None) for response in responses)
    with transaction.atomic():
        unchanged = _unchanged(responses)
        rows = [
            _row(unchanged[response.pk], sentiment)
            for response, sentiment in zip(responses, sentiments, strict=True)
            if response.pk in unchanged
        ]
        CommentSentiment.objects.bulk_create(rows, ignore_conflicts=True)
        Response.objects.filter(pk__in=unchanged).update(is_comment_read=True)
        note_contradictions(rows, now=now)
        mark_changed(
            (response.service_id, response.resolution.resolved_on)
            for response in unchanged.values()
            if response.resolution
        )
    return len(rows)


def _unchanged(responses: Sequence[Response]) -> dict[int, Response]:
    """Lock these answers; return by key those that say the same still. The next sweep scores the others."""
    texts = {response.pk: response.comment for response in responses}
    kept = Response.objects.select_for_update(of=("self",)).filter(pk__in=texts).order_by("pk")
    return {
        response.pk: response
        for response in kept.select_related("resolution")
        if response.comment == texts[response.pk]
    }


def _row(response: Response, sentiment: Sentiment) -> CommentSentiment:
    return CommentSentiment(
        pk=drawn_key() if response.nullifier else None,
        response=response,
        model_version=sentiment.model_version,
        polarity=sentiment.polarity,
        label=sentiment.label,
        confidence=sentiment.confidence,
        language=sentiment.language or "",
        word_count=len(normalised_words(response.comment).split()),
        cues=[asdict(cue) for cue in sentiment.cues],
    )
