"""Users of the interface and the audit log, for administrators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_otp.plugins.otp_totp.models import TOTPDevice

from surveys.models import CommentReading, ConfigurationChange, User
from surveys.services.second_factor import remove_second_factor
from surveys.services.users import UserError, change_user, invite_user, mail_welcome
from xla_service.access import administering, open_to, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("users", gettext_lazy("Users"), Section.ADMINISTRATION, rule=administering, order=20)
declare_page("audit-log", gettext_lazy("Audit log"), Section.ADMINISTRATION, rule=administering, order=30)
USERNAME_ADVICE = gettext_lazy("Use letters, digits and . + - _ @ only, without blanks: anna.smith.")


class InviteForm(forms.Form):
    """Who is invited, and as what."""

    username = forms.CharField(
        max_length=150,
        validators=[UnicodeUsernameValidator(message=USERNAME_ADVICE)],
        error_messages={"required": gettext_lazy("Choose a user name.")},
    )
    name = forms.CharField(max_length=200, required=False)
    email = forms.EmailField(
        error_messages={
            "required": gettext_lazy("The invitation goes by mail: give an address."),
            "invalid": gettext_lazy("Check the address."),
        }
    )
    role = forms.ChoiceField(choices=User.Role.choices)


class ChangeForm(forms.Form):
    """The role of a user, and whether the account is on."""

    role = forms.ChoiceField(choices=User.Role.choices)
    is_active = forms.BooleanField(required=False)


@open_to(administering)
@require_http_methods(["GET", "POST"])
def users(request: HttpRequest) -> HttpResponse:
    """List the users; POST invites one. On an error the form comes back with what was typed."""
    form = InviteForm(request.POST or None, initial={"role": User.Role.OWNER})
    if request.method == "POST" and form.is_valid():
        try:
            invite_user(**form.cleaned_data, by=signed_in(request), now=timezone.now())
        except UserError as error:
            form.add_error("username", str(error))
        else:
            messages.success(request, _("%(email)s gets a mail with a link.") % form.cleaned_data)
            return redirect("users")
    codes = TOTPDevice.objects.filter(user_id=OuterRef("pk"), confirmed=True)
    found = User.objects.annotate(has_second_factor=Exists(codes)).order_by("username")
    page = one_page(request, found)
    context = {"page": page, "form": form, "roles": User.Role.choices}
    return render(request, "surveys/staff/users.html", context, status=422 if form.errors else 200)


@open_to(administering)
@require_POST
def user_change(request: HttpRequest, key: int) -> HttpResponse:
    """Change the role of a user, switch the account, reset its second factor, or invite again."""
    found = get_object_or_404(User, pk=key)
    if "again" in request.POST:
        mail_welcome(found, now=timezone.now())
        messages.success(request, _("%(email)s gets a new link.") % {"email": found.email})
    elif "reset" in request.POST:
        _reset(request, found)
    else:
        _change(request, found)
    return redirect("users")


def _reset(request: HttpRequest, user: User) -> None:
    name = {"name": user.username}
    if remove_second_factor(user, by=signed_in(request), now=timezone.now()):
        messages.success(
            request, _("%(name)s signs in without a second factor and can set up a new one.") % name
        )
    else:
        messages.error(request, _("%(name)s has no second factor.") % name)


def _change(request: HttpRequest, user: User) -> None:
    form = ChangeForm(request.POST)
    if not form.is_valid():
        return
    try:
        change_user(user, **form.cleaned_data, by=signed_in(request), now=timezone.now())
    except UserError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s is changed.") % {"name": user.username})


@open_to(administering)
@require_safe
def audit_log(request: HttpRequest) -> HttpResponse:
    """Show what was done, newest first: the configuration by default, or what `show` names.

    "support" are changes in Django's administration, "readings" comments read with names and numbers in them.
    """
    shown = request.GET.get("show", "")
    found = _LOGS.get(shown, _LOGS[""])()
    context = {
        "page": one_page(request, found),
        "shown": shown if shown in _LOGS else "",
        "tabs": [
            ("", _("Configuration")),
            ("support", _("Django's administration")),
            ("readings", _("Comments read")),
        ],
    }
    return render(request, "surveys/staff/audit_log.html", context)


# Rows are only ever added, so the newest has the highest number.
_LOGS: dict[str, Callable[[], QuerySet[Any]]] = {
    "": lambda: ConfigurationChange.objects.select_related("actor"),
    "support": lambda: LogEntry.objects.select_related("user", "content_type").order_by("-pk"),
    "readings": lambda: CommentReading.objects.select_related("user", "service").order_by("-pk"),
}
