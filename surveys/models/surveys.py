"""Surveys: what is asked, in which words, of whom. A version that was used never changes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from surveys.models.constraints import one_of, within


class Survey(models.Model):
    """A survey under one name through all its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return self.name


class SurveyVersionMode(models.TextChoices):
    """Who reads the answers, told to the respondent on the page."""

    NAMED = "named", "Named"
    CONFIDENTIAL = "confidential", "Confidential"
    ANONYMOUS = "anonymous", "Anonymous"


class SurveyVersion(models.Model):
    """The questions and promises as one set of respondents saw them."""

    Mode = SurveyVersionMode

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    mode = models.CharField(max_length=14, choices=Mode.choices, default=Mode.NAMED)
    open_days = models.PositiveSmallIntegerField(default=6)
    reminder_days = models.PositiveSmallIntegerField(default=2)
    published_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="survey_version_number"),
            one_of("mode", SurveyVersionMode, name="survey_version_mode"),
        ]


class QuestionKind(models.TextChoices):
    """What kind of answer is asked for."""

    RATING = "rating", "Rating"
    SOLVED = "solved", "Was it really solved?"
    REASONS = "reasons", "Reasons"
    LOST_TIME = "lost_time", "Lost time"
    COMMENT = "comment", "Comment"


class QuestionScale(models.TextChoices):
    """The scale of a rating."""

    SATISFACTION = "satisfaction", "1-5 satisfaction"
    HAPPINESS = "happiness", "0-10 happiness"
    EFFORT = "effort", "1-7 effort"
    NONE = "", "No scale"


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


class SendingRule(models.Model):
    """When and whom to ask, as one version; every decision names the version it followed."""

    survey = models.ForeignKey(Survey, on_delete=models.PROTECT, related_name="rules")
    number = models.PositiveIntegerField()
    delay_minutes = models.PositiveIntegerField(default=240)
    rest_days = models.PositiveSmallIntegerField(default=14)
    share = models.FloatField(default=1.0)
    resting_share = models.FloatField(default=0.10)
    resting_share_after_failure = models.FloatField(default=0.50)
    quarter_cap = models.PositiveSmallIntegerField(default=6)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["survey", "number"], name="sending_rule_number"),
            within("share", 0.000001, 1, name="sending_rule_share"),
            within("resting_share", 0.000001, 1, name="sending_rule_resting_share"),
            within("resting_share_after_failure", 0.000001, 1, name="sending_rule_failure_share"),
        ]
