"""Making the next version of a survey's sending rule. A rule that decided something never changes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from surveys.engine.eligibility import order_complaint
from surveys.models import SendingRule, Survey, SurveyVersion, User
from surveys.selectors.asking_rules import days_until_closed, plan
from surveys.services.audit import Detail, record_change
from xla_service.stored_words import stored

NOT_COPIED = ("id", "survey", "number", "created_at")
# The log is kept in English and read in anybody's language.
_ADOPTED = stored(gettext_noop("Version %(number)s adopted"))

LONGEST_REST_DAYS = 366
RESTS = ("rest_days", "survey_rest_days", "extra_rest_days")
ADVICE = gettext_lazy(
    "Shares lie above 0 and at most at 1; quiet hours need both times; counts are whole numbers."
)


class RuleError(ValueError):
    """A rule that cannot work; the text says what to change."""


def draft_rule(survey: Survey, changes: Mapping[str, Any], *, now: datetime) -> SendingRule:
    """Return the next version of a survey's rule, unsaved: the newest one with these changes.

    Raises RuleError when it cannot work.
    """
    newest = survey.rule_in_force() or SendingRule(number=0)
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
        if complaint := order_complaint(draft.exclusion_order) or _limit_complaint(draft, survey):
            raise RuleError(complaint)
        plan(SurveyVersion(survey=survey), draft)
        draft.validate_constraints(exclude=("survey",))
    except ValidationError as error:
        raise RuleError(f"{' '.join(error.messages)} {ADVICE}") from error
    # A list where a text belongs, none at all, or a number without end.
    except (ValueError, TypeError, AttributeError, OverflowError) as error:
        raise RuleError(str(error)) from error


def _limit_complaint(draft: SendingRule, survey: Survey) -> str:
    if max(getattr(draft, name) for name in RESTS) > LONGEST_REST_DAYS:
        return _("A rest is at most %(most)d days.") % {"most": LONGEST_REST_DAYS}
    published = survey.published_version()
    needed = days_until_closed(draft.delay_minutes, published.open_days if published else 1)
    if needed <= settings.MATURITY_DAYS:
        return ""
    said = _(
        "With this delay the survey would be open until %(needed)d days after the resolution, but results "
        "are final after %(final)d. Choose a shorter delay."
    )
    return said % {"needed": needed, "final": settings.MATURITY_DAYS}


@transaction.atomic
def adopt_rule(
    survey: Survey,
    changes: Mapping[str, Any],
    *,
    by: User | None = None,
    now: datetime,
    details: Iterable[Detail] = (),
) -> SendingRule:
    """Store the next version of a survey's rule; it decides from now on. Raises RuleError.

    `details` are what the audit log says about it: (field, before, after) in words.
    """
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    draft = draft_rule(survey, changes, now=now)
    draft.save()
    what = _ADOPTED % {"number": draft.number}
    record_change(f"sending rule {survey.key}", what, by=by, now=now, details=details)
    return draft
