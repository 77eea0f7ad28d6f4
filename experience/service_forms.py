"""The forms of the catalogue: what is known about a service, and what its SLA promises."""

from __future__ import annotations

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from experience.forms import SHARE_LIMITS, OwnerField, users_to_choose
from experience.models import Sla
from experience.selectors.set_up import asking_surveys
from experience.services.slas import SlaPromise
from surveys.models import BusinessService, User
from surveys.services.change_service import ServiceFacts, facts_of
from surveys.staff.rule_form import PercentField

MINUTES_PER_HOUR = 60


class _TeamField(forms.ModelMultipleChoiceField):
    def label_from_instance(self, obj: User) -> str:  # type: ignore[override]
        return obj.called


class ServiceForm(forms.Form):
    """Everything about a service that people who set up may change; its key stays, addresses hold it."""

    name = forms.CharField(
        label=_("Name"),
        max_length=120,
        help_text=_("What people call it."),
        error_messages={"required": _("A service needs a name.")},
    )
    lifecycle = forms.ChoiceField(
        label=_("Where it is in its life"),
        choices=BusinessService.Lifecycle.choices,
        help_text=_("Only live services are asked about and judged. A retired one keeps its past."),
    )
    owner = OwnerField(help_text=_("Sees the service, hears of a new gap, and acts on it."))
    supplier = forms.CharField(
        label=_("Supplier"), max_length=120, required=False, help_text=_("All pages filter by it.")
    )
    value_stream = forms.ChoiceField(
        label=_("Value stream"),
        choices=BusinessService.ValueStream.choices,
        help_text=_("The KPI tree counts it there."),
    )
    survey = forms.ModelChoiceField(
        asking_surveys().none(),
        label=_("Survey"),
        required=False,
        empty_label=_("Nobody is asked"),
        help_text=_("Asked after each resolved ticket, as its sending rule says."),
    )
    user_count = forms.IntegerField(
        label=_("How many people use it"),
        required=False,
        min_value=1,
        max_value=100_000_000,
        help_text=_("From today on. Without it nothing is told per user."),
    )
    hour_cost = forms.DecimalField(
        label=_("What a lost hour costs"),
        required=False,
        min_value=0,
        max_digits=8,
        decimal_places=2,
        help_text=_("Makes money of lost working time. Empty: what XLA_COST_PER_LOST_HOUR says."),
    )
    time_zone = forms.ChoiceField(
        label=_("Time zone"), help_text=_("Its days are cut in it; a change holds from the next period.")
    )
    description = forms.CharField(
        label=_("Description"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
    team = _TeamField(
        User.objects.none(),
        label=_("Team"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("See what the owner sees, and act on gaps too."),
    )

    def __init__(self, data: Any, *, service: BusinessService) -> None:
        facts = facts_of(service)
        super().__init__(data, initial={name: getattr(facts, name) for name in facts.__slots__})
        self.service = service
        self.fields["owner"].offer(facts.owner)  # type: ignore[attr-defined]
        self.fields["team"].queryset = users_to_choose(facts.team)  # type: ignore[attr-defined]
        self.fields["survey"].queryset = asking_surveys()  # type: ignore[attr-defined]
        zones = sorted(available_timezones() | {service.time_zone})
        self.fields["time_zone"].choices = list(zip(zones, zones, strict=True))  # type: ignore[attr-defined]

    def clean_name(self) -> str:
        """Return the name; two services of one name cannot be told apart."""
        name: str = self.cleaned_data["name"]
        if BusinessService.objects.filter(name__iexact=name).exclude(pk=self.service.pk).exists():
            raise forms.ValidationError(_now("Another service has this name. Choose one of its own."))
        return name

    def facts(self) -> ServiceFacts:
        """Return what a valid form says."""
        typed = self.cleaned_data
        return ServiceFacts(**{**typed, "team": frozenset(typed["team"])})


class SlaForm(forms.Form):
    """One promise of a service-level agreement."""

    kind = forms.ChoiceField(label=_("What is promised"), choices=Sla.Kind.choices)
    target_share = PercentField(label=_("At least, %"), **SHARE_LIMITS)
    valid_from = forms.DateField(
        label=_("Holds from"),
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
        help_text=_("Weeks and months that end on this day or later are judged by it."),
        error_messages={"required": _("Say from when on."), "invalid": _("Write the day as 2026-05-31.")},
    )
    limit_hours = forms.FloatField(
        label=_("Within hours"),
        required=False,
        min_value=0.01,
        max_value=10_000,
        help_text=_("Empty: the ticket system's own verdict counts. A first response needs a limit."),
    )
    priority = forms.IntegerField(
        label=_("Only priority"),
        required=False,
        min_value=1,
        max_value=9,
        help_text=_("Empty: all tickets. The portfolio compares with that one."),
    )

    def clean(self) -> dict[str, Any]:
        """Refuse a limit or priority where nothing has one, and a first response without a limit."""
        typed = super().clean() or {}
        kind, limit = typed.get("kind"), typed.get("limit_hours")
        if kind == Sla.Kind.RESPONSE and limit is None and "limit_hours" not in self.errors:
            self.add_error("limit_hours", _now("Say within how many hours people hear first."))
        if kind in (Sla.Kind.AVAILABILITY, Sla.Kind.RESPONSE_TIME):
            for name in ("limit_hours", "priority"):
                if typed.get(name) is not None:
                    self.add_error(name, _now("Monitors measure this for everybody: leave it empty."))
        return typed

    def promise(self) -> SlaPromise:
        """Return what a valid form promises."""
        typed = self.cleaned_data
        hours = typed["limit_hours"]
        return SlaPromise(
            target_share=typed["target_share"],
            valid_from=typed["valid_from"],
            kind=typed["kind"],
            priority=typed["priority"],
            limit_minutes=None if hours is None else max(1, round(hours * MINUTES_PER_HOUR)),
        )
