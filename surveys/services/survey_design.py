"""Designing a survey: its draft, publishing, taking back.

A survey has at most one draft, the version that is not published. Publishing freezes it: invitations keep the
version they were asked with, and only a version that nobody was asked with can be taken back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.engine.scales import Band
from surveys.models import Question, SendingRule, Survey, SurveyVersion, User
from surveys.selectors.asking_rules import days_until_closed
from surveys.selectors.designs import Asked, Design, design_of, has_wrong_braces
from surveys.services.audit import record_change
from surveys.services.default_survey import default_questions
from surveys.services.keys import key_of
from xla_service.stored_words import stored

MOST_OPEN_DAYS = 30
MOST_REASONS = 30

# Kept in the audit log in English, and said there in the language of whoever reads it.
_PUBLISHED = stored(gettext_noop("Version %(number)s published"))
_TAKEN_BACK = stored(gettext_noop("Version %(number)s taken back before use"))


class DesignError(ValueError):
    """A design that cannot be saved or published; `problems` say what to correct."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = list(problems)


@transaction.atomic
def create_survey(name: str, *, by: User | None, now: datetime) -> Survey:
    """Make a survey with the usual questions as its draft, and the usual sending rule.

    Raises DesignError for a name without letters and for one that is taken.
    """
    key = key_of(name, kind="survey", longest=60)
    if not key:
        raise DesignError([_("Give the survey a name with at least one letter or digit.")])
    if Survey.objects.filter(key=key).exists():
        raise DesignError([_("There is a survey of this name. Open that one, or choose another name.")])
    survey = Survey.objects.create(key=key, name=name[:120])
    SendingRule.objects.create(survey=survey, number=1, created_at=now)
    version = SurveyVersion.objects.create(survey=survey, number=1)
    Question.objects.bulk_create(default_questions(version))
    record_change(f"survey {key}", "Created", by=by, now=now)
    return survey


def rename_survey(survey: Survey, name: str) -> None:
    """Give a survey another name; an empty one leaves the name it has. Its key stays."""
    words = " ".join(name.split())[:120]
    if words and words != survey.name:
        survey.name = words
        survey.save(update_fields=["name"])


@transaction.atomic
def save_design(survey: Survey, design: Design) -> SurveyVersion | None:
    """Write a design to the survey's draft, made where there is none; None when nothing differs.

    Raises DesignError, naming everything that is wrong.
    """
    if problems := list(_problems(design)):
        raise DesignError(problems)
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    before, draft = survey.worked_on(), survey.draft()
    if before is not None and design_of(before) == design:
        return draft
    draft = draft or SurveyVersion(survey=survey, number=_next_number(survey))
    draft.mode, draft.open_days, draft.reminder_days = design.mode, design.open_days, design.reminder_days
    draft.save()
    _replace_questions(draft, design)
    return draft


def _next_number(survey: Survey) -> int:
    newest: int = survey.versions.aggregate(newest=Max("number"))["newest"] or 0
    return newest + 1


def _replace_questions(draft: SurveyVersion, design: Design) -> None:
    draft.questions.all().delete()
    Question.objects.bulk_create(
        Question(
            version=draft,
            position=position,
            kind=asked.kind,
            scale=asked.scale,
            wording=dict(asked.wording),
            options=list(asked.options),
        )
        for position, asked in enumerate(design.questions, start=1)
    )


def _problems(design: Design) -> Iterator[str]:
    kinds = [asked.kind for asked in design.questions]
    if kinds[:1] != [Question.Kind.RATING] or len(set(kinds)) != len(kinds):
        yield _("The rating comes first, and each question once.")
    if design.mode not in SurveyVersion.Mode.values:
        yield _("Choose who reads the answers.")
    if not 1 <= design.open_days <= MOST_OPEN_DAYS:
        yield _("The survey is open for 1 to %(most)d days.") % {"most": MOST_OPEN_DAYS}
    if design.reminder_days and not 0 < design.reminder_days < design.open_days:
        yield _("The reminder comes before the survey closes: choose fewer days, or 0 for none.")
    rating = design.question(Question.Kind.RATING)
    if rating is not None and rating.scale not in set(Question.Scale.values) - {""}:
        yield _("Choose a scale for the rating.")
    yield from _reason_problems(design)
    for asked in design.questions:
        yield from _brace_problems(asked)


def _reason_problems(design: Design) -> Iterator[str]:
    reasons = design.question(Question.Kind.REASONS)
    if reasons is None:
        return
    if not reasons.options:
        yield _("Offer at least one reason, or leave the question out.")
    if len(reasons.options) > MOST_REASONS:
        yield _("More than %(most)d reasons nobody reads. Take some out.") % {"most": MOST_REASONS}
    if any(option["band"] not in {band.value for band in Band} for option in reasons.options):
        yield _("Say for each reason with which ratings it is offered.")


def _brace_problems(asked: Asked) -> Iterator[str]:
    for code, text in asked.wording:
        if has_wrong_braces(asked.kind, text):
            yield _("Only {ticket} may stand in braces, and only in the rating question.") + f" ({code})"


@transaction.atomic
def discard_draft(survey: Survey) -> bool:
    """Throw the draft away; return whether there was one. The first version of a survey stays a draft."""
    draft = survey.draft()
    if draft is None or survey.published_version() is None:
        return False
    draft.questions.all().delete()
    draft.delete()
    return True


@transaction.atomic
def publish_draft(survey: Survey, *, note: str, by: User | None, now: datetime) -> SurveyVersion:
    """Publish the draft: invitations from now on ask it, earlier ones keep theirs.

    Raises DesignError when there is no draft, and for one that would be open after the results of the day
    of resolution are final.
    """
    Survey.objects.select_for_update(no_key=True).get(pk=survey.pk)
    draft = survey.draft()
    if draft is None:
        raise DesignError([_("Nothing differs from the published version, so there is nothing to publish.")])
    _check_closing(draft)
    draft.published_at, draft.published_by, draft.note = now, by, note[:300]
    draft.save(update_fields=["published_at", "published_by", "note"])
    record_change(f"survey {survey.key}", _PUBLISHED % {"number": draft.number}, by=by, now=now)
    return draft


def _check_closing(draft: SurveyVersion) -> None:
    rule = draft.survey.rule_in_force()
    needed = days_until_closed(rule.delay_minutes if rule else 0, draft.open_days)
    if needed > settings.MATURITY_DAYS:
        raise DesignError(
            [
                _(
                    "With the delay of its sending rule it would be open until %(needed)d days after the "
                    "resolution, but results are final after %(final)d. Choose fewer days."
                )
                % {"needed": needed, "final": settings.MATURITY_DAYS}
            ]
        )


@transaction.atomic
def take_back(version: SurveyVersion, *, by: User | None, now: datetime) -> SurveyVersion:
    """Make a published version a draft again, before anybody was asked with it.

    The version before is asked again. Raises DesignError when it was used, is not the newest or the only one,
    or when another draft stands in its place.
    """
    Survey.objects.select_for_update(no_key=True).get(pk=version.survey_id)
    others = version.survey.versions.exclude(pk=version.pk)
    if version.invitations.exists() or version.responses.exists():
        raise DesignError([_("People were asked with this version, so it stays. Publish the next one.")])
    if others.published().filter(number__gt=version.number).exists():
        raise DesignError([_("A newer version is published already.")])
    if not others.published().exists():
        raise DesignError([_("It is the only one. Publish the next one instead.")])
    if others.drafts().exists():
        raise DesignError([_("There is a newer draft. Discard that first.")])
    version.published_at, version.published_by = None, None
    version.save(update_fields=["published_at", "published_by"])
    record_change(f"survey {version.survey.key}", _TAKEN_BACK % {"number": version.number}, by=by, now=now)
    return version
