"""The page of open follow-ups: who still waits for the desk after saying "not solved"."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from surveys.models import BusinessService, FollowUp, FollowUpReceiver
from surveys.selectors.follow_ups import narrowing_choices, open_follow_ups, receivers
from surveys.selectors.narrowing import read_narrowing
from surveys.services.follow_up import mark_done, ticket_links
from surveys.services.follow_up_receivers import ReceiverError, name_receiver, take_receiver_away
from xla_service.access import everyone, open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("follow-ups", "Not solved", Section.ASKING, order=30)


@open_to(everyone)
@require_safe
def follow_ups(request: HttpRequest) -> HttpResponse:
    """Show the open follow-ups of the services that the reader sees, the most urgent first."""
    return _page(request, ReceiverForm())


def _page(request: HttpRequest, form: ReceiverForm, *, status: int = 200) -> HttpResponse:
    services = BusinessService.objects.visible_to(request.user)
    narrowing = read_narrowing(request.GET)
    page = one_page(request, open_follow_ups(services, narrowing))
    now = timezone.now()
    links = ticket_links([row.resolution.ticket for row in page.object_list])
    rows = [(row, link, row.due_at < now) for row, link in zip(page.object_list, links, strict=True)]
    acts_on = set(BusinessService.objects.looked_after_by(request.user).values_list("pk", flat=True))
    context = {
        "page": page,
        "narrowing": narrowing,
        "choices": narrowing_choices(services),
        "rows": rows,
        "acts_on": acts_on,
        "receivers": receivers(),
        "may_set_up": setting_up(request.user),
        "form": form,
    }
    return render(request, "surveys/staff/follow_ups.html", context, status=status)


class ReceiverForm(forms.Form):
    """Who hears about unsolved tickets, and of which group."""

    name = forms.CharField(
        label=gettext_lazy("Who hears"),
        max_length=100,
        help_text=gettext_lazy("As people read it: the Service Desk."),
        error_messages={"required": gettext_lazy("Say who hears: people read this name.")},
    )
    email = forms.EmailField(
        label=gettext_lazy("Mail address"),
        max_length=254,
        help_text=gettext_lazy("Gets a mail at once, with ticket and comment."),
        error_messages={
            "required": gettext_lazy("Give the address that the mail goes to."),
            "invalid": gettext_lazy("Check the address."),
        },
    )
    assignment_group = forms.CharField(
        label=gettext_lazy("Only for the assignment group"),
        max_length=100,
        required=False,
        help_text=gettext_lazy("Empty: for every group without a receiver of its own."),
    )


@open_to(setting_up)
@require_POST
def receiver_name(request: HttpRequest) -> HttpResponse:
    """Name who hears about unsolved tickets; on an error the form comes back with what was typed."""
    form = ReceiverForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    name_receiver(**form.cleaned_data, by=signed_in(request), now=timezone.now())
    messages.success(
        request, _("%(name)s hears from now on. People are asked whether it was solved.") % form.cleaned_data
    )
    return redirect("follow-ups")


@open_to(setting_up)
@require_POST
def receiver_take_away(request: HttpRequest, key: int) -> HttpResponse:
    """Take a receiver away who was told about nothing yet."""
    receiver = get_object_or_404(FollowUpReceiver, pk=key)
    try:
        take_receiver_away(receiver, by=signed_in(request), now=timezone.now())
    except ReceiverError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("Taken away. It stays in the audit log."))
    return redirect("follow-ups")


@open_to(everyone)
@require_POST
def follow_up_done(request: HttpRequest, key: int) -> HttpResponse:
    """Note that the desk got in touch."""
    follow_up = FollowUp.objects.visible_to(request.user).filter(pk=key).first()
    if follow_up is None:
        raise Http404
    if not BusinessService.objects.looked_after_by(request.user).filter(pk=follow_up.service_id).exists():
        raise PermissionDenied
    if mark_done(key, by=signed_in(request), now=timezone.now()):
        messages.success(request, _("Done. It left the list."))
    else:
        messages.error(request, _("Somebody took care of it in the meantime, or it is solved after all."))
    return redirect("follow-ups")
