"""Sending rules: look at the newest version, try changes on last month, adopt them as the next version."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from surveys.engine.eligibility import EXCLUSIONS
from surveys.models import Decision, SendingRule, Survey, SurveyVersion
from surveys.services.preview_rule import Preview, preview_rule
from surveys.services.sending_rules import RuleError, adopt_rule, draft_rule
from xla_service.access import open_to, setting_up
from xla_service.navigation import Section, declare_page

declare_page(
    "sending-rules", "Sending rules", Section.ASKING, rule=setting_up, pages=["sending-rule"], order=20
)

LOOKED_AT = timedelta(days=30)


class LinesField(forms.CharField):
    """A list of texts, one per line."""

    widget = forms.Textarea(attrs={"rows": 3})

    def prepare_value(self, value: Any) -> Any:
        """Return the list as lines."""
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        """Return the lines as a list, without empty ones."""
        return [line.strip() for line in str(value or "").splitlines() if line.strip()]


class RuleForm(forms.ModelForm):
    """The next version of a rule."""

    kinds = forms.MultipleChoiceField(
        label=gettext_lazy("Kinds of ticket"),
        choices=[("incident", gettext_lazy("Incidents")), ("request", gettext_lazy("Requests"))],
        widget=forms.CheckboxSelectMultiple,
    )
    groups = LinesField(
        label=gettext_lazy("Only these groups"),
        required=False,
        help_text=gettext_lazy("One per line; empty: all."),
    )
    groups_left_out = LinesField(
        label=gettext_lazy("Not these groups"), required=False, help_text=gettext_lazy("One per line.")
    )
    automatic_codes = LinesField(label=gettext_lazy("Resolved by itself: codes that contain"), required=False)
    automatic_resolvers = LinesField(label=gettext_lazy("Resolved by itself: resolvers"), required=False)
    duplicate_codes = LinesField(label=gettext_lazy("Duplicate: codes that contain"), required=False)
    exclusion_order = LinesField(
        label=gettext_lazy("Order of the rules"),
        widget=forms.Textarea(attrs={"rows": len(EXCLUSIONS)}),
        help_text=format_lazy(
            "{words} {keys}",
            words=gettext_lazy("Read from the top; the first that applies gives the reason."),
            keys=", ".join(EXCLUSIONS),
        ),
    )

    class Meta:
        model = SendingRule
        exclude = ("survey", "number", "created_at")
        labels = {
            "delay_minutes": gettext_lazy("Survey delay in minutes"),
            "counts_working_time": gettext_lazy("Count working time only"),
            "requests_wait_for_morning": gettext_lazy("Requests wait for the next working morning"),
            "working_days": gettext_lazy("Working days"),
            "works_from": gettext_lazy("Working hours from"),
            "works_until": gettext_lazy("Working hours until"),
            "quiet_from": gettext_lazy("Nobody is mailed from"),
            "quiet_until": gettext_lazy("Nobody is mailed until"),
            "rest_days": gettext_lazy("Rest after any survey, days"),
            "survey_rest_days": gettext_lazy("Rest after this survey, days"),
            "extra_rest_days": gettext_lazy("One survey more at most every, days"),
            "share": gettext_lazy("Share of tickets to ask about"),
            "resting_share": gettext_lazy("Share while resting"),
            "resting_share_after_failure": gettext_lazy(
                "Share while resting, after a repeat contact or reopening"
            ),
            "quarter_cap": gettext_lazy("Surveys per person and quarter"),
            "siblings_asked": gettext_lazy("Tickets of one incident to ask about"),
        }
        widgets = {
            name: forms.TimeInput(format="%H:%M", attrs={"type": "time"})
            for name in ("works_from", "works_until", "quiet_from", "quiet_until")
        }


# The form in the order in which an admin thinks about it.
GROUPS = (
    (
        gettext_lazy("When"),
        (
            "delay_minutes",
            "working_days",
            "works_from",
            "works_until",
            "quiet_from",
            "quiet_until",
            "counts_working_time",
            "requests_wait_for_morning",
        ),
    ),
    (
        gettext_lazy("About what"),
        ("kinds", "groups", "groups_left_out", "automatic_codes", "automatic_resolvers", "duplicate_codes"),
    ),
    (
        gettext_lazy("How often"),
        (
            "share",
            "rest_days",
            "survey_rest_days",
            "extra_rest_days",
            "resting_share",
            "resting_share_after_failure",
            "quarter_cap",
            "siblings_asked",
            "exclusion_order",
        ),
    ),
)


@require_safe
@open_to(setting_up)
def sending_rules(request: HttpRequest) -> HttpResponse:
    """List the surveys with the rule in force and how many decisions each version made."""
    rules = SendingRule.objects.select_related("survey").annotate(decided=Count("decisions"))
    return render(request, "surveys/staff/rules.html", {"rules": rules.order_by("survey__name", "-number")})


@open_to(setting_up)
def sending_rule(request: HttpRequest, survey: str) -> HttpResponse:
    """Show the newest rule of a survey; preview changes without writing, or adopt them."""
    found = get_object_or_404(Survey, key=survey)
    newest = SendingRule.objects.filter(survey=found).order_by("number").last()
    form = RuleForm(request.POST or None, instance=newest or SendingRule(survey=found, number=0))
    context: dict[str, Any] = {"survey": found, "newest": newest, "form": form}
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            if "adopt" in request.POST:
                rule = adopt_rule(found, form.cleaned_data, now=now)
                messages.success(
                    request, _("Version %(number)s decides from now on.") % {"number": rule.number}
                )
                return redirect("sending-rule", survey=survey)
            context |= _previewed(found, form.cleaned_data, now)
        except RuleError as error:
            form.add_error(None, str(error))
    context["groups"] = [(title, [form[name] for name in names]) for title, names in GROUPS]
    return render(request, "surveys/staff/rule.html", context, status=400 if form.errors else 200)


def _previewed(survey: Survey, changes: dict[str, Any], now: datetime) -> dict[str, Any]:
    version = survey.versions.filter(published_at__isnull=False).order_by("number").last()
    if version is None:
        raise RuleError("This survey has no published version yet: publish one, then preview.")
    starts_at = now - LOOKED_AT
    preview = preview_rule(draft_rule(survey, changes, now=now), version, starts_at=starts_at, ends_at=now)
    return {"preview": preview, "rows": _beside(preview, version)}


def _beside(preview: Preview, version: SurveyVersion) -> list[tuple[str, int, int]]:
    """Return by reason what the rule would have decided and what was decided, most frequent first."""
    decided = Decision.objects.filter(
        resolution__service__survey=version.survey_id,
        resolution__resolved_at__gte=preview.starts_at,
        resolution__resolved_at__lt=preview.ends_at,
    )
    was = dict(decided.values("reason").annotate(count=Count("pk")).values_list("reason", "count"))
    would = {key: count for key, _, count in preview.by_reason}
    keys = sorted(was.keys() | would.keys(), key=lambda key: (-would.get(key, 0), key))
    return [(str(Decision.Reason(key).label), would.get(key, 0), was.get(key, 0)) for key in keys]
