"""Webhooks: where programs are told what is not solved and what became of gaps, and whether they took it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from surveys.models import FollowUp, FollowUpReceiver, HookDelivery, HookKind
from surveys.selectors.follow_ups import deliveries, other_deliveries, receivers
from surveys.services.webhooks import (
    choose_webhook_kinds,
    post_again,
    post_delivery_again,
    renew_webhook_secret,
    set_webhook,
    switch_webhook,
    take_webhook_away,
    try_webhook,
)
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page
from xla_service.stored_words import told

declare_page("webhooks", gettext_lazy("Webhooks"), Section.ADMINISTRATION, rule=setting_up, order=25)
OTHERS_SHOWN = 20
_ADVICE = gettext_lazy("Write the whole address: https://itsm.example.org/hooks/reopen.")


class WebhookForm(forms.Form):
    """Whose ticket system, and where it listens."""

    receiver = forms.ModelChoiceField(
        FollowUpReceiver.objects.none(),
        label=gettext_lazy("Who hears"),
        empty_label=gettext_lazy("Choose who hears"),
        help_text=gettext_lazy("Gets the mail too. One address each; another one replaces it."),
        error_messages={"required": gettext_lazy("Choose whose ticket system it is.")},
    )
    address = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=200,
        validators=[URLValidator(schemes=["http", "https"], message=_ADVICE)],
        help_text=gettext_lazy("Over https, unless it stays within your own network."),
        error_messages={"required": _ADVICE},
        widget=forms.URLInput,
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["receiver"].queryset = receivers()  # type: ignore[attr-defined]


@open_to(setting_up)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def webhooks(request: HttpRequest) -> HttpResponse:
    """Show the webhooks and what was posted last; POST sets an address and shows its new secret once."""
    form = WebhookForm(request.POST or None)
    if request.method != "POST" or not form.is_valid():
        return _page(request, form, status=422 if form.errors else 200)
    receiver = form.cleaned_data["receiver"]
    secret = set_webhook(receiver, form.cleaned_data["address"], by=signed_in(request), now=timezone.now())
    messages.success(request, _("Set. Post a test to see whether it is taken."))
    return _page(request, WebhookForm(), shown=receiver, secret=secret) if secret else redirect("webhooks")


def _page(
    request: HttpRequest,
    form: WebhookForm,
    *,
    shown: FollowUpReceiver | None = None,
    secret: str = "",
    status: int = 200,
) -> HttpResponse:
    there = list(receivers())
    context = {
        "hooks": [receiver for receiver in there if receiver.webhook_url],
        "has_receivers": bool(there),
        "page": one_page(request, deliveries()),
        "others": other_deliveries()[:OTHERS_SHOWN],
        "kinds": HookKind.choices,
        "form": form,
        "shown": shown,
        "secret": secret,
    }
    return render(request, "surveys/staff/webhooks.html", context, status=status)


@open_to(setting_up)
@require_POST
def webhook_test(request: HttpRequest, key: int) -> HttpResponse:
    """Post a test and say what came of it."""
    receiver = _hook(key)
    error = try_webhook(receiver, now=timezone.now())
    if error:
        said = _("%(address)s did not take the test: %(error)s")
        messages.error(request, said % {"address": receiver.webhook_url, "error": told(error)})
    else:
        messages.success(request, _("%(address)s took the test.") % {"address": receiver.webhook_url})
    return redirect("webhooks")


@open_to(setting_up)
@require_POST
def webhook_switch(request: HttpRequest, key: int) -> HttpResponse:
    """Switch a webhook off, or on again."""
    receiver, is_on = _hook(key), "on" in request.POST
    switch_webhook(receiver, is_on=is_on, by=signed_in(request), now=timezone.now())
    said = (
        _("The webhook of %(name)s is on.")
        if is_on
        else _("The webhook of %(name)s is off: they hear by mail alone.")
    )
    messages.success(request, said % {"name": receiver.name})
    return redirect("webhooks")


@open_to(setting_up)
@never_cache
@require_POST
def webhook_secret(request: HttpRequest, key: int) -> HttpResponse:
    """Make a new secret and show it, this once."""
    receiver = _hook(key)
    secret = renew_webhook_secret(receiver, by=signed_in(request), now=timezone.now())
    return _page(request, WebhookForm(), shown=receiver, secret=secret)


@open_to(setting_up)
@require_POST
def webhook_take_away(request: HttpRequest, key: int) -> HttpResponse:
    """Forget an address; its receiver hears by mail alone."""
    receiver = _hook(key)
    take_webhook_away(receiver, by=signed_in(request), now=timezone.now())
    messages.success(request, _("Taken away. It stays in the audit log."))
    return redirect("webhooks")


@open_to(setting_up)
@require_POST
def webhook_kinds(request: HttpRequest, key: int) -> HttpResponse:
    """Choose what a webhook is told of."""
    receiver, wanted = _hook(key), set(request.POST.getlist("kinds"))
    choose_webhook_kinds(receiver, wanted, by=signed_in(request), now=timezone.now())
    if receiver.webhook_kinds:
        messages.success(request, _("Kept. %(name)s is told of this from now on.") % {"name": receiver.name})
    else:
        messages.warning(request, _("Nothing is posted to %(name)s any more.") % {"name": receiver.name})
    return redirect("webhooks")


@open_to(setting_up)
@require_POST
def webhook_delivery_again(request: HttpRequest, key: int) -> HttpResponse:
    """Post once more what else was given up."""
    delivery = get_object_or_404(HookDelivery.objects.select_related("receiver"), pk=key)
    return _said_again(request, post_delivery_again(delivery, now=timezone.now()))


@open_to(setting_up)
@require_POST
def webhook_again(request: HttpRequest, key: int) -> HttpResponse:
    """Post once more what was given up."""
    follow_up = get_object_or_404(FollowUp.objects.select_related("receiver"), pk=key)
    return _said_again(request, post_again(follow_up, now=timezone.now()))


def _said_again(request: HttpRequest, is_due: bool) -> HttpResponse:
    if is_due:
        messages.success(request, _("It is posted again within seconds."))
    else:
        messages.error(request, _("Not posted: it was taken meanwhile, or the webhook is off."))
    return redirect("webhooks")


def _hook(key: int) -> FollowUpReceiver:
    return get_object_or_404(FollowUpReceiver.objects.exclude(webhook_url=""), pk=key)
