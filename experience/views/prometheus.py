"""Prometheus queries: which server is asked what about which service, and what came of it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.validators import URLValidator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST

from experience.models import PrometheusQuery
from experience.services.pull_prometheus import PullError, add_query, remove_query, try_query
from surveys.models import BusinessService
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page
from xla_service.stored_words import told

declare_page("prometheus", "Prometheus", Section.DATA, rule=setting_up, order=30)
_ADVICE = gettext_lazy("Write the whole address: https://prometheus.example.org.")


class QueryForm(forms.Form):
    """One query: about which service, where, what is asked, and how the values are read."""

    service = forms.ModelChoiceField(
        BusinessService.objects.none(),
        label=gettext_lazy("Service"),
        empty_label=gettext_lazy("Choose a service"),
        error_messages={"required": gettext_lazy("Choose the service that the values are about.")},
    )
    kind = forms.ChoiceField(choices=PrometheusQuery.Kind.choices, label=gettext_lazy("Values are"))
    address = forms.CharField(
        label=gettext_lazy("Address of Prometheus"),
        max_length=300,
        validators=[URLValidator(schemes=["http", "https"], message=_ADVICE)],
        error_messages={"required": _ADVICE},
        widget=forms.URLInput,
    )
    token = forms.CharField(
        label=gettext_lazy("Bearer token"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Only where your Prometheus asks for one."),
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    expression = forms.CharField(
        label=gettext_lazy("Query"),
        max_length=2000,
        help_text=gettext_lazy('As you would type it in Prometheus: min(probe_success{job="mail"}).'),
        error_messages={"required": gettext_lazy("Write the query in PromQL.")},
        widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data)
        self.fields["service"].queryset = BusinessService.objects.live().order_by("name")  # type: ignore[attr-defined]


@open_to(setting_up)
@require_http_methods(["GET", "HEAD", "POST"])
def prometheus(request: HttpRequest) -> HttpResponse:
    """List the queries; POST asks a new one once, and keeps it when it brings values."""
    form = QueryForm(request.POST or None)
    if request.method == "POST" and form.is_valid() and _kept(request, form):
        return redirect("prometheus")
    found = PrometheusQuery.objects.select_related("service").order_by("service__name", "pk")
    context = {"form": form, "queries": found}
    return render(request, "experience/prometheus.html", context, status=422 if form.errors else 200)


def _kept(request: HttpRequest, form: QueryForm) -> bool:
    query, now = PrometheusQuery(**form.cleaned_data), timezone.now()
    try:
        count = sum(len(line.values) for line in try_query(query, now=now))
    except PullError as error:
        form.add_error(None, told(str(error)))
        return False
    if not count:
        form.add_error("expression", _("It brings no values of the last ten minutes. Try it in Prometheus."))
        return False
    add_query(query, by=signed_in(request), now=now)
    said = ngettext(
        "It is asked every minute from now on; it brought %(count)s value of the last ten minutes.",
        "It is asked every minute from now on; it brought %(count)s values of the last ten minutes.",
        count,
    )
    messages.success(request, said % {"count": count})
    return True


@open_to(setting_up)
@require_POST
def prometheus_remove(request: HttpRequest, key: int) -> HttpResponse:
    """Ask a query no more; what it brought stays."""
    query = get_object_or_404(PrometheusQuery.objects.select_related("service"), pk=key)
    remove_query(query, by=signed_in(request), now=timezone.now())
    messages.success(request, _("Taken away. What was counted stays."))
    return redirect("prometheus")
