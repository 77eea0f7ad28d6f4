"""What a sample of those who did not answer says, in words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from experience import figures, sentences
from experience.engine.periods import Period, month_label
from experience.selectors.silent_samples import SampleFigure, month_to_draw, newest_sample, sample_figure
from surveys.engine.scales import SCALES
from surveys.models import BusinessService
from xla_service.moments import organisation_day


@dataclass(frozen=True, slots=True)
class Followed:
    """The figure of a sample beside those of its month, as written."""

    month: str
    rating: str
    span: str
    reached: int
    drawn: int
    adjusted: str
    raw: str
    verdict: str


def silent_context(service: BusinessService, *, may_act: bool) -> dict[str, Any]:
    """Return what "How sure are we?" shows of the newest sample, and where whoever may draw one goes."""
    today, now = organisation_day(), timezone.now()
    sample = newest_sample(service, today=today)
    is_open = sample is not None and sample.is_open(now)
    month = month_to_draw(today)
    words = _("Ask some who did not answer")
    if sample is not None and is_open:
        month = Period(sample.starts_on, sample.ends_on)
        words = _("Some who did not answer are being asked")
    elif sample is not None and sample.starts_on == month.first_on:
        words = _("See who was asked again")
    url = reverse("silent-sample", args=[service.key, month_label(month)])
    return {
        "followed": followed(sample_figure(sample, now=now)) if sample and not is_open else None,
        "silent_words": words,
        "silent_url": url if may_act else "",
    }


def followed(figure: SampleFigure) -> Followed | None:
    """Return the figure of a sample in words; None where there is none to show."""
    found, month = figure.found, figure.month
    if found is None:
        return None
    rating = month.rating if month and month.is_judged else None
    target = month.measurement.rating_target if month else None
    return Followed(
        month=figures.month(figure.sample.starts_on),
        rating=sentences.rating_of(found.value, SCALES[figure.sample.scale].high),
        span=figures.interval(found.low, found.high),
        reached=figure.reached,
        drawn=figure.drawn,
        adjusted=figures.rating(rating) if rating is not None else "",
        raw=figures.rating(month.rating_raw) if month and rating is not None else "",
        verdict=sentences.follow_up_sentence(found.value, found.low, found.high, target, rating),
    )
