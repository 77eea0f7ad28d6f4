"""The actions on gaps: the list, planning one, and what became of each."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from experience import figures
from experience.forms import DoneForm, PlanForm
from experience.models import Improvement
from experience.selectors.access import looks_after
from experience.selectors.gap_inbox import people_of
from experience.selectors.narrowing import narrowing_choices, of_services
from experience.services import improvements
from experience.services.gap_actions import GapMovedError
from experience.services.improvements import ImprovementMovedError, plan_improvement
from experience.views.gap_inbox import gap_context, gap_to_act_on
from surveys.selectors.narrowing import PARAMETERS, read_narrowing
from xla_service.access import everyone, open_to, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("improvements", "Actions", Section.GAPS, order=20, keeps=PARAMETERS)


@open_to(everyone)
@require_safe
def improvement_list(request: HttpRequest) -> HttpResponse:
    """Show every action on the services of the reader: planned ones first, then what came of the others."""
    narrowing = read_narrowing(request.GET)
    found = Improvement.objects.visible_to(request.user).filter(of_services(narrowing, "service__"))
    found = found.select_related("service", "responsible", "gap").order_by("-planned_at", "-pk")
    context = {
        "page": one_page(request, found),
        "today": organisation_day(),
        "narrowing": narrowing,
        "choices": narrowing_choices(request.user),
        "query": narrowing.query,
    }
    return render(request, "experience/improvements.html", context)


@open_to(everyone)
@require_POST
def plan(request: HttpRequest, pk: int) -> HttpResponse:
    """Start an action on a gap; on an error the form comes back with what was typed."""
    found = gap_to_act_on(request, pk)
    if found.service is None:
        raise Http404
    form = PlanForm(request.POST, people=people_of(found, signed_in(request)))
    if not form.is_valid():
        return render(request, "experience/gap.html", gap_context(request, found, form), status=422)
    try:
        plan_improvement(
            found,
            form.plan(),
            by=signed_in(request),
            now=timezone.now(),
            today=organisation_day(),
        )
    except GapMovedError as error:
        messages.error(request, str(error))
    else:
        messages.success(
            request, _("The action is planned. Say here when it is done; then its effect is judged.")
        )
    return redirect("gap", pk=found.pk)


@open_to(everyone)
@require_POST
def move_improvement(request: HttpRequest, pk: int, step: str) -> HttpResponse:
    """Carry out, give up or take back an action."""
    found = (
        Improvement.objects.visible_to(request.user).select_related("service", "gap").filter(pk=pk).first()
    )
    if found is None:
        raise Http404
    if not looks_after(signed_in(request), found.service):
        raise PermissionDenied
    try:
        words = _STEPS[step](request, found)
    except ImprovementMovedError as error:
        messages.error(request, str(error))
    else:
        if words:
            messages.success(request, words)
    return redirect("gap", pk=found.gap_id) if found.gap_id else redirect("improvements")


def _carry_out(request: HttpRequest, found: Improvement) -> str:
    form = DoneForm(request.POST, earliest=improvements.earliest_day(found), today=organisation_day())
    if not form.is_valid():
        messages.error(request, str(form.errors["on"][0]))
        return ""
    improvements.carry_out(
        found,
        on=form.cleaned_data["on"],
        by=signed_in(request),
        now=timezone.now(),
    )
    ready = found.judged_from
    if ready is None:
        return ""
    return _("Well done. Its effect is judged on %(day)s.") % {"day": figures.full_day(ready)}


def _give_up(request: HttpRequest, found: Improvement) -> str:
    improvements.give_up(found)
    return _("Given up. It stays in the list, so that nobody tries it again unawares.")


def _take_back(request: HttpRequest, found: Improvement) -> str:
    improvements.take_back(found)
    return _("Taken back: the action is planned again.")


_STEPS: dict[str, Callable[[HttpRequest, Improvement], str]] = {
    "done": _carry_out,
    "give-up": _give_up,
    "take-back": _take_back,
}
