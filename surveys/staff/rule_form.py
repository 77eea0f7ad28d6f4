"""The form of a sending rule: every field says what it does and what follows from it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from surveys.engine.eligibility import EXCLUSIONS
from surveys.models import SendingRule


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """Return the list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines as a list, without empty ones."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether other lines stand there, whatever blanks surround them."""
        return self.to_python(self.prepare_value(initial)) != self.to_python(data)


class PercentField(forms.FloatField):
    """A share of 1, typed in per cent."""

    def __init__(self, **options: Any) -> None:
        attributes = {"step": "any", "min": "0.0001", "max": "100"}
        super().__init__(widget=forms.NumberInput(attrs=attributes), **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the share in per cent; what was typed stays as it was typed."""
        return f"{value * 100:.6g}" if isinstance(value, float) else value

    def to_python(self, value: Any) -> float | None:
        """Return what was typed as a share."""
        percent = super().to_python(value)
        return None if percent is None else percent / 100

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether another share was typed."""
        return str(self.prepare_value(initial)) != str(data).strip()


class DaysField(forms.MultipleChoiceField):
    """Days of the week, kept as digits: "12345" is Monday to Friday."""

    widget = forms.CheckboxSelectMultiple

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=[(str(day + 1), name) for day, name in WEEKDAYS.items()], **options)

    def prepare_value(self, value: Any) -> Any:
        """Return the digits one by one."""
        return list(value) if isinstance(value, str) else value

    def clean(self, value: Any) -> str:
        """Return the chosen days as digits in their order."""
        return "".join(sorted(super().clean(value)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Say whether other days were chosen."""
        return sorted(initial or "") != sorted(data or [])


class RuleForm(forms.ModelForm):
    """The next version of a rule."""

    working_days = DaysField(
        label=_("Working days"), help_text=_("Where the person is. The delay counts on these days.")
    )
    kinds = forms.MultipleChoiceField(
        label=_("Kinds of ticket"),
        choices=[("incident", _("Incidents")), ("request", _("Requests"))],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Others are not asked about."),
    )
    groups = LinesField(
        label=_("Only these assignment groups"),
        required=False,
        help_text=_("One per line, as the ticket system writes them. Empty: all."),
    )
    groups_left_out = LinesField(
        label=_("Never these assignment groups"),
        required=False,
        help_text=_("One per line: for example robots, or teams that serve no people."),
    )
    automatic_codes = LinesField(
        label=_("Resolution codes of tickets that closed by themselves"),
        required=False,
        help_text=_("One per line. A code that contains one of these was no person's work: nobody is asked."),
    )
    automatic_resolvers = LinesField(
        label=_("Resolvers that are no people"),
        required=False,
        help_text=_("One per line. What they resolve counts as closed by itself."),
    )
    duplicate_codes = LinesField(
        label=_("Resolution codes of duplicates"),
        required=False,
        help_text=_("One per line. People are asked about the original alone."),
    )
    share = PercentField(
        label=_("Ask about, % of the tickets"),
        help_text=_("Less than 100 makes a sample by chance; results are weighted back to all tickets."),
    )
    resting_share = PercentField(
        label=_("While resting, ask all the same, %"),
        help_text=_("A small known chance, so that a rest silences nobody altogether."),
    )
    resting_share_after_failure = PercentField(
        label=_("While resting, after a failed fix, %"),
        help_text=_("A larger chance for whoever came back, or whose ticket was reopened."),
    )
    exclusion_order = LinesField(
        label=_("Order of the reasons"),
        widget=forms.Textarea(attrs={"rows": len(EXCLUSIONS)}),
        help_text=_("Read from the top; the first that applies is the reason why somebody was not asked."),
    )

    class Meta:
        model = SendingRule
        exclude = ("survey", "number", "created_at")
        labels = {
            "delay_minutes": _("Survey delay, minutes"),
            "counts_working_time": _("Count working time only"),
            "requests_wait_for_morning": _("Requests wait for the next working morning"),
            "works_from": _("Working hours from"),
            "works_until": _("Working hours until"),
            "quiet_from": _("Nobody is mailed from"),
            "quiet_until": _("Nobody is mailed until"),
            "rest_days": _("Rest after any survey, days"),
            "survey_rest_days": _("Rest after this survey, days"),
            "extra_rest_days": _("Rest after having been asked while resting, days"),
            "quarter_cap": _("Surveys per person and quarter, at most"),
            "siblings_asked": _("Tickets of one incident to ask about"),
        }
        help_texts = {
            "delay_minutes": _(
                "From the resolution to the mail. 240 is four hours: time to notice that it does not work."
            ),
            "counts_working_time": _(
                "Four hours after 16:00 is then 11:00 on the next day, when people work from 8:00 to 17:00."
            ),
            "requests_wait_for_morning": _("Who ordered something needs time to unpack and try it."),
            "works_from": _("Where the person is."),
            "works_until": _("Where the person is."),
            "quiet_from": _("Mail waits in these hours. Leave both times empty for none."),
            "quiet_until": _("Where the person is."),
            "rest_days": _("Within so many days nobody is asked again, apart from the chances below."),
            "survey_rest_days": _("The same, for this survey alone."),
            "extra_rest_days": _("Whoever was asked while resting is left alone for so long."),
            "quarter_cap": _("Whatever else applies."),
            "siblings_asked": _(
                "One outage can bring hundreds of tickets; so many of them are drawn. Empty: all."
            ),
        }
        widgets = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            for name in ("works_from", "works_until", "quiet_from", "quiet_until")
        }


# The form in the order in which an admin thinks about it.
GROUPS = (
    (
        _("When"),
        _("When the mail goes out, by the clock of the person who gets it."),
        ("delay_minutes", "counts_working_time", "requests_wait_for_morning", "working_days", "works_from",
         "works_until", "quiet_from", "quiet_until"),
    ),
    (
        _("About what"),
        _("Which tickets are worth a question. What is left out here leaves the population, too."),
        ("kinds", "groups", "groups_left_out", "automatic_codes", "automatic_resolvers", "duplicate_codes"),
    ),
    (
        _("How often"),
        _("So that nobody is asked too often, and failed fixes are heard all the same."),
        ("share", "quarter_cap", "rest_days", "survey_rest_days", "resting_share",
         "resting_share_after_failure", "extra_rest_days", "siblings_asked"),
    ),
    (
        _("Why somebody was not asked"),
        _("More than one reason may apply; this order says which one is told."),
        ("exclusion_order",),
    ),
)  # fmt: skip
