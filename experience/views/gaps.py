"""What people do with the gap on a service page. Each step is a POST that leads back to the page."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST

from experience.forms import ReasonForm
from experience.models import Gap
from experience.selectors.access import looks_after
from experience.selectors.service_page import standing_gap
from experience.services.gap_actions import GapMovedError, acknowledge_gap, dismiss_gap
from experience.views.service import visible_or_404
from xla_service.access import everyone, open_to, signed_in

_MOVED = gettext_lazy("Somebody moved this gap in the meantime. Look at where it stands now, then decide.")


@open_to(everyone)
@require_POST
def acknowledge(request: HttpRequest, key: str) -> HttpResponse:
    """Take the gap of a service in hand."""
    gap = _gap(request, key)
    try:
        acknowledge_gap(gap, by=signed_in(request), now=timezone.now())
    except GapMovedError:
        messages.error(request, _MOVED)
    else:
        messages.success(request, _("The gap is in your hands. Its owner and team see that."))
    return redirect("service", key=key)


@open_to(everyone)
@require_POST
def dismiss(request: HttpRequest, key: str) -> HttpResponse:
    """Dismiss the gap of a service with a reason."""
    gap, form = _gap(request, key), ReasonForm(request.POST)
    if not form.is_valid():
        messages.error(request, str(form.errors["reason"][0]))
        return redirect("service", key=key)
    try:
        dismiss_gap(
            gap,
            by=signed_in(request),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        )
    except GapMovedError:
        messages.error(request, _MOVED)
    else:
        messages.success(request, _("Dismissed. It opens again only after the service was back at target."))
    return redirect("service", key=key)


def _gap(request: HttpRequest, key: str) -> Gap:
    """Return the gap to act on; refuse those who only look, and a gap that the page no longer shows."""
    service = visible_or_404(request, key)
    if not looks_after(signed_in(request), service):
        raise PermissionDenied
    gap = standing_gap(service)
    if gap is None:
        raise Http404
    return gap
