"""API keys, for administrators: make one, see which are used, revoke."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Case, F, Value, When
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from surveys.models import ApiKey, User
from surveys.services.api_keys import create_key, revoke_key
from xla_service.access import administering, open_to, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page
from xla_service.paging import one_page

declare_page("api-keys", gettext_lazy("API keys"), Section.ADMINISTRATION, rule=administering, order=25)


class ApiKeyForm(forms.Form):
    """What a key is for, what it may do, on whose behalf, and until when."""

    name = forms.CharField(
        max_length=80, error_messages={"required": gettext_lazy("Name the program that will use the key.")}
    )
    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True).order_by("username"),
        empty_label=gettext_lazy("Choose a user"),
        error_messages={
            "required": gettext_lazy("Choose on whose behalf the key acts."),
            "invalid_choice": gettext_lazy("Choose a user whose account is on."),
        },
    )
    scopes = forms.MultipleChoiceField(
        choices=ApiKey.Scope.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Tick at least one thing that the key may do.")},
    )
    expires_on = forms.DateField(
        required=False, error_messages={"invalid": gettext_lazy("Write a date such as 2027-01-31.")}
    )

    def clean_expires_on(self) -> date | None:
        """Refuse a day that is over."""
        day: date | None = self.cleaned_data["expires_on"]
        if day is not None and day <= organisation_day():
            raise forms.ValidationError(_("Choose a day after today."))
        return day


@open_to(administering)
@never_cache
@require_http_methods(["GET", "POST"])
def api_keys(request: HttpRequest) -> HttpResponse:
    """List the keys; POST makes one and shows it, this once."""
    form = ApiKeyForm(request.POST or None)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        context |= _created(form, signed_in(request))
    now = timezone.now()
    state = Case(When(revoked_at=None, then=Value(0)), default=Value(1))
    keys = ApiKey.objects.select_related("user").order_by(state, F("created_at").desc(), "-pk")
    context["page"] = one_page(request, keys)
    context["now"] = now
    context["schema_path"] = "/api/v1/schema/"
    return render(request, "surveys/staff/api_keys.html", context, status=422 if form.errors else 200)


def _created(form: ApiKeyForm, by: User) -> dict[str, Any]:
    given = form.cleaned_data
    key, plain = create_key(
        name=given["name"],
        scopes=given["scopes"],
        user=given["user"],
        expires_at=_end_of(given["expires_on"]),
        by=by,
        now=timezone.now(),
    )
    return {"created": key, "plain": plain, "form": ApiKeyForm()}


def _end_of(day: date | None) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.max)) if day else None


@open_to(administering)
@require_POST
def api_key_revoke(request: HttpRequest, key: int) -> HttpResponse:
    """End a key for good."""
    found = get_object_or_404(ApiKey, pk=key)
    if revoke_key(found, by=signed_in(request), now=timezone.now()):
        messages.success(request, _("%(name)s is revoked. It opens nothing any more.") % {"name": found.name})
    else:
        messages.error(request, _("%(name)s was revoked before.") % {"name": found.name})
    return redirect("api-keys")
