"""Scoring the comments of accepted answers, each with the sentiment model of its day."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from surveys.engine.language import normalised_words
from surveys.engine.sentiment import Scorer, Sentiment, shipped_scorer
from surveys.models import CommentSentiment, Response, SentimentVersion
from surveys.models.sentiment import reigns
from surveys.services.anonymous import drawn_key
from surveys.services.changes import mark_changed
from surveys.services.contradictions import note_contradictions
from surveys.services.sentiment_versions import scorer_of

CHUNK = 100


def score_comments(*, now: datetime, scorer: Scorer | None = None, limit: int | None = None) -> int:
    """Score accepted comments that the model of their day has not scored yet, at most `limit`; return how
    many.

    `scorer` replaces the models of all days. May run in several processes: a comment keeps one score per
    model.
    """
    total = 0
    for model, waiting in _waiting(scorer):
        left = None if limit is None else limit - total
        keys = list(waiting.order_by("pk").values_list("pk", flat=True)[:left])
        total += sum(_score_chunk(keys[at : at + CHUNK], model, now) for at in range(0, len(keys), CHUNK))
    return total


def _waiting(scorer: Scorer | None) -> Iterator[tuple[Scorer, QuerySet[Response]]]:
    """Yield models with the comments they have to score."""
    commented = Response.objects.accepted().exclude(comment="")
    spans = [] if scorer else reigns(list(SentimentVersion.objects.without_files()))
    if not spans:
        yield _not_scored_by(scorer or shipped_scorer(), commented)
    for span in spans:
        inside = Q(resolution__resolved_on__gte=span.first)
        if span.end:
            inside &= Q(resolution__resolved_on__lt=span.end)
        yield _not_scored_by(scorer_of(span.version), commented.filter(inside))
    if spans:
        # An anonymous answer keeps no day.
        nameless = commented.filter(resolution=None, sentiments=None)
        yield scorer_of(spans[0].version), nameless


def _not_scored_by(scorer: Scorer, comments: QuerySet[Response]) -> tuple[Scorer, QuerySet[Response]]:
    scored = CommentSentiment.objects.filter(model_version=scorer.model.version).values("response")
    return scorer, comments.exclude(pk__in=scored)


def _score_chunk(keys: Sequence[int], model: Scorer, now: datetime) -> int:
    responses = list(Response.objects.filter(pk__in=keys).order_by("pk"))
    sentiments = model.score_all((response.comment, response.language or None) for response in responses)
    texts = {response.pk: response.comment for response in responses}
    with transaction.atomic():
        # An answer changed since it was read is scored by the next sweep, from what it says then.
        kept = Response.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
        unchanged = {
            response.pk: response
            for response in kept.select_related("resolution")
            if response.comment == texts.get(response.pk)
        }
        rows = [
            _row(unchanged[response.pk], sentiment)
            for response, sentiment in zip(responses, sentiments, strict=True)
            if response.pk in unchanged
        ]
        CommentSentiment.objects.bulk_create(rows, ignore_conflicts=True)
        note_contradictions(rows, now=now)
        mark_changed(
            (response.service_id, response.resolution.resolved_on)
            for response in unchanged.values()
            if response.resolution
        )
    return len(rows)


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
