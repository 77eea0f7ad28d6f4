"""The page of open follow-ups: who still waits for the desk after saying "not solved"."""

from __future__ import annotations

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from surveys.models import BusinessService, FollowUp, FollowUpReceiver
from surveys.selectors.follow_ups import open_follow_ups
from surveys.services.follow_up import mark_done, ticket_link
from xla_service.access import everyone, open_to
from xla_service.navigation import Section, declare_page

declare_page("follow-ups", "Not solved", Section.ASKING, order=30)

PER_PAGE = 50


@open_to(everyone)
@require_safe
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Show the open follow-ups of the services that the reader sees, the most urgent first."""
    services = BusinessService.objects.visible_to(request.user)
    page = Paginator(open_follow_ups(services), PER_PAGE).get_page(request.GET.get("page"))
    now = timezone.now()
    rows = [(row, ticket_link(row.resolution.ticket), row.due_at < now) for row in page.object_list]
    acts_on = set(BusinessService.objects.looked_after_by(request.user).values_list("pk", flat=True))
    context = {
        "page": page,
        "rows": rows,
        "acts_on": acts_on,
        "has_receiver": FollowUpReceiver.objects.exists(),
    }
    return render(request, "surveys/staff/follow_ups.html", context)


@open_to(everyone)
@require_POST
def follow_up_done(request: HttpRequest, key: int) -> HttpResponse:
    """Note that the desk got in touch."""
    follow_up = FollowUp.objects.visible_to(request.user).filter(pk=key).first()
    if follow_up is None:
        raise Http404
    if not BusinessService.objects.looked_after_by(request.user).filter(pk=follow_up.service_id).exists():
        raise PermissionDenied
    if mark_done(key, by=request.user, now=timezone.now()):  # type: ignore[arg-type]  # signed in
        messages.success(request, _("Done. It left the list."))
    else:
        messages.error(request, _("Somebody took care of it in the meantime, or it is solved after all."))
    return redirect("follow-ups")
