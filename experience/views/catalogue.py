"""The catalogue: each service with its owner, team and survey, and what its SLA promises."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from experience.models import Sla
from experience.selectors.agreements import headline_slas
from experience.service_forms import ServiceForm, SlaForm
from experience.services.slas import agree_slas, take_back_sla
from surveys.engine.values import storable
from surveys.models import BusinessService
from surveys.services.change_service import change_service, day_at
from surveys.wakeups import EVIDENCE_SWEEP, wake
from xla_service.access import open_to, setting_up, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page(
    "catalogue",
    gettext_lazy("Services and SLAs"),
    Section.ADMINISTRATION,
    rule=setting_up,
    pages=["catalogue-service"],
    order=15,
)
PER_PAGE = 100


@open_to(setting_up)
@require_safe
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the services with what is still missing of each."""
    words = storable(request.GET.get("q", ""))
    found = BusinessService.objects.select_related("owner", "survey").order_by("lifecycle", "name")
    if words:
        found = found.filter(name__icontains=words)
    page = one_page(request, found, size=PER_PAGE)
    promised = headline_slas(page.object_list, organisation_day())
    rows = [(service, promised.get(service.pk)) for service in page.object_list]
    context = {"page": page, "rows": rows, "words": words, "is_empty": not (rows or words)}
    return render(request, "experience/catalogue.html", context)


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def catalogue_service(request: HttpRequest, key: str) -> HttpResponse:
    """Show one service; POST changes what is known about it, or writes an SLA down."""
    service = get_object_or_404(BusinessService, key=key)
    is_sla = "sla" in request.POST
    about = ServiceForm(request.POST if request.POST and not is_sla else None, service=service)
    sla = SlaForm(request.POST if is_sla else None, initial=_usual(day_at(service, timezone.now())))
    if request.method == "POST" and (sla if is_sla else about).is_valid():
        (_agree if is_sla else _change)(request, service, sla if is_sla else about)
        wake(EVIDENCE_SWEEP)
        return redirect("catalogue-service", key=service.key)
    slas = service.slas.order_by("kind", "priority", "-valid_from")
    context = {"service": service, "about": about, "sla": sla, "slas": slas}
    status = 422 if about.errors or sla.errors else 200
    return render(request, "experience/catalogue_service.html", context, status=status)


def _usual(today: date) -> dict[str, Any]:
    return {"kind": Sla.Kind.RESOLUTION, "valid_from": today.replace(day=1)}


def _change(request: HttpRequest, service: BusinessService, form: ServiceForm) -> None:
    if change_service(service, form.facts(), by=signed_in(request), now=timezone.now()):
        messages.success(request, _("%(name)s is changed.") % {"name": service.name})
    else:
        messages.info(request, _("Nothing changed: everything was so already."))


def _agree(request: HttpRequest, service: BusinessService, form: SlaForm) -> None:
    agree_slas([service], form.promise(), by=signed_in(request), now=timezone.now())
    messages.success(request, _("Written down. Results show it within a minute."))


@open_to(setting_up)
@require_POST
def sla_take_back(request: HttpRequest, key: str, pk: int) -> HttpResponse:
    """Delete a promise that was written by mistake."""
    sla = get_object_or_404(Sla.objects.select_related("service"), pk=pk, service__key=key)
    take_back_sla(sla, by=signed_in(request), now=timezone.now())
    wake(EVIDENCE_SWEEP)
    messages.success(request, _("Taken back. It stays in the audit log."))
    return redirect("catalogue-service", key=key)
