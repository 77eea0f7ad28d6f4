"""Making the next version of a survey's sending rule. A rule that decided something never changes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext_lazy

from surveys.engine.eligibility import order_complaint
from surveys.models import SendingRule, Survey, SurveyVersion
from surveys.selectors.asking_rules import plan

NOT_COPIED = ("id", "survey", "number", "created_at")


ADVICE = gettext_lazy(
    "Shares lie above 0 and at most at 1; quiet hours need both times; counts are whole numbers."
)


class RuleError(ValueError):
    """A rule that cannot work; the text says what to change."""


def draft_rule(survey: Survey, changes: Mapping[str, Any], *, now: datetime) -> SendingRule:
    """Return the next version of a survey's rule, unsaved: the newest one with these changes.

    Raises RuleError when it cannot work.
    """
    newest = SendingRule.objects.filter(survey=survey).order_by("number").last() or SendingRule(number=0)
    values = model_to_dict(newest, exclude=NOT_COPIED)
    unknown = sorted(changes.keys() - values.keys())
    if unknown:
        raise RuleError(f"A rule has no {unknown[0]!r}. It has: {', '.join(values)}.")
    values |= changes
    draft = SendingRule(survey=survey, number=newest.number + 1, created_at=now, **values)
    _check(draft, survey)
    return draft


def _check(draft: SendingRule, survey: Survey) -> None:
    try:
        draft.clean_fields(exclude=("survey",))
        complaint = order_complaint(draft.exclusion_order)
        plan(SurveyVersion(survey=survey), draft)
        draft.validate_constraints(exclude=("survey",))
    except ValidationError as error:
        raise RuleError(f"{' '.join(error.messages)} {ADVICE}") from error
    except (ValueError, TypeError, AttributeError) as error:  # a list where a text belongs, or none at all
        raise RuleError(str(error)) from error
    if complaint:
        raise RuleError(complaint)


@transaction.atomic
def adopt_rule(survey: Survey, changes: Mapping[str, Any], *, now: datetime) -> SendingRule:
    """Store the next version of a survey's rule; it decides from now on. Raises RuleError."""
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    draft = draft_rule(survey, changes, now=now)
    draft.save()
    return draft
