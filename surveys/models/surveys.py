"""Surveys: what is asked, in which words, of whom. A version that was used never changes."""

from __future__ import annotations

from datetime import time
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from surveys.engine.eligibility import EXCLUSIONS
from surveys.models.constraints import one_of, within


class Survey(models.Model):
    """A survey under one name through all its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name

    def published_version(self) -> SurveyVersion | None:
        """Return the version that new invitations ask; None before the first was published."""
        return self.versions.published().last()

    def draft(self) -> SurveyVersion | None:
        """Return the version that is being designed; None when nothing is."""
        return self.versions.drafts().last()

    def worked_on(self) -> SurveyVersion | None:
        """Return the version that staff look at, with its questions: the draft, else the published one."""
        versions = self.versions.prefetch_related("questions")
        return versions.drafts().last() or versions.published().last()

    def rule_in_force(self) -> SendingRule | None:
        """Return the newest sending rule, which decides whom this survey asks."""
        return self.rules.order_by("number").last()


class SurveyVersionQuerySet(models.QuerySet["SurveyVersion"]):
    """The predicates of versions."""

    def published(self) -> Self:
        """Return the published versions, in order: of each survey the last one is asked."""
        return self.filter(published_at__isnull=False).order_by("number")

    def drafts(self) -> Self:
        """Return the versions that are being designed."""
        return self.filter(published_at=None).order_by("number")


class SurveyVersionMode(models.TextChoices):
    """Who reads the answers, told to the respondent on the page."""

    NAMED = "named", gettext_lazy("Named")
    CONFIDENTIAL = "confidential", gettext_lazy("Confidential")
    ANONYMOUS = "anonymous", gettext_lazy("Anonymous")


class SurveyVersion(models.Model):
    """The questions and promises as one set of respondents saw them."""

    Mode = SurveyVersionMode

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=14, choices=Mode.choices, default=Mode.NAMED)
    open_days = models.PositiveSmallIntegerField(default=6)
    reminder_days = models.PositiveSmallIntegerField(default=2)
    # Empty: a draft, of which a survey has at most one. Only drafts change.
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.CharField(max_length=300, blank=True)

    objects = SurveyVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="survey_version_number"),
            one_of("mode", SurveyVersionMode, name="survey_version_mode"),
        ]

    @property
    def scale(self) -> str:
        """The scale of its rating, by key."""
        kinds = {question.kind: question for question in self.questions.all()}
        return kinds[QuestionKind.RATING].scale


class QuestionKind(models.TextChoices):
    """What kind of answer is asked for."""

    RATING = "rating", gettext_lazy("Rating")
    SOLVED = "solved", gettext_lazy("Was it really solved?")
    REASONS = "reasons", gettext_lazy("Reasons")
    LOST_TIME = "lost_time", gettext_lazy("Lost time")
    COMMENT = "comment", gettext_lazy("Comment")


class QuestionScale(models.TextChoices):
    """The scale of a rating."""

    SATISFACTION = "satisfaction", gettext_lazy("1-5 satisfaction")
    HAPPINESS = "happiness", gettext_lazy("0-10 happiness")
    EFFORT = "effort", gettext_lazy("1-7 effort")
    NONE = "", gettext_lazy("No scale")


class Question(models.Model):
    """One question of a survey version. Wording and options carry one text per language code."""

    Kind = QuestionKind
    Scale = QuestionScale

    version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="questions")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=Kind.choices)
    scale = models.CharField(max_length=12, choices=Scale.choices, blank=True, default=Scale.NONE)
    wording = models.JSONField(
        default=dict, help_text='{"en": "How did we do?"}; empty: the built-in wording.'
    )
    options = models.JSONField(
        default=list, help_text='Reasons: [{"key": "slow", "band": "low", "wording": {"en": "..."}}]'
    )

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["version", "position"], name="question_position"),
            models.UniqueConstraint(
                fields=["version"], condition=Q(kind="rating"), name="question_one_rating"
            ),
            one_of("kind", QuestionKind, name="question_kind"),
            one_of("scale", QuestionScale, name="question_scale"),
        ]


def every_kind() -> list[str]:
    """Return the kinds of ticket that a new rule asks about."""
    return ["incident", "request"]


def automatic_codes() -> list[str]:
    """Return the resolution codes by which a new rule knows tickets that closed by themselves."""
    return ["automatic", "auto-closed", "auto closed", "no response", "cleared by itself"]


def automatic_resolvers() -> list[str]:
    """Return the resolvers that are no people."""
    return ["system"]


def duplicate_codes() -> list[str]:
    """Return the resolution codes by which a new rule knows duplicates."""
    return ["duplicate"]


def exclusion_order() -> list[str]:
    """Return the exclusions in the order in which a new rule reads them."""
    return [reason.value for reason in EXCLUSIONS]


class SendingRule(models.Model):
    """When and whom to ask, as one version; every decision names the version it followed.

    Hours, days and quiet hours are local to the person asked.
    """

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="rules")
    number = models.PositiveIntegerField()
    delay_minutes = models.PositiveIntegerField(default=240)
    counts_working_time = models.BooleanField(default=True)
    requests_wait_for_morning = models.BooleanField(default=True)
    working_days = models.CharField(
        max_length=7, default="12345", help_text=gettext_lazy("1 is Monday, 7 is Sunday.")
    )
    works_from = models.TimeField(default=time(8))
    works_until = models.TimeField(default=time(17))
    quiet_from = models.TimeField(null=True, blank=True, default=time(20))
    quiet_until = models.TimeField(null=True, blank=True, default=time(7))
    kinds = models.JSONField(default=every_kind, blank=True)
    groups = models.JSONField(
        default=list, blank=True, help_text=gettext_lazy("Empty: all assignment groups.")
    )
    groups_left_out = models.JSONField(default=list, blank=True)
    automatic_codes = models.JSONField(default=automatic_codes, blank=True)
    automatic_resolvers = models.JSONField(default=automatic_resolvers, blank=True)
    duplicate_codes = models.JSONField(default=duplicate_codes, blank=True)
    rest_days = models.PositiveSmallIntegerField(default=14)
    survey_rest_days = models.PositiveSmallIntegerField(default=14)
    extra_rest_days = models.PositiveSmallIntegerField(default=7)
    share = models.FloatField(default=1.0)
    resting_share = models.FloatField(default=0.10)
    resting_share_after_failure = models.FloatField(default=0.50)
    quarter_cap = models.PositiveSmallIntegerField(default=6)
    siblings_asked = models.PositiveSmallIntegerField(null=True, blank=True, default=30)
    exclusion_order = models.JSONField(default=exclusion_order, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="sending_rule_number"),
            within("share", 0.000001, 1, name="sending_rule_share"),
            within("resting_share", 0.000001, 1, name="sending_rule_resting_share"),
            within("resting_share_after_failure", 0.000001, 1, name="sending_rule_failure_share"),
            models.CheckConstraint(
                condition=Q(works_from__lt=F("works_until")), name="sending_rule_working_hours"
            ),
            models.CheckConstraint(condition=~Q(working_days=""), name="sending_rule_working_days"),
            models.CheckConstraint(
                condition=Q(quiet_from__isnull=True, quiet_until__isnull=True)
                | Q(quiet_from__isnull=False, quiet_until__isnull=False),
                name="sending_rule_quiet_hours",
            ),
            models.CheckConstraint(
                condition=Q(siblings_asked__isnull=True) | Q(siblings_asked__gte=1),
                name="sending_rule_siblings",
            ),
        ]
