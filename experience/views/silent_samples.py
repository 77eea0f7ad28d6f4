"""Asking some who did not answer: how many, whom, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from experience.engine.periods import Period, labelled_month, month_label
from experience.exports import silent_csv
from experience.selectors.access import looks_after
from experience.selectors.results import least_people
from experience.selectors.silent_samples import (
    month_to_draw,
    sample_figure,
    sample_sizes,
)
from experience.sentences import steps
from experience.views.service import visible_or_404
from experience.views.silent_parts import followed
from surveys.engine.scales import SCALES
from surveys.links import again_url
from surveys.models import BusinessService, Response, SilentSample, SilentSampleLine, User
from surveys.selectors.masked_comments import masked_comments
from surveys.selectors.silent_samples import opted_out, silent_frame
from surveys.services.comment_readings import note_readings
from surveys.services.silent_samples import (
    SilentSampleError,
    cancel_silent_sample,
    draw_silent_sample,
    end_silent_sample,
)
from xla_service.access import everyone, open_to, signed_in
from xla_service.moments import organisation_day

_USUAL = 40


class DrawForm(forms.Form):
    """How many to draw."""

    count = forms.IntegerField(min_value=5, max_value=100)


@open_to(everyone)
@require_safe
def silent_sample(request: HttpRequest, key: str, month: str) -> HttpResponse:
    """Show the choice of how many to draw or, once drawn, the list and what came of it."""
    service, period = _place(request, key, month)
    sample = _sample(service, period)
    if sample is None and period != month_to_draw(organisation_day()):
        raise Http404
    shown = _choice(service, period) if sample is None else _progress(sample, signed_in(request))
    context = {"service": service, "month": period, "label": month, "least": least_people(), **shown}
    return render(request, "experience/silent_sample.html", context)


@open_to(everyone)
@require_POST
def silent_draw(request: HttpRequest, key: str) -> HttpResponse:
    """Draw for the newest month whose answers are all in."""
    service = _looked_after(request, key)
    period, form = month_to_draw(organisation_day()), DrawForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Choose how many people to ask."))
        return redirect("silent-sample", key=key, month=month_label(period))
    try:
        draw_silent_sample(
            service,
            starts_on=period.first_on,
            ends_on=period.last_on,
            count=form.cleaned_data["count"],
            by=signed_in(request),
            now=timezone.now(),
        )
    except SilentSampleError as error:
        messages.error(request, str(error))
    return redirect("silent-sample", key=key, month=month_label(period))


@open_to(everyone)
@require_POST
def silent_step(request: HttpRequest, key: str, month: str, step: str) -> HttpResponse:
    """End the asking, so that the figure shows, or cancel a draw that nobody answered."""
    service, period = _place(request, key, month)
    sample = _sample(service, period)
    if sample is None:
        raise Http404
    take = end_silent_sample if step == "end" else cancel_silent_sample
    try:
        take(sample.pk, by=signed_in(request), now=timezone.now())
    except SilentSampleError as error:
        messages.error(request, str(error))
        return redirect("silent-sample", key=key, month=month)
    if step == "end":
        return redirect("silent-sample", key=key, month=month)
    messages.success(
        request, _("The draw is cancelled. Nobody on the list can answer by its links any more.")
    )
    return redirect("service", key=key)


@open_to(everyone)
@require_safe
def silent_list(request: HttpRequest, key: str, month: str) -> HttpResponse:
    """Return the list as a CSV file."""
    service, period = _place(request, key, month)
    sample = _sample(service, period)
    if sample is None:
        raise Http404
    lines = [row.line for row in _lines(sample, signed_in(request)) if row.is_to_ask]
    return silent_csv(lines, f"ask-again-{service.key}-{month}.csv")


def _place(request: HttpRequest, key: str, month: str) -> tuple[BusinessService, Period]:
    service, period = _looked_after(request, key), labelled_month(month)
    if period is None:
        raise Http404
    return service, period


def _looked_after(request: HttpRequest, key: str) -> BusinessService:
    """Return the service; names stand on these pages, so those who only look are refused."""
    service = visible_or_404(request, key)
    if not looks_after(signed_in(request), service):
        raise PermissionDenied
    return service


def _sample(service: BusinessService, period: Period) -> SilentSample | None:
    found = SilentSample.objects.filter(service=service, starts_on=period.first_on)
    return found.select_related("service", "drawn_by").first()


def _choice(service: BusinessService, period: Period) -> dict[str, Any]:
    frame = silent_frame(service, starts_on=period.first_on, ends_on=period.last_on, now=timezone.now())
    if frame is None:
        return {"frame": None}
    scale = SCALES[frame.scale]
    sizes = [
        (
            size.count,
            _margin_words(
                *(steps(margin, (scale.low, scale.high)) for margin in (size.margin, size.margin_of_half))
            ),
        )
        for size in sample_sizes(service, period, frame)
    ]
    usual = max((count for count, _words in sizes if count <= _USUAL), default=None)
    return {"frame": frame, "silent": len(frame.silent), "sizes": sizes, "usual": usual}


def _margin_words(all_of_them: str, half: str) -> str:
    return _("good to about ±%(margin)s if all of them answer, ±%(half)s if half do") % {
        "margin": all_of_them,
        "half": half,
    }


@dataclass(frozen=True, slots=True)
class _Line:
    """One row of the list; what a person said stays empty while the sample is open."""

    line: SilentSampleLine
    link: str
    is_refused: bool
    rating: int | None
    comment: str

    @property
    def is_to_ask(self) -> bool:
        """Say whether this person may still be asked."""
        is_erased = self.line.invitation.person.erased_at is not None
        return self.line.response is None and not is_erased and not self.is_refused


def _lines(sample: SilentSample, reader: User) -> list[_Line]:
    related = (
        "invitation__person",
        "invitation__survey_version",
        "invitation__resolution__ticket",
        "response__survey_version",
    )
    order = ("invitation__person__name", "invitation__person__external_id", "pk")
    rows = list(sample.lines.select_related(*related).order_by(*order))
    refused = opted_out([row.invitation for row in rows])
    answers = [row.response for row in rows if row.response and not sample.is_open(timezone.now())]
    ratings, comments = {row.pk: row.rating for row in answers}, _comments(answers, reader)
    return [
        _Line(
            row,
            again_url(row.invitation.token),
            row.invitation_id in refused,
            ratings.get(row.response_id or 0),
            comments.get(row.response_id or 0, ""),
        )
        for row in rows
    ]


def _progress(sample: SilentSample, reader: User) -> dict[str, Any]:
    now = timezone.now()
    figure = sample_figure(sample, now=now)
    return {
        "sample": sample,
        "is_open": sample.is_open(now),
        "figure": figure,
        "followed": followed(figure),
        "lines": _lines(sample, reader),
        "high": SCALES[sample.scale].high,
    }


def _comments(answers: Sequence[Response], reader: User) -> dict[int, str]:
    """Return the comments as their reader may see them, and note that they were read."""
    masked = masked_comments(answers, reader)
    plain = [row for row in answers if row.comment and row.pk not in masked]
    note_readings({row.service_id: len(plain) for row in plain}, by=reader, now=timezone.now())
    return {row.pk: masked.get(row.pk, row.comment) for row in answers}
