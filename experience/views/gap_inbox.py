"""The gap inbox and the page of one gap: look, take in hand, give, dismiss, undo, act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from experience import figures
from experience.forms import AssignForm, DoneForm, PlanForm, ReasonForm
from experience.models import Gap, Improvement
from experience.selectors.access import gaps_looked_after, looks_after
from experience.selectors.gap_inbox import (
    TABS,
    InboxChoice,
    chosen_gaps,
    inbox_lines,
    people_of,
    read_inbox_choice,
    services_of_journey,
    tab_counts,
    visible_gap,
)
from experience.selectors.gap_story import gap_words
from experience.selectors.narrowing import narrowing_choices, of_services
from experience.services import improvements
from experience.services.gap_actions import (
    GapMovedError,
    acknowledge_gap,
    assign_gap,
    dismiss_gap,
    last_step,
    undo_step,
)
from experience.services.improvements import ImprovementMovedError, plan_improvement
from experience.views.origin import asks_for_part, parameters_shown, way_back
from surveys.selectors.narrowing import PARAMETERS, read_narrowing
from xla_service.access import everyone, open_to, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page

declare_page("gaps", "Inbox", Section.GAPS, pages=["gap", "gap-plan"], order=10, keeps=PARAMETERS)
declare_page("improvements", "Actions", Section.GAPS, order=20, keeps=PARAMETERS)
_PAGE_SIZE = 25
_USUAL_DAYS = 14
# A tab of the inbox: its key, its words, how many gaps stand there, and the query that leads to it.
Tab = tuple[str, str | Promise, int, str]


@open_to(everyone)
@require_safe
def gaps(request: HttpRequest) -> HttpResponse:
    """Show the inbox as the query parameters ask; htmx gets the list alone."""
    choice = read_inbox_choice(request.GET.dict())
    found = chosen_gaps(request.user, choice)
    page = Paginator(found, _PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "choice": choice,
        "tabs": _tabs(request, choice),
        "page": page,
        "lines": inbox_lines(list(page.object_list), signed_in(request)),
        "kinds": Gap.Kind.choices,
        "narrowing": choice.narrowing,
        "choices": narrowing_choices(request.user),
        "people": found.aggregate(people=Sum("affected_people"))["people"],
        "query": _query(choice),
        "here": request.get_full_path(),
    }
    is_part = asks_for_part(request)
    response = render(request, f"experience/{'gaps_list' if is_part else 'gaps'}.html", context)
    patch_vary_headers(response, ["HX-Request"])
    return response


def _tabs(request: HttpRequest, choice: InboxChoice) -> list[Tab]:
    counts = tab_counts(request.user, choice)
    return [(key, label, counts[key], _query(choice, tab=key)) for key, label, _ in TABS]


def _query(choice: InboxChoice, **changes: str) -> str:
    values = {
        "tab": choice.tab,
        "q": choice.text,
        "kind": choice.kind,
        **choice.narrowing.parameters,
        "mine": "1" if choice.is_mine else "",
    } | changes
    return urlencode({name: value for name, value in values.items() if value})


@open_to(everyone)
@require_safe
def gap(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one gap: what it says, what was done about it, what happened to it."""
    return render(request, "experience/gap.html", _context(request, gap_or_404(request, pk)))


def _context(request: HttpRequest, found: Gap, form: PlanForm | None = None) -> dict[str, object]:
    user, today = signed_in(request), organisation_day()
    may_act = _may_act(request, found)
    people = people_of(found, user) if may_act else []
    return {
        "gap": found,
        "service": found.service,
        "words": gap_words(found),
        "may_act": may_act,
        "may_undo": may_act and last_step(found) is not None,
        "people": people,
        "takers": [person for person in people if person.pk != found.assignee_id],
        "today": today,
        "usual_day": today + timedelta(days=_USUAL_DAYS),
        "form": form,
        "journey_services": services_of_journey(user, found),
        "can_plan": may_act and found.service is not None and found.state in Gap.STANDING_STATES,
    }


def _may_act(request: HttpRequest, found: Gap) -> bool:
    return found.pk in gaps_looked_after(signed_in(request), [found])


def gap_or_404(request: HttpRequest, pk: int) -> Gap:
    """Return a gap that the user may read; raise Http404 alike for an unknown one and somebody else's."""
    found = visible_gap(request.user, pk)
    if found is None:
        raise Http404
    return found


def _gap_to_act_on(request: HttpRequest, pk: int) -> Gap:
    found = gap_or_404(request, pk)
    if not _may_act(request, found):
        raise PermissionDenied
    return found


@open_to(everyone)
@require_POST
def take_in_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a new gap in hand."""
    found = _gap_to_act_on(request, pk)
    return _after(
        request,
        found,
        lambda: acknowledge_gap(found, by=signed_in(request), now=timezone.now()),
        _("%(subject)s is in your hands. Those who look after it see that.")
        % {"subject": found.subject_name},
    )


@open_to(everyone)
@require_POST
def give(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a gap to somebody who looks after the service."""
    found = _gap_to_act_on(request, pk)
    form = AssignForm(request.POST, people=people_of(found, signed_in(request)))
    if not form.is_valid():
        return _refused(request, found, str(form.errors["to"][0]))
    to = form.cleaned_data["to"]
    return _after(
        request,
        found,
        lambda: assign_gap(found, to=to, by=signed_in(request), now=timezone.now()),
        _("%(subject)s is with %(name)s now.")
        % {"subject": found.subject_name, "name": to.get_full_name() or to.get_username()},
    )


@open_to(everyone)
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Dismiss a gap with a reason."""
    found, form = _gap_to_act_on(request, pk), ReasonForm(request.POST)
    if not form.is_valid():
        return _refused(request, found, str(form.errors["reason"][0]))
    return _after(
        request,
        found,
        lambda: dismiss_gap(
            found,
            by=signed_in(request),
            reason=form.cleaned_data["reason"],
            now=timezone.now(),
        ),
        _("%(subject)s: dismissed. It opens again only after the service was back at target.")
        % {"subject": found.subject_name},
    )


@open_to(everyone)
@require_POST
def undo(request: HttpRequest, pk: int) -> HttpResponse:
    """Take back what somebody did to a gap last."""
    found = _gap_to_act_on(request, pk)
    return _after(
        request,
        found,
        lambda: undo_step(found, by=signed_in(request), now=timezone.now()),
        _("%(subject)s: taken back.") % {"subject": found.subject_name},
    )


def _after(request: HttpRequest, found: Gap, step: Callable[[], None], words: str) -> HttpResponse:
    """Make a step and answer: with the line of the list for htmx, else by going back with a message."""
    try:
        step()
    except GapMovedError as error:
        return _refused(request, found, str(error))
    return _answer(request, found, words, is_error=False)


def _refused(request: HttpRequest, found: Gap, words: str) -> HttpResponse:
    return _answer(request, found, words, is_error=True)


def _answer(request: HttpRequest, found: Gap, words: str, *, is_error: bool) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        fresh = gap_or_404(request, found.pk)
        choice = read_inbox_choice(parameters_shown(request))
        context: dict[str, Any] = {
            "choice": choice,
            "tabs": _tabs(request, choice),
            "line": inbox_lines([fresh], signed_in(request))[0],
            "said": words,
            "is_error": is_error,
            "may_undo": last_step(fresh) is not None and not is_error,
        }
        return render(request, "experience/gap_line.html", context)
    (messages.error if is_error else messages.success)(request, words)
    return way_back(request, reverse("gap", args=[found.pk]))


@open_to(everyone)
@require_safe
def improvement_list(request: HttpRequest) -> HttpResponse:
    """Show every action on the services of the reader: planned ones first, then what came of the others."""
    narrowing = read_narrowing(request.GET)
    found = Improvement.objects.visible_to(request.user).filter(of_services(narrowing, "service__"))
    found = found.select_related("service", "responsible", "gap").order_by("-planned_at", "-pk")
    context = {
        "page": Paginator(found, 50).get_page(request.GET.get("page")),
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
    found = _gap_to_act_on(request, pk)
    if found.service is None:
        raise Http404
    form = PlanForm(request.POST, people=people_of(found, signed_in(request)))
    if not form.is_valid():
        return render(request, "experience/gap.html", _context(request, found, form), status=422)
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
        messages.success(request, words) if words else None
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
