"""The gap inbox and the page of one gap: look, take in hand, give, dismiss, undo."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from experience.forms import AssignForm, PlanForm, ReasonForm
from experience.models import Gap
from experience.selectors.access import gaps_looked_after
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
from experience.selectors.narrowing import narrowing_choices
from experience.services.gap_actions import (
    GapMovedError,
    acknowledge_gap,
    assign_gap,
    dismiss_gap,
    last_step,
    undo_step,
)
from experience.views.origin import parameters_shown, render_part, way_back
from surveys.selectors.narrowing import PARAMETERS
from xla_service.access import everyone, open_to, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("gaps", "Inbox", Section.GAPS, pages=["gap", "gap-plan"], order=10, keeps=PARAMETERS)
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
    page = one_page(request, found, size=_PAGE_SIZE)
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
    return render_part(request, context, part="gaps_list", page="gaps")


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
    return render(request, "experience/gap.html", gap_context(request, gap_or_404(request, pk)))


def gap_context(request: HttpRequest, found: Gap, form: PlanForm | None = None) -> dict[str, object]:
    """Return what the page of a gap writes; `form` is a plan that has to be corrected."""
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


def gap_to_act_on(request: HttpRequest, pk: int) -> Gap:
    """Return a gap that the user acts on, see `gap_or_404`; raise PermissionDenied for who only looks."""
    found = gap_or_404(request, pk)
    if not _may_act(request, found):
        raise PermissionDenied
    return found


@open_to(everyone)
@require_POST
def take_in_hand(request: HttpRequest, pk: int) -> HttpResponse:
    """Take a new gap in hand."""
    found = gap_to_act_on(request, pk)
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
    found = gap_to_act_on(request, pk)
    form = AssignForm(request.POST, people=people_of(found, signed_in(request)))
    if not form.is_valid():
        return _refused(request, found, str(form.errors["to"][0]))
    to = form.cleaned_data["to"]
    return _after(
        request,
        found,
        lambda: assign_gap(found, to=to, by=signed_in(request), now=timezone.now()),
        _("%(subject)s is with %(name)s now.") % {"subject": found.subject_name, "name": to.called},
    )


@open_to(everyone)
@require_POST
def dismiss(request: HttpRequest, pk: int) -> HttpResponse:
    """Dismiss a gap with a reason."""
    found, form = gap_to_act_on(request, pk), ReasonForm(request.POST)
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
    found = gap_to_act_on(request, pk)
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
