"""Chat and social messages in: scored, counted by author pseudonym, and not kept unless configured."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac

from experience.engine.periods import local_day
from experience.engine.unsolicited import BASELINE_DAYS, Text, TextError
from experience.models import SignalBatch, UnsolicitedText
from surveys.engine.sentiment import Sentiment
from surveys.models import BusinessService
from surveys.selectors.service_names import ServiceNames
from surveys.services.changes import mark_changed
from surveys.services.sentiment_versions import scorer_on

# Signals and texts of one source may use the same batch ids.
PREFIX = "texts/"
# The longest live window, and the days it is compared with.
KEPT_DAYS = 2 * 31 + BASELINE_DAYS


@dataclass(frozen=True)
class ReceivedTexts:
    """What became of a batch; `scored` counts the texts whose language could be read."""

    is_new: bool
    scored: int = 0


def receive_texts(texts: Sequence[Text], *, batch_id: str, source: str, now: datetime) -> ReceivedTexts:
    """Take a batch whole or not at all; one that this source sent before changes nothing.

    Raises TextError, naming the index, when a text names a service nobody knows.
    """
    names = ServiceNames.of(source)
    services = [_service(names, index, text.service) for index, text in enumerate(texts)]
    read = scorer_on(now.date()).score_all((text.text, text.language or None) for text in texts)
    rows = [_row(*each, source) for each in zip(services, texts, read, strict=True)]
    with transaction.atomic():
        _, is_new = SignalBatch.objects.get_or_create(
            source=source,
            batch_id=PREFIX + batch_id,
            defaults={"received_at": now, "observation_count": len(texts)},
        )
        if is_new:
            UnsolicitedText.objects.bulk_create(rows)
            mark_changed({(row.service_id, row.day) for row in rows})
    return ReceivedTexts(is_new, sum(row.polarity is not None for row in rows))


def _service(names: ServiceNames, index: int, name: str) -> BusinessService:
    service = names.find(name)
    if service is None:
        raise TextError(f"texts[{index}]: {names.unknown(name)}")
    return service


def _row(service: BusinessService, text: Text, read: Sentiment, source: str) -> UnsolicitedText:
    return UnsolicitedText(
        service=service,
        source=source,
        day=local_day(text.at, ZoneInfo(service.time_zone)),
        author_hash=salted_hmac("unsolicited author", f"{source}/{text.author}").hexdigest()[:32],
        polarity=read.polarity,
        model_version=read.model_version,
        text=text.text if settings.KEEP_UNSOLICITED_TEXT else "",
    )


def forget_texts(*, today: date) -> int:
    """Delete what no window or its past reaches any more; return how many rows that were."""
    # By service, for texts are indexed by service and day.
    old = UnsolicitedText.objects.filter(
        service__in=BusinessService.objects.all(), day__lt=today - timedelta(days=KEPT_DAYS)
    )
    return old.delete()[0]
