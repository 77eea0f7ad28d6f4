"""Which sentiment model reads which days, and the scorers of the versions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction

from surveys.engine.sentiment import (
    ModelError,
    Scorer,
    load_model,
    shipped_function_words,
    shipped_lexicons,
    shipped_scorer,
)
from surveys.engine.sentiment.lexicon import empty_lexicon
from surveys.engine.sentiment.shipped import check_features
from surveys.models import CommentSentiment, Resolution, Response, SentimentVersion
from surveys.models.sentiment import BEGINNING, in_force
from surveys.services.changes import mark_changed


@dataclass(frozen=True)
class NewVersion:
    """What a version is made of; without a model file it is the model that came with the software."""

    model_version: str
    model_file: bytes | None
    curves: Mapping[str, list[float]]
    pairs: Mapping[str, int]
    trial: Mapping[str, Any]


def register_shipped_model(*, now: datetime) -> None:
    """Make a version of the model that came with the software, once; an update waits for the next period.

    In an installation that has read comments with an earlier model, that one keeps the days up to then.
    """
    shipped = shipped_scorer().model.version
    if SentimentVersion.objects.filter(model_version=shipped, model_file=None).exists():
        return
    earlier = CommentSentiment.objects.order_by("-pk").values_list("model_version", flat=True).first()
    if not SentimentVersion.objects.exists():
        make_version(_plain(earlier or shipped), applies_from=BEGINNING, now=now)
    if earlier not in (None, shipped) or SentimentVersion.objects.count() > 1:
        make_version(_plain(shipped), applies_from=next_period_start(now), now=now)


def _plain(model_version: str) -> NewVersion:
    return NewVersion(model_version, None, {}, {}, {})


@transaction.atomic
def make_version(new: NewVersion, *, applies_from: date, now: datetime) -> SentimentVersion:
    """Store a version that is in force from a day on."""
    newest = SentimentVersion.objects.order_by("-number").values_list("number", flat=True).first()
    _read_again(applies_from)
    return SentimentVersion.objects.create(
        number=0 if newest is None else newest + 1,
        model_version=new.model_version,
        model_file=new.model_file,
        curves=dict(new.curves),
        pairs=dict(new.pairs),
        trial=dict(new.trial),
        made_at=now,
        applies_from=applies_from,
    )


def next_period_start(now: datetime) -> date:
    """Return the first day of the next month in the organisation's time zone: a period not open yet."""
    today = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date()
    return date(today.year + today.month // 12, today.month % 12 + 1, 1)


@transaction.atomic
def roll_back(*, now: datetime) -> SentimentVersion | None:
    """End the newest version and return it; None when there is only the first one.

    It ends at the start of the open month, whose days are measured anew; closed months keep what they had.
    """
    versions = list(SentimentVersion.objects.without_files())
    going = [v for v in versions if v.applies_until is None]
    if len(going) < 2:
        return None
    newest = going[-1]
    month = now.astimezone(ZoneInfo(settings.TIME_ZONE)).date().replace(day=1)
    ended = max(newest.applies_from, month)
    SentimentVersion.objects.filter(pk=newest.pk).update(applies_until=ended)
    days = Resolution.objects.filter(resolved_on__gte=ended, response__sentiments__isnull=False)
    mark_changed(days.values_list("service_id", "resolved_on").distinct())
    _read_again(ended)
    newest.applies_until = ended
    return newest


def _read_again(first: date) -> None:
    """Let another model read the comments on resolutions from a day on."""
    resolved = Resolution.objects.filter(resolved_on__gte=first)
    Response.objects.filter(resolution__in=resolved, is_comment_read=True).update(is_comment_read=False)


def scorer_on(day: date) -> Scorer:
    """Return the scorer of the version in force on a day; the shipped one before any version was made."""
    version = in_force(SentimentVersion.objects.without_files(), day)
    return scorer_of(version) if version else shipped_scorer()


def scorer_of(version: SentimentVersion) -> Scorer:
    """Return the scorer of a version.

    The shipped one takes over from a version that this software can no longer read.
    """
    return _scorer(version.pk, version.model_version)


@lru_cache(maxsize=4)
def _scorer(version_id: int, model_version: str) -> Scorer:
    """Load a version's model once per process; the name tells versions of a restored database apart."""
    found = SentimentVersion.objects.filter(pk=version_id, model_version=model_version)
    content = found.values_list("model_file", flat=True).get()
    return shipped_scorer() if content is None else scorer_from(bytes(content))


def scorer_from(content: bytes) -> Scorer:
    """Return the scorer of a stored model, or the shipped one where its features are no longer made."""
    try:
        model = load_model(content)
        check_features(model)
    except ModelError:
        return shipped_scorer()
    added = {code: empty_lexicon(code) for code in model.facts.get("added_languages", ())}
    return Scorer(model, shipped_lexicons() | added, shipped_function_words())
