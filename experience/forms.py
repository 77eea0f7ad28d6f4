"""The forms of the judging side; what they say on an error tells what to do."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from experience.services.improvements import Plan
from surveys.models import User

REASON_MISSING = "Say why this is not a problem: the next reader will want to know."


class ReasonForm(forms.Form):
    """Why a gap is not a problem."""

    reason = forms.CharField(
        max_length=500,
        error_messages={
            "required": REASON_MISSING,
            "max_length": "Keep the reason under 500 characters.",
        },
    )


class AssignForm(forms.Form):
    """To whom a gap is given."""

    to = forms.ModelChoiceField(
        User.objects.none(),
        error_messages={
            "required": "Choose somebody.",
            "invalid_choice": "Choose somebody who looks after this service.",
        },
    )

    def __init__(self, *args: Any, people: list[User], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].queryset = User.objects.filter(pk__in=[user.pk for user in people])  # type: ignore[attr-defined]


class PlanForm(AssignForm):
    """An action: what, how, who, by when, and what it should change."""

    what = forms.CharField(max_length=200, error_messages={"required": "Say in one line what will be done."})
    how = forms.CharField(required=False, max_length=4000)
    due_on = forms.DateField(
        error_messages={"required": "Say by when.", "invalid": "Write the day as 2026-05-31."}
    )
    expected_points = forms.FloatField(
        min_value=0.5,
        max_value=100,
        error_messages={
            "required": "Say how many points better it should get. Then you can tell whether it worked.",
            "min_value": "An action that changes less than half a point cannot be seen.",
            "max_value": "The score ends at 100.",
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
        error_messages={"required": "Say on which day.", "invalid": "Write it as 2026-05-31."}
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_on(self) -> date:
        """Return the day; one to come cannot have been."""
        on: date = self.cleaned_data["on"]
        if on > self.today:
            raise forms.ValidationError("This day is still to come. Say it when it is done.")
        return on
