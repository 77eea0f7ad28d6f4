"""What came back: responses, every answer sent, the reasons ticked, and the sentiment of comments."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.engine.answer_rows import LONGEST_LOST_TIME
from surveys.models.asking import Invitation, Visit
from surveys.models.catalogue import BusinessService, RowsOfServices
from surveys.models.constraints import one_of, within
from surveys.models.surveys import Question, SurveyVersion
from surveys.models.tickets import Resolution


class ResponseQuerySet(models.QuerySet["Response"]):
    """Reads of responses."""

    def accepted(self) -> Self:
        """Return the responses that count; provisional and set-apart ones affect nothing, and two kinds are
        kept apart: always-open feedback, which nobody was asked for, and samples of the silent.
        """
        apart = (Response.Channel.OPEN, Response.Channel.SILENT)
        return self.filter(state=Response.State.ACCEPTED).exclude(channel__in=apart)

    def to_read(self) -> Self:
        """Return the answers whose comment the sentiment model of its day has still to read."""
        return self.accepted().filter(is_comment_read=False).exclude(comment="")

    def anonymous(self) -> Self:
        """Return the answers that hold a service and an ISO week, and neither person nor ticket."""
        return self.exclude(iso_week="")

    def feedback(self) -> Self:
        """Return the always-open feedback."""
        return self.filter(channel=Response.Channel.OPEN)


class ResponseState(models.TextChoices):
    """Provisional until there is evidence of a person; set apart answers are kept with the reason."""

    PROVISIONAL = "provisional", gettext_lazy("Provisional")
    ACCEPTED = "accepted", gettext_lazy("Accepted")
    SET_APART = "set_apart", gettext_lazy("Set apart")


class ResponseChannel(models.TextChoices):
    """How the answer reached us."""

    INVITATION = "invitation", gettext_lazy("Invitation")
    IMPORTED = "imported", gettext_lazy("Imported")
    OPEN = "open", gettext_lazy("Always-open feedback")
    SILENT = "silent", gettext_lazy("Sample of those who had not answered")


class Response(models.Model):
    """One answered survey. Ratings stay on their own scale."""

    State = ResponseState
    Channel = ResponseChannel

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="responses")
    survey_version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="responses")
    invitation = models.OneToOneField(
        Invitation, null=True, blank=True, on_delete=models.PROTECT, related_name="response"
    )
    resolution = models.OneToOneField(
        Resolution, null=True, blank=True, on_delete=models.PROTECT, related_name="response"
    )
    channel = models.CharField(max_length=10, choices=Channel.choices, default=Channel.INVITATION)
    state = models.CharField(max_length=12, choices=State.choices)
    set_apart_reason = models.CharField(max_length=200, blank=True)
    scale = models.CharField(
        max_length=12, choices=Question.Scale.choices, default=Question.Scale.SATISFACTION
    )
    rating = models.SmallIntegerField(null=True, blank=True)
    is_solved = models.BooleanField(null=True, blank=True)
    lost_time_minutes = models.PositiveIntegerField(null=True, blank=True)
    comment = models.TextField(blank=True)
    language = models.CharField(max_length=16, blank=True)
    # Its comment was scored by the model of its day; a comment that changes waits anew.
    is_comment_read = models.BooleanField(default=False)
    is_simulated = models.BooleanField(default=False)
    # Empty in anonymous mode, which keeps the ISO week and a coarsened class instead.
    answered_at = models.DateTimeField(null=True, blank=True)
    iso_week = models.CharField(max_length=8, blank=True)
    response_class = models.CharField(max_length=8, blank=True)
    nullifier = models.CharField(max_length=64, null=True, blank=True, unique=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("state", ResponseState, name="response_state"),
            one_of("channel", ResponseChannel, name="response_channel"),
            one_of("scale", Question.Scale, name="response_scale"),
            models.CheckConstraint(
                condition=Q(rating__isnull=True)
                | Q(scale="satisfaction", rating__gte=1, rating__lte=5)
                | Q(scale="happiness", rating__gte=0, rating__lte=10)
                | Q(scale="effort", rating__gte=1, rating__lte=7),
                name="response_rating_on_scale",
            ),
            within("lost_time_minutes", 0, LONGEST_LOST_TIME, name="response_lost_time"),
            models.CheckConstraint(
                condition=~Q(state="set_apart") | ~Q(set_apart_reason=""), name="response_set_apart_reason"
            ),
        ]
        indexes = [
            # Serves the service page's latest answers.
            models.Index(fields=["service", "-answered_at"], name="response_service_time"),
            # Serves the sweep that scores comments, which runs every ten seconds.
            models.Index(
                fields=["id"],
                condition=Q(state="accepted", is_comment_read=False) & ~Q(comment=""),
                name="response_comment_to_read",
            ),
            # Serves the sweep that forgets old comments.
            models.Index(fields=["answered_at"], condition=~Q(comment=""), name="response_commented"),
            # Serves the day cells, which count anonymous answers by week.
            models.Index(
                fields=["iso_week", "service"], condition=~Q(iso_week=""), name="response_anonymous_week"
            ),
        ]
        permissions = [("read_unmasked", "Can read comments with names, addresses and numbers")]


class SentAnswerQuerySet(models.QuerySet["SentAnswer"]):
    """Reads of the answers sent and the predicates sweeps share."""

    def to_settle(self, until: datetime) -> Self:
        """Return the answers sent until then that were not judged again since."""
        return self.filter(is_settled=False, sent_at__lte=until)

    def suspicious(self) -> Self:
        """Return the answers that the scanner rule finds suspicious, whatever people decided since."""
        return self.exclude(suspicion="")


class SentAnswerHandVerdict(models.TextChoices):
    """What somebody decided on the audit page; it stands above the rule."""

    NONE = "", gettext_lazy("By the rule")
    RESTORED = "restored", gettext_lazy("Restored")
    EXCLUDED = "excluded", gettext_lazy("Excluded")


class SentAnswer(models.Model):
    """One answer as it was sent: the history of a response, and what the scanner rule thinks of each."""

    HandVerdict = SentAnswerHandVerdict

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="sent_answers")
    visit = models.ForeignKey(
        Visit, null=True, blank=True, on_delete=models.SET_NULL, related_name="sent_answers"
    )
    sent_at = models.DateTimeField()
    # A click is provisional: the script recorded the preselected rating and nobody pressed Send.
    is_confirmed = models.BooleanField()
    rating = models.SmallIntegerField()
    is_solved = models.BooleanField(null=True, blank=True)
    lost_time_minutes = models.PositiveIntegerField(null=True, blank=True)
    reasons = models.JSONField(default=list)
    # The order in which the page showed the reasons, by key.
    reason_order = models.JSONField(default=list)
    comment = models.TextField(blank=True)
    language = models.CharField(max_length=16, blank=True)
    is_simulated = models.BooleanField(default=False)
    network_hash = models.CharField(max_length=32, blank=True)
    is_headless = models.BooleanField(default=False)
    suspicion = models.CharField(max_length=200, blank=True)
    is_settled = models.BooleanField(default=False)
    hand_verdict = models.CharField(max_length=10, choices=HandVerdict.choices, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)

    objects = SentAnswerQuerySet.as_manager()

    class Meta:
        constraints = [one_of("hand_verdict", SentAnswerHandVerdict, name="sent_answer_hand_verdict")]
        indexes = [
            # Serves the sweep that judges answers once more, which runs every 30 seconds.
            models.Index(fields=["sent_at"], condition=Q(is_settled=False), name="sent_answer_to_settle"),
            # Serves the sweep that forgets old answers, and all answers on the audit page.
            models.Index(fields=["sent_at"], name="sent_answer_time"),
            # Serves the audit page: suspicious answers, the newest first.
            models.Index(fields=["-sent_at"], condition=~Q(suspicion=""), name="sent_answer_suspicious"),
        ]


class ResponseReason(models.Model):
    """One reason a respondent ticked, by its key in the survey version."""

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="reasons")
    key = models.CharField(max_length=40)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "key"], name="response_reason_once")]


class CommentSentimentLabel(models.TextChoices):
    """What the comment says; unscored is not neutral."""

    NEGATIVE = "negative", gettext_lazy("Negative")
    NEUTRAL = "neutral", gettext_lazy("Neutral")
    POSITIVE = "positive", gettext_lazy("Positive")
    MIXED = "mixed", gettext_lazy("Mixed")
    UNSCORED = "unscored", gettext_lazy("Not scored")


class CommentSentiment(models.Model):
    """The sentiment of one comment under one model version. What cannot be scored has no polarity."""

    Label = CommentSentimentLabel

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="sentiments")
    model_version = models.CharField(max_length=40)
    polarity = models.FloatField(null=True)
    label = models.CharField(max_length=10, choices=Label.choices)
    confidence = models.FloatField(null=True)
    language = models.CharField(max_length=16, blank=True)
    # Very short comments say too little to be blended into a rating.
    word_count = models.PositiveIntegerField(default=0)
    cues = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "model_version"], name="sentiment_once_per_model"),
            one_of("label", CommentSentimentLabel, name="sentiment_label"),
            within("polarity", -1, 1, name="sentiment_polarity"),
            models.CheckConstraint(
                condition=Q(label="unscored", polarity__isnull=True)
                | (~Q(label="unscored") & Q(polarity__isnull=False)),
                name="sentiment_unscored_has_no_polarity",
            ),
        ]


class ContradictionKind(models.TextChoices):
    """Which way rating and comment differ."""

    HAPPY_RATING = "happy_rating_negative_text", gettext_lazy("Happy rating, unhappy comment")
    UNHAPPY_RATING = "unhappy_rating_positive_text", gettext_lazy("Unhappy rating, happy comment")


class ContradictionQuerySet(RowsOfServices["Contradiction"]):
    """Reads of contradictions."""

    path_to_service = "response__service"

    def waiting(self) -> Self:
        """Return those that nobody has looked at yet."""
        return self.filter(looked_at__isnull=True)


class Contradiction(models.Model):
    """A comment that says the opposite of its rating, for a person to read. The rating counts as it is.

    Found by the sweep that reads comments; gone when the answer is changed so that both agree. Anonymous
    answers have none: the time at which it is found would tell when they came.
    """

    Kind = ContradictionKind

    response = models.OneToOneField(Response, on_delete=models.CASCADE, related_name="contradiction")
    kind = models.CharField(max_length=32, choices=Kind.choices)
    found_at = models.DateTimeField()
    # Asked, the person said that the number is right.
    is_meant = models.BooleanField(default=False)
    looked_at = models.DateTimeField(null=True, blank=True)
    looked_by = models.ForeignKey(
        "surveys.User", null=True, blank=True, on_delete=models.PROTECT, related_name="contradictions"
    )

    objects = ContradictionQuerySet.as_manager()

    class Meta:
        constraints = [one_of("kind", ContradictionKind, name="contradiction_kind")]
        indexes = [
            # Serves the inbox of contradictions, newest first.
            models.Index(
                fields=["-found_at"], condition=Q(looked_at__isnull=True), name="contradiction_waiting"
            ),
        ]


class CommentReading(models.Model):
    """Somebody read comments with names and numbers unmasked: who, of which service, how many, when."""

    user = models.ForeignKey("surveys.User", on_delete=models.PROTECT, related_name="comment_readings")
    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="comment_readings")
    read_at = models.DateTimeField()
    comment_count = models.PositiveIntegerField()

    class Meta:
        indexes = [
            # Serves the question who read the comments about a service.
            models.Index(fields=["service", "-read_at"], name="comment_reading_service"),
        ]
