""" "You said, we did": a form to tell respondents what was improved, and the list of what they read."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from surveys.engine.wording import DEFAULT_LANGUAGE, WORDS
from surveys.models import BusinessService, ServiceNotice
from surveys.services.service_notices import take_notice_back, tell_improvement
from xla_service.access import open_to, setting_up, signed_in
from xla_service.moments import organisation_day
from xla_service.navigation import Section, declare_page

declare_page("notices", "You said, we did", Section.ASKING, rule=setting_up, order=40)

LONGEST = 300
SHOWN = 50


class NoticeForm(forms.Form):
    """One notice: its service, one language's sentence or more, and until when it is shown."""

    service = forms.ModelChoiceField(
        BusinessService.objects.none(),
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("Choose a service"),
    )
    shown_until = forms.DateField(
        required=False, label=gettext_lazy("Shown until"), widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args: Any, services: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["service"].queryset = services  # type: ignore[attr-defined]
        for words in WORDS.values():
            self.fields[f"text_{words.code}"] = forms.CharField(
                label=words.name, max_length=LONGEST, required=words.code == DEFAULT_LANGUAGE
            )

    @property
    def first_fields(self) -> list[forms.BoundField]:
        """Return the fields that every notice has."""
        return [self[name] for name in ("service", f"text_{DEFAULT_LANGUAGE}", "shown_until")]

    @property
    def other_fields(self) -> list[forms.BoundField]:
        """Return the fields of the languages that a notice may have besides."""
        first = {field.name for field in self.first_fields}
        return [field for field in self if field.name not in first]

    @property
    def has_other_errors(self) -> bool:
        """Say whether one of these has to be corrected."""
        return any(field.errors for field in self.other_fields)

    def wording(self) -> dict[str, str]:
        """Return the text of each language that has one."""
        texts = {code: self.cleaned_data[f"text_{code}"].strip() for code in WORDS}
        return {code: text for code, text in texts.items() if text}


@open_to(setting_up)
@require_POST
def notice_take_back(request: HttpRequest, key: int) -> HttpResponse:
    """Show a notice to nobody any more."""
    services = BusinessService.objects.visible_to(request.user)
    found = ServiceNotice.objects.filter(service__in=services).select_related("service")
    take_notice_back(get_object_or_404(found, pk=key), by=signed_in(request), now=timezone.now())
    messages.success(request, _("Taken back. Nobody reads it any more."))
    return redirect("notices")


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def notices(request: HttpRequest) -> HttpResponse:
    """Show what respondents read on the thank-you page; a POST adds a notice."""
    services = BusinessService.objects.visible_to(request.user).live()
    form = NoticeForm(request.POST or None, services=services)
    if request.method == "POST" and form.is_valid():
        tell_improvement(
            form.cleaned_data["service"],
            form.wording(),
            shown_from=organisation_day(),
            shown_until=form.cleaned_data["shown_until"],
            by=signed_in(request),
            now=timezone.now(),
        )
        messages.success(request, _("People who answer about this service read it from now on."))
        return redirect("notices")
    shown = ServiceNotice.objects.filter(service__in=services).select_related("service")
    context = {"form": form, "notices": shown.order_by("-shown_from", "-pk")[:SHOWN], "all": len(WORDS)}
    return render(request, "surveys/staff/notices.html", context)
