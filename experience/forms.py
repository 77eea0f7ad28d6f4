"""The forms of the judging side; what they say on an error tells what to do."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from experience.figures import full_day
from experience.services.agreement_templates import Template, template_of
from experience.services.improvements import Plan
from surveys.engine.ticket_presets import PRESETS
from surveys.models import BusinessService, User
from surveys.services.upload_tickets import MOST_BYTES
from surveys.staff.rule_form import PercentField

REASON_MISSING = _("Say why this is not a problem: the next reader will want to know.")

_OUT_OF_RANGE = _("A promise lies above 0 and is at most 100.")
# What an SLA can promise; the messages say how to write it.
SHARE_LIMITS: dict[str, Any] = {
    "min_value": 0.0001,
    "max_value": 1,
    "error_messages": {
        "required": _("Say which share is promised: 90 for 90 %."),
        "invalid": _("Write it as a number: 90 for 90 %."),
        "min_value": _OUT_OF_RANGE,
        "max_value": _OUT_OF_RANGE,
    },
}


class ReasonForm(forms.Form):
    """Why a gap is not a problem."""

    reason = forms.CharField(
        max_length=500,
        error_messages={
            "required": REASON_MISSING,
            "max_length": _("Keep the reason under 500 characters."),
        },
    )


class OwnerField(forms.ModelChoiceField):
    """Who answers for something: any user whose account is on, and who does so now."""

    def __init__(self, *, help_text: str | Promise = "") -> None:
        super().__init__(
            User.objects.none(),
            label=_("Owner"),
            required=False,
            empty_label=_("Nobody yet"),
            help_text=help_text,
        )

    def label_from_instance(self, obj: User) -> str:  # type: ignore[override]
        """Return how people call the user."""
        return obj.called

    def offer(self, now: User | None) -> None:
        """Offer the users there are, `now` among them."""
        self.queryset = users_to_choose([now] if now else [])


def users_to_choose(now: Iterable[User]) -> QuerySet[User]:
    """Return the users whose account is on and those who are chosen now, by name."""
    found = User.objects.filter(Q(is_active=True) | Q(pk__in=[user.pk for user in now]))
    return found.order_by("first_name", "last_name", "username")


class AssignForm(forms.Form):
    """To whom a gap is given."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        error_messages={
            "required": _("Choose somebody."),
            "invalid_choice": _("Choose somebody who looks after this service."),
        },
    )

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.objects.filter(pk__in=[user.pk for user in people])  # type: ignore[attr-defined]


class PlanForm(AssignForm):
    """An action: what, how, who, by when, and what it should change."""

    what = forms.CharField(
        max_length=200, error_messages={"required": _("Say in one line what will be done.")}
    )
    how = forms.CharField(required=False, max_length=4000)
    due_on = forms.DateField(
        error_messages={
            "required": _("Say by when."),
            "invalid": _("Write the day as 2026-05-31."),
        }
    )
    expected_points = forms.FloatField(
        min_value=0.5,
        max_value=100,
        error_messages={
            "required": _("Say how many points better it should get. Then you can tell whether it worked."),
            "min_value": _("An action that changes less than half a point cannot be seen."),
            "max_value": _("The score ends at 100."),
        },
    )
    notice = forms.CharField(required=False, max_length=300)

    def plan(self) -> Plan:
        """Return the plan of a valid form."""
        values = self.cleaned_data
        return Plan(
            what=values["what"],
            how=values["how"],
            responsible=values["to"],
            due_on=values["due_on"],
            expected_points=values["expected_points"],
            notice=values["notice"],
        )


class DoneForm(forms.Form):
    """The day on which an action was carried out."""

    on = forms.DateField(
        error_messages={
            "required": _("Say on which day."),
            "invalid": _("Write it as 2026-05-31."),
        }
    )

    def __init__(self, *args: Any, earliest: date, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.earliest, self.today = earliest, today

    def clean_on(self) -> date:
        """Return the day; one to come cannot have been, one before what it is compared with tells nothing."""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError(_now("This day is still to come. Say it when it is done."))
        if on < self.earliest:
            raise forms.ValidationError(
                _now("On this day the gap was not there yet. Say a day from %(day)s on."),
                params={"day": full_day(self.earliest)},
            )
        return on


class ServicesForm(forms.Form):
    """Services by name, one per line, or as a CSV file."""

    names = forms.CharField(required=False, max_length=20_000)
    file = forms.FileField(required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse an empty form."""
        typed = super().clean() or {}
        if not typed.get("file") and not typed.get("names", "").strip() and not self.errors:
            self.add_error("names", _now("Write at least one name, or choose a file."))
        return typed


class TicketFileForm(forms.Form):
    """An export of tickets, and how to read it."""

    file = forms.FileField(error_messages={"required": _("Choose the exported file.")})
    source = forms.SlugField(
        max_length=60,
        initial="servicenow",
        error_messages={"invalid": _("Use letters, digits, - and _ only: servicenow, jira, zendesk.")},
    )
    preset = forms.ChoiceField(choices=[(key, key) for key in sorted(PRESETS)], initial="servicenow")
    service_column = forms.CharField(required=False, max_length=60)
    creates_services = forms.BooleanField(required=False, initial=True)

    def clean_file(self) -> UploadedFile:
        """Refuse a file that is too large for an upload."""
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > MOST_BYTES:
            raise forms.ValidationError(
                _now("It is larger than 100 MB. Import it with python manage.py import_tickets FILE.")
            )
        return file


class AdoptForm(forms.Form):
    """Which template for which services, under what name, and whether to measure first."""

    template = forms.CharField(error_messages={"required": _("Choose the template that comes closest.")})
    name = forms.CharField(required=False, max_length=120)
    services = forms.ModelMultipleChoiceField(
        BusinessService.objects.none(),
        to_field_name="key",
        error_messages={
            "required": _("Tick the services it holds for."),
            "invalid_choice": _("One of these services got an agreement meanwhile. Look at the list again."),
        },
    )
    is_baseline = forms.BooleanField(required=False)
    sla_share = PercentField(required=False, **SHARE_LIMITS)

    def __init__(self, *args: Any, services: QuerySet[BusinessService], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["services"].queryset = services  # type: ignore[attr-defined]

    def clean_template(self) -> Template:
        """Return the template itself."""
        found = template_of(self.cleaned_data["template"])
        if found is None:
            raise forms.ValidationError(_now("There is no such template. Choose one of the list."))
        return found
