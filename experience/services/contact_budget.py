"""Sharing the contact budget between services, night by night: surveys reads what stands here."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, timedelta
from math import sqrt

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum

from experience.engine.allocation import Stratum, neyman_shares
from experience.engine.daycells import Asked, rating_of_bucket
from experience.engine.intervals import moments_of_counts
from experience.models import DayCell
from surveys.models import SamplingShare

PERIOD_DAYS = 28
# As many imagined answers of a usual service stand beside a service's own, so that few cannot decide alone.
PRIOR_ANSWERS = 10
LEAST_RATE = 0.02


def allocate_contact_budget(today: date, *, now: datetime) -> int:
    """Write the sampling share of each service from the last 28 days, and return how many were written.

    `XLA_CONTACT_BUDGET` counts mails per 28 days; 0 takes the allocated shares back. Shares that somebody
    set by hand stay, and their mails are taken off the budget first. Sample services take no part.
    """
    allocated = SamplingShare.objects.filter(is_allocated=True)
    if not settings.CONTACT_BUDGET:
        with transaction.atomic():
            allocated.delete()
        return 0
    strata = _strata(today)
    by_hand = dict(SamplingShare.objects.filter(is_allocated=False).values_list("service", "share"))
    spent = sum(strata[key].eligible * share for key, share in by_hand.items() if key in strata)
    open_strata = {key: one for key, one in strata.items() if key not in by_hand}
    shares = neyman_shares(open_strata, settings.CONTACT_BUDGET - spent)
    rows = [
        SamplingShare(service_id=key, share=share, is_allocated=True, set_at=now)
        for key, share in shares.items()
    ]
    with transaction.atomic():
        allocated.delete()
        SamplingShare.objects.bulk_create(rows)
    return len(rows)


def _strata(today: date) -> dict[int, Stratum]:
    days = (today - timedelta(days=PERIOD_DAYS), today - timedelta(days=1))
    cells = DayCell.objects.filter(day__range=days, service__is_sample=False)
    resolved = _resolved(cells.filter(measure=DayCell.Measure.RESOLVED))
    ratings = _ratings(cells.filter(measure="satisfaction"))
    pooled = _variance(sum(ratings.values(), Counter()))
    return {
        service: Stratum(
            eligible=float(sum(counts.values())),
            deviation=_shrunk_deviation(ratings[service], pooled),
            answer_rate=_answer_rate(counts),
        )
        for service, counts in resolved.items()
    }


def _resolved(cells: QuerySet[DayCell]) -> dict[int, Counter[int]]:
    """Return by service how many resolutions were not asked about, silent and answered."""
    found: dict[int, Counter[int]] = defaultdict(Counter)
    in_frame = cells.exclude(bucket=Asked.OUT_OF_FRAME)
    counted = in_frame.values_list("service_id", "bucket").annotate(Sum("count")).order_by()
    for service, bucket, count in counted:
        found[service][bucket] += count
    return found


def _answer_rate(counts: Counter[int]) -> float:
    asked = counts[Asked.SILENT] + counts[Asked.ANSWERED]
    return min(max(LEAST_RATE, counts[Asked.ANSWERED] / asked), 1.0) if asked else 1.0


def _ratings(cells: QuerySet[DayCell]) -> dict[int, Counter[int]]:
    """Return by service how often each rating was given."""
    found: dict[int, Counter[int]] = defaultdict(Counter)
    counted = cells.values_list("service_id", "bucket").annotate(Sum("count")).order_by()
    for service, bucket, count in counted:
        found[service][rating_of_bucket(bucket)] += count
    return found


def _shrunk_deviation(ratings: Counter[int], pooled: float) -> float:
    """Return the standard deviation of a service's ratings, drawn towards that of all services."""
    own, n = _variance(ratings), ratings.total()
    return sqrt((n * own + PRIOR_ANSWERS * pooled) / (n + PRIOR_ANSWERS))


def _variance(ratings: Counter[int]) -> float:
    if ratings.total() < 2:
        return 1.0  # about what satisfaction on 1-5 shows; before any answer all services are alike
    return float(moments_of_counts(list(ratings.values()), list(ratings.keys())).variance)
