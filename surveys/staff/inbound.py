"""Inbound data: the events that could not be applied, why, and a way to apply them again."""

from __future__ import annotations

from django.contrib import messages
from django.db.models.functions import Left
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from surveys.models import IntakeEvent, IntakeSource
from surveys.row_keys import row_keys
from surveys.services.apply_intake import replay_events
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("inbound", gettext_lazy("Inbound"), Section.DATA, rule=setting_up, order=10)
BEGINNING = 4000


@open_to(setting_up)
@require_safe
def inbound(request: HttpRequest) -> HttpResponse:
    """Show what needs attention, newest first."""
    waiting = IntakeEvent.objects.needing_attention().select_related("source").order_by("-received_at", "-pk")
    # A body may be as long as a book: its beginning is enough to see what is wrong.
    waiting = waiting.defer("body").annotate(beginning=Left("body", BEGINNING))
    page = one_page(request, waiting)
    sources = IntakeSource.objects.filter(is_active=True)
    return render(request, "surveys/staff/inbound.html", {"page": page, "has_sources": sources.exists()})


@open_to(setting_up)
@require_POST
def replay(request: HttpRequest) -> HttpResponse:
    """Let the ticked events, or all that need attention, be applied once more."""
    found = IntakeEvent.objects.needing_attention()
    if "all" not in request.POST:
        found = found.filter(pk__in=row_keys(request.POST.getlist("event")))
    count = replay_events(found, now=timezone.now())
    if count:
        said = ngettext(
            "%(count)d event will be applied again within seconds.",
            "%(count)d events will be applied again within seconds.",
            count,
        )
        messages.success(request, said % {"count": count})
    else:
        messages.error(request, _("Tick the events first."))
    return redirect("inbound")
