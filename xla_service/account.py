"""The reader's own account: the language and the time zone that pages and mails use for them."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from surveys.models import User
from xla_service.access import everyone, open_to


class ReaderForm(forms.Form):
    """How somebody wants to read; empty follows the browser."""

    language = forms.ChoiceField(label=gettext_lazy("Language"), required=False)
    time_zone = forms.ChoiceField(label=gettext_lazy("Time zone"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        browser = ("", _("As this browser says"))
        zones = sorted(available_timezones())
        self.fields["language"].choices = [browser, *settings.LANGUAGES]  # type: ignore[attr-defined]
        self.fields["time_zone"].choices = [browser, *zip(zones, zones, strict=True)]  # type: ignore[attr-defined]


@open_to(everyone)
@require_http_methods(["GET", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show language and time zone; POST keeps them."""
    user = request.user
    assert isinstance(user, User)
    chosen = {"language": user.language, "time_zone": user.time_zone}
    form = ReaderForm(request.POST or None, initial=chosen)
    if request.method == "POST" and form.is_valid():
        user.language, user.time_zone = form.cleaned_data["language"], form.cleaned_data["time_zone"]
        user.save(update_fields=["language", "time_zone"])
        with translation.override(user.language or translation.get_language_from_request(request)):
            messages.success(request, _("Saved. Pages and mails speak your language from now on."))
        return redirect("account")
    return render(request, "account.html", {"form": form})
