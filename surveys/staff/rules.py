"""Sending rules: look at the newest version, try changes on last month, adopt them as the next version."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from surveys.engine.eligibility import EXCLUSIONS
from surveys.models import Decision, SendingRule, Survey, SurveyVersion
from surveys.services.preview_rule import Preview, preview_rule
from surveys.services.sending_rules import RuleError, adopt_rule, draft_rule
from surveys.staff.rule_form import GROUPS, RuleForm
from xla_service.access import open_to, setting_up, signed_in
from xla_service.navigation import Section, declare_page

declare_page(
    "sending-rules",
    gettext_lazy("Sending rules"),
    Section.ASKING,
    rule=setting_up,
    pages=["sending-rule"],
    order=20,
)

LOOKED_AT = timedelta(days=30)
ASKED = frozenset({Decision.Reason.ASKED.value, Decision.Reason.ASKED_WHILE_RESTING.value})


@dataclass(frozen=True, slots=True)
class Beside:
    """How often one reason applied: as it was, and as it would have been."""

    label: str
    is_asked: bool
    was: int
    would: int

    @property
    def change(self) -> int:
        """Return how many more it would have been."""
        return self.would - self.was


@open_to(setting_up)
@require_safe
def sending_rules(request: HttpRequest) -> HttpResponse:
    """List the surveys with the rule in force and how many decisions each version made."""
    rules = SendingRule.objects.select_related("survey").annotate(decided=Count("decisions"))
    return render(request, "surveys/staff/rules.html", {"rules": rules.order_by("survey__name", "-number")})


@open_to(setting_up)
def sending_rule(request: HttpRequest, survey: str) -> HttpResponse:
    """Show the newest rule of a survey; preview changes without writing, or adopt them."""
    found = get_object_or_404(Survey, key=survey)
    newest, version = found.rule_in_force(), found.published_version()
    form = RuleForm(request.POST or None, instance=newest or SendingRule(survey=found, number=0))
    context: dict[str, Any] = {
        "survey": found,
        "newest": newest,
        "form": form,
        "is_published": version is not None,
        "reasons": [(reason.value, Decision.Reason(reason.value).label) for reason in EXCLUSIONS],
    }
    if request.method == "POST" and form.is_valid():
        now = timezone.now()
        try:
            if "adopt" in request.POST:
                return _adopted(request, found, form, now)
            context |= _previewed(found, version, form.cleaned_data, now) | {"changes": _changes(form)}
        except RuleError as error:
            form.add_error(None, str(error))
    context["groups"] = [(title, words, [form[name] for name in names]) for title, words, names in GROUPS]
    return render(request, "surveys/staff/rule.html", context, status=400 if form.errors else 200)


def _adopted(request: HttpRequest, survey: Survey, form: RuleForm, now: datetime) -> HttpResponse:
    rule = adopt_rule(
        survey,
        form.cleaned_data,
        by=signed_in(request),
        now=now,
        details=_changes(form),
    )
    messages.success(request, _("Version %(number)d decides from now on.") % {"number": rule.number})
    return redirect("sending-rule", survey=survey.key)


def _changes(form: RuleForm) -> list[tuple[str, str, str]]:
    """Return label, before and now of every field that was changed, as the form shows them in English."""
    with translation.override("en"):
        return [
            (
                str(field.label),
                _shown(field, form.get_initial_for_field(field, name)),
                _shown(field, form[name].data),
            )
            for name, field in form.fields.items()
            if name in form.changed_data
        ]


def _shown(field: Any, value: Any) -> str:
    prepared = field.prepare_value(value)
    if isinstance(prepared, bool) or prepared == "on":
        return _("yes") if prepared else _("no")
    if isinstance(prepared, list):
        labels = {str(key): str(label) for key, label in getattr(field, "choices", ())}
        return ", ".join(labels.get(str(each), str(each)) for each in prepared) or "–"
    return ", ".join(str("" if prepared is None else prepared).split("\n")).replace("\r", "") or "–"


def _previewed(
    survey: Survey, version: SurveyVersion | None, changes: dict[str, Any], now: datetime
) -> dict[str, Any]:
    if version is None:
        raise RuleError(_("This survey has no published version yet: publish one, then preview."))
    starts_at = now - LOOKED_AT
    preview = preview_rule(draft_rule(survey, changes, now=now), version, starts_at=starts_at, ends_at=now)
    rows = _beside(preview, version)
    asked_before = sum(row.was for row in rows if row.is_asked)
    return {
        "preview": preview,
        "rows": rows,
        "asked_before": asked_before,
        "more": preview.asked - asked_before,
        "fewer": asked_before - preview.asked,
    }


def _beside(preview: Preview, version: SurveyVersion) -> list[Beside]:
    """Return by reason what was decided and what the rule would have decided: those asked first, then the
    most frequent.
    """
    decided = Decision.objects.filter(
        resolution__service__survey=version.survey_id,
        resolution__resolved_at__gte=preview.starts_at,
        resolution__resolved_at__lt=preview.ends_at,
    )
    was = dict(decided.values("reason").annotate(count=Count("pk")).values_list("reason", "count"))
    would = {key: count for key, _label, count in preview.by_reason}
    keys = sorted(was.keys() | would.keys(), key=lambda key: (key not in ASKED, -would.get(key, 0), key))
    return [
        Beside(str(Decision.Reason(key).label), key in ASKED, was.get(key, 0), would.get(key, 0))
        for key in keys
    ]
