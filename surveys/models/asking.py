"""Asking: the decision about each resolution, the invitation, its mail, visits and opt-outs."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from surveys.models.catalogue import BusinessService
from surveys.models.constraints import one_of, within
from surveys.models.people import Person
from surveys.models.surveys import SendingRule, Survey, SurveyVersion
from surveys.models.tickets import Resolution


class DecisionReason(models.TextChoices):
    """Why. Asked, resting and not sampled keep the resolution in N; the rest leave it and count as frame
    coverage.
    """

    ASKED = "asked", gettext_lazy("Asked")
    ASKED_WHILE_RESTING = "asked_while_resting", gettext_lazy("Asked although asked lately")
    RESTING = "resting", gettext_lazy("Was asked lately")
    NOT_SAMPLED = "not_sampled", gettext_lazy("Not drawn for the sample")
    CHILD_NOT_DRAWN = "child_not_drawn", gettext_lazy("Not drawn among the tickets of one incident")
    TOO_LATE = "too_late", gettext_lazy("Resolved too long ago to ask")
    NO_REQUESTER = "no_requester", gettext_lazy("The ticket names no requester")
    NO_ADDRESS = "no_address", gettext_lazy("No working address")
    SHARED_ACCOUNT = "shared_account", gettext_lazy("A shared or monitoring account")
    OPTED_OUT = "opted_out", gettext_lazy("Does not want surveys")
    RESOLVED_OWN = "resolved_own", gettext_lazy("Requester resolved it")
    KIND_LEFT_OUT = "kind_left_out", gettext_lazy("This kind of ticket is not asked about")
    GROUP_LEFT_OUT = "group_left_out", gettext_lazy("The assignment group is not asked about")
    AUTO_CLOSED = "auto_closed", gettext_lazy("Resolved by itself, not by a person")
    DUPLICATE = "duplicate", gettext_lazy("A duplicate of another ticket")
    QUARTER_CAP = "quarter_cap", gettext_lazy("Asked often enough this quarter")
    EXTRA_CAP = "extra_cap", gettext_lazy("Asked once more than usual this week")
    NO_SURVEY = "no_survey", gettext_lazy("The service has no survey")
    REOPENED = "reopened", gettext_lazy("Reopened before the survey was due")


class Decision(models.Model):
    """The logged reason why a resolution's person was or was not asked."""

    Reason = DecisionReason

    resolution = models.OneToOneField(Resolution, on_delete=models.CASCADE, related_name="decision")
    reason = models.CharField(max_length=20, choices=Reason.choices)
    is_asked = models.BooleanField()
    is_eligible = models.BooleanField()
    probability = models.FloatField(null=True)
    rule = models.ForeignKey(SendingRule, null=True, on_delete=models.PROTECT, related_name="decisions")
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            one_of("reason", DecisionReason, name="decision_reason"),
            within("probability", 0.000001, 1, name="decision_probability"),
            # Whoever could be asked has a known chance; nobody is asked from outside the frame.
            models.CheckConstraint(
                condition=Q(is_eligible=True, probability__isnull=False)
                | Q(is_eligible=False, is_asked=False),
                name="decision_eligible_has_probability",
            ),
        ]


class InvitationQuerySet(models.QuerySet["Invitation"]):
    """Reads of invitations and the predicates sweeps share."""

    def answerable(self, now: datetime) -> Self:
        """Return the invitations whose page still takes an answer."""
        return self.filter(state=Invitation.State.OPEN, closes_at__gt=now)

    def to_remind(self, now: datetime) -> Self:
        """Return the open invitations whose reminder is due."""
        return self.answerable(now).filter(remind_at__lte=now)

    def to_close(self, now: datetime) -> Self:
        """Return the open invitations whose time is over."""
        return self.filter(state=Invitation.State.OPEN, closes_at__lte=now)


class InvitationState(models.TextChoices):
    """Open until it is closed by time or withdrawn by a reopening."""

    OPEN = "open", gettext_lazy("Open")
    CLOSED = "closed", gettext_lazy("Closed")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")


class Invitation(models.Model):
    """The request to one person to rate one resolution, known to them by its token."""

    State = InvitationState

    resolution = models.OneToOneField(Resolution, on_delete=models.PROTECT, related_name="invitation")
    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="invitations")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="invitations")
    survey_version = models.ForeignKey(SurveyVersion, on_delete=models.PROTECT, related_name="invitations")
    token = models.CharField(max_length=32, unique=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    language = models.CharField(max_length=16, default="en")
    probability = models.FloatField()
    due_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    # When to remind; empty once the reminder stands in the outbox, and for those who get none.
    remind_at = models.DateTimeField(null=True, blank=True)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("state", InvitationState, name="invitation_state"),
            within("probability", 0.000001, 1, name="invitation_probability"),
            models.CheckConstraint(
                condition=Q(closes_at__gt=F("due_at")), name="invitation_closes_after_due"
            ),
        ]
        indexes = [
            # Serves the sweep that closes invitations, which runs every five minutes.
            models.Index(fields=["closes_at"], condition=Q(state="open"), name="invitation_to_close"),
            # Serves the sweep for reminders, which runs every five minutes.
            models.Index(
                fields=["remind_at"],
                condition=Q(state="open", remind_at__isnull=False),
                name="invitation_to_remind",
            ),
            # Serves the rest period and the cap per quarter: when this person was asked.
            models.Index(fields=["person", "due_at"], name="invitation_person_due"),
        ]

    def delivered_at(self) -> list[datetime]:
        """Return when its mails went out."""
        moments = self.messages.values_list("sent_at", flat=True)
        return [moment for moment in moments if moment is not None]


class MessageQuerySet(models.QuerySet["Message"]):
    """The predicates of the outbox; sweep, claim and admin ask them here."""

    def due(self, now: datetime) -> Self:
        """Return the messages to send now: due, or claimed by a sender whose lease ran out."""
        waiting = Q(state=Message.State.DUE, due_at__lte=now)
        stale = Q(state=Message.State.CLAIMED, lease_until__lte=now)
        return self.filter(waiting | stale)

    def settled(self) -> Self:
        """Return the messages that nobody sends any more by themselves: sent, failed for good, withdrawn."""
        return self.exclude(state=Message.State.DUE).exclude(state=Message.State.CLAIMED)


class MessageKind(models.TextChoices):
    """What the mail is for."""

    INVITATION = "invitation", gettext_lazy("Invitation")
    REMINDER = "reminder", gettext_lazy("Reminder")
    NOTICE = "notice", gettext_lazy("Notice")


class MessageState(models.TextChoices):
    """Due, claimed by a sender, and then sent, failed for good or withdrawn."""

    DUE = "due", gettext_lazy("Due")
    CLAIMED = "claimed", gettext_lazy("Claimed")
    SENT = "sent", gettext_lazy("Sent")
    FAILED = "failed", gettext_lazy("Failed")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn")


class Message(models.Model):
    """One mail of the outbox. Content is stored, or rendered from the invitation when it is sent."""

    Kind = MessageKind
    State = MessageState

    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DUE)
    invitation = models.ForeignKey(
        Invitation, null=True, blank=True, on_delete=models.CASCADE, related_name="messages"
    )
    message_id = models.CharField(max_length=120, unique=True)
    recipient = models.EmailField(max_length=254)
    subject = models.CharField(max_length=250, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    due_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("kind", MessageKind, name="message_kind"),
            one_of("state", MessageState, name="message_state"),
            models.UniqueConstraint(
                fields=["invitation", "kind"],
                condition=Q(invitation__isnull=False),
                name="message_once_per_kind",
            ),
            models.CheckConstraint(
                condition=~Q(state="claimed") | Q(lease_until__isnull=False), name="message_lease"
            ),
        ]
        indexes = [
            # Serve the sweep for due mail, which runs every ten seconds: SQLite finds an index by one state.
            models.Index(fields=["due_at"], condition=Q(state="due"), name="message_due"),
            models.Index(fields=["lease_until"], condition=Q(state="claimed"), name="message_claimed"),
            # Serves the sweep that forgets old mail.
            models.Index(
                fields=["due_at"],
                condition=~Q(state="due") & ~Q(state="claimed"),
                name="message_settled",
            ),
            # Serves the page of given-up mail, the newest first, and its count.
            models.Index(fields=["-id"], condition=Q(state="failed"), name="message_failed"),
            # Serves the rate of mail scanners by domain, over the invitations of 30 days.
            models.Index(fields=["sent_at"], condition=Q(kind="invitation"), name="message_invitation_sent"),
        ]


class Bounce(models.Model):
    """A report that a mail could not be delivered (RFC 3464), about one recipient."""

    report_id = models.CharField(max_length=64)
    message = models.ForeignKey(
        Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="bounces"
    )
    person = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.CASCADE, related_name="bounces"
    )
    recipient = models.CharField(max_length=254)
    status = models.CharField(max_length=12, blank=True)
    is_permanent = models.BooleanField()
    diagnosis = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            # A report is counted once, however often the mailbox is read.
            models.UniqueConstraint(fields=["report_id", "recipient"], name="bounce_once"),
        ]
        indexes = [
            # Serves the back-off of an address, which grows with each report.
            models.Index(fields=["person", "received_at"], name="bounce_person"),
        ]


class SamplingShare(models.Model):
    """The share of a service's resolutions to ask about. Without a row everybody the rule would ask is."""

    service = models.OneToOneField(BusinessService, on_delete=models.CASCADE, related_name="sampling_share")
    share = models.FloatField()
    # Set by the allocation of the contact budget, which leaves alone what somebody set by hand.
    is_allocated = models.BooleanField(default=False)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [within("share", 0.000001, 1, name="sampling_share_range")]


class Visit(models.Model):
    """One opening of an answer page. Changes no answer; kept 30 days to tell people from mail scanners."""

    invitation = models.ForeignKey(Invitation, on_delete=models.CASCADE, related_name="visits")
    visited_at = models.DateTimeField()
    network_hash = models.CharField(max_length=32, blank=True)
    chosen_rating = models.SmallIntegerField(null=True, blank=True)
    is_trap = models.BooleanField(default=False)
    is_headless = models.BooleanField(default=False)

    class Meta:
        indexes = [
            # Serves the nightly removal of visits older than 30 days.
            models.Index(fields=["visited_at"], name="visit_time"),
            # Serves the count of recipients whose invitations one network opened lately.
            models.Index(fields=["network_hash", "visited_at"], name="visit_network_time"),
        ]


class OptOut(models.Model):
    """A person's wish not to be asked, by one survey or, without one, by any."""

    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="opt_outs")
    survey = models.ForeignKey(
        Survey, null=True, blank=True, on_delete=models.CASCADE, related_name="opt_outs"
    )
    opted_out_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person", "survey"], name="opt_out_once"),
            models.UniqueConstraint(
                fields=["person"], condition=Q(survey__isnull=True), name="opt_out_all_once"
            ),
        ]
