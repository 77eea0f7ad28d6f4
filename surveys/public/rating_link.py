"""Links to a survey that a ticket system mails by itself."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from surveys.engine.signatures import is_signed
from surveys.models import IntakeSource
from surveys.public.pages import not_now, unknown_token
from surveys.selectors.asked import newest_invitation
from xla_service.databases import AWAY


@require_safe
def rate(request: HttpRequest, source: str, number: str) -> HttpResponse:
    """Lead from the signed link of a ticket system's own mail to the newest survey about its ticket.

    `s` is the HMAC-SHA256 of "source/number" with the secret of the source, `r` the rating to preselect.
    """
    try:
        return _led(request, source, number)
    except AWAY:
        return not_now(request)


def _led(request: HttpRequest, source: str, number: str) -> HttpResponse:
    system = IntakeSource.objects.filter(key=source, is_active=True).first()
    signature = f"sha256={request.GET.get('s', '')}"
    if system is None or not is_signed(
        f"{source}/{number}".encode(), secret=system.secret, signature=signature
    ):
        return unknown_token(request)
    invitation = newest_invitation(source=source, number=number)
    if invitation is None:
        return unknown_token(request)
    rating = request.GET.get("r", "")
    query = f"?r={rating}" if rating.isascii() and rating.isdigit() else ""
    return redirect(reverse("answer", args=[invitation.token]) + query)
