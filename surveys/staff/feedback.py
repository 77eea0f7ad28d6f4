"""Always-open feedback: what came in, and the link, the snippet and the QR code of each service."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS, fill
from surveys.models import BusinessService, Response, User
from surveys.selectors.masked_comments import masked_comments
from surveys.services.comment_readings import note_readings
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.qr_codes import qr_code

declare_page(
    "open-feedback", "Open feedback", Section.ASKING, rule=setting_up, pages=["feedback-card"], order=50
)

SHOWN = 50


@open_to(setting_up)
@require_safe
def open_feedback(request: HttpRequest) -> HttpResponse:
    """Show the newest feedback and where each service takes it; notes that its comments were read."""
    reader = signed_in(request)
    services = BusinessService.objects.visible_to(reader).live()
    newest = Response.objects.feedback().filter(service__in=services).order_by("-answered_at", "-pk")[:SHOWN]
    doors = [(row, _address(row)) for row in services]
    context = {
        "answers": _as_seen(newest.select_related("service", "survey_version", "resolution__person"), reader),
        "doors": doors,
        "origins": settings.EMBED_ORIGINS,
    }
    return render(request, "surveys/staff/feedback.html", context)


def _as_seen(answers: Iterable[Response], reader: User) -> list[tuple[Response, str]]:
    rows = list(answers)
    masked = masked_comments(rows, reader)
    unmasked = Counter(row.service_id for row in rows if row.comment and row.pk not in masked)
    note_readings(unmasked, by=reader, now=timezone.now())
    return [(row, masked.get(row.pk, row.comment)) for row in rows]


@open_to(setting_up)
@require_safe
def feedback_qr(request: HttpRequest, key: str) -> HttpResponse:
    """Return the QR code of a service's feedback link as an SVG image; `?download` saves it."""
    service = _service(request, key)
    image = qr_code(_address(service), title=_("Feedback: %(name)s") % {"name": service.name}, scale=8)
    response = HttpResponse(image, content_type="image/svg+xml")
    if "download" in request.GET:
        response["Content-Disposition"] = f'attachment; filename="feedback-{service.key}.svg"'
    return response


@open_to(setting_up)
@require_safe
def feedback_card(request: HttpRequest, key: str) -> HttpResponse:
    """Show a card to print and put up: the question in a chosen language, the code and the link."""
    service = _service(request, key)
    words = WORDS.get(request.GET.get("lang", ""), WORDS[DEFAULT_LANGUAGE])
    context = {
        "service": service,
        "words": words,
        "question": fill(words.feedback, service=service.name),
        "address": _address(service),
        "languages": WORDS.values(),
    }
    return render(request, "surveys/staff/feedback_card.html", context)


def _service(request: HttpRequest, key: str) -> BusinessService:
    return get_object_or_404(BusinessService.objects.visible_to(request.user).live(), key=key)


def _address(service: BusinessService) -> str:
    return settings.PUBLIC_URL + reverse("feedback", args=[service.key])
