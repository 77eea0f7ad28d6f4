"""Follow-ups: what happens when somebody says that it was not solved."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from surveys.models.catalogue import BusinessService, RowsOfServices
from surveys.models.constraints import one_of
from surveys.models.tickets import Resolution


class HookKind(models.TextChoices):
    """What a webhook may be told of."""

    NOT_SOLVED = "not_solved", gettext_lazy("A ticket is not solved")
    GAP_SUSPECTED = "gap_suspected", gettext_lazy("A possible gap, not sure yet")
    GAP_CONFIRMED = "gap_confirmed", gettext_lazy("A new gap")
    GAP_CLOSED = "gap_closed", gettext_lazy("A gap is over")


def told_at_first() -> list[str]:
    """Return what a webhook is told of until somebody chooses."""
    return [HookKind.NOT_SOLVED.value]


class FollowUpReceiver(models.Model):
    """Who hears that a ticket is not solved: one assignment group's, or without a group everybody else's."""

    assignment_group = models.CharField(
        max_length=100, blank=True, unique=True, help_text="Empty: for every group without a receiver."
    )
    name = models.CharField(max_length=100, help_text="As people read it: the Service Desk.")
    email = models.EmailField(max_length=254)
    webhook_url = models.URLField(
        blank=True, help_text="Is posted the ticket number, so that the ticket system can open it again."
    )
    webhook_secret = models.CharField(max_length=200, blank=True, help_text="Signs what is posted there.")
    webhook_is_on = models.BooleanField(default=True, help_text="Off: nothing is posted, the address stays.")
    webhook_kinds = models.JSONField(default=told_at_first, blank=True, help_text="What is posted there.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(webhook_url="") | ~Q(webhook_secret=""), name="follow_up_webhook_signed"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_posted_to(self) -> bool:
        """Whether anything is posted now."""
        return bool(self.webhook_url) and self.webhook_is_on

    def is_told(self, kind: str) -> bool:
        """Say whether its webhook is told of this kind now."""
        return self.is_posted_to and kind in self.webhook_kinds

    @property
    def kinds_told(self) -> list[str]:
        """What is posted there, in words."""
        return [str(kind.label) for kind in HookKind if kind in self.webhook_kinds]


class FollowUpQuerySet(RowsOfServices["FollowUp"]):
    """Reads of follow-ups and the predicates sweeps share."""

    def open(self) -> Self:
        """Return the follow-ups that wait for somebody."""
        return self.filter(state=FollowUp.State.OPEN)

    def hooks_due(self, now: datetime) -> Self:
        """Return the follow-ups whose ticket system is to be told now."""
        return self.filter(hook_due_at__lte=now)

    def posted(self) -> Self:
        """Return the follow-ups that were posted to a ticket system, wait to be, or were held back."""
        return self.filter(Q(hook_attempts__gt=0) | Q(hook_due_at__isnull=False) | ~Q(hook_error=""))


class FollowUpState(models.TextChoices):
    """Open until somebody took care of it, or the person says that it is solved after all."""

    OPEN = "open", gettext_lazy("Open")
    DONE = "done", gettext_lazy("Done")
    TAKEN_BACK = "taken_back", gettext_lazy("Solved after all")


class FollowUp(models.Model):
    """Somebody said that a resolution solved nothing: the desk was told and answers by `due_at`."""

    State = FollowUpState

    resolution = models.OneToOneField(Resolution, on_delete=models.CASCADE, related_name="follow_up")
    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="follow_ups")
    receiver = models.ForeignKey(FollowUpReceiver, on_delete=models.PROTECT, related_name="follow_ups")
    state = models.CharField(max_length=10, choices=State.choices, default=State.OPEN)
    is_contact_wish = models.BooleanField(
        default=False, help_text="Asked to be contacted after an anonymous survey; said nothing about solved."
    )
    told_at = models.DateTimeField()
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    # The call of the receiver's webhook: empty when there is none, or when it was answered or given up.
    hook_due_at = models.DateTimeField(null=True, blank=True)
    hook_attempts = models.PositiveSmallIntegerField(default=0)
    hook_error = models.CharField(max_length=300, blank=True)

    objects = FollowUpQuerySet.as_manager()

    @property
    def is_told_still(self) -> bool:
        """Whether its receiver would be posted it again."""
        return self.receiver.is_told(HookKind.NOT_SOLVED)

    class Meta:
        constraints = [one_of("state", FollowUpState, name="follow_up_state")]
        indexes = [
            # Serves the page of open follow-ups, the most urgent first.
            models.Index(fields=["due_at"], condition=Q(state="open"), name="follow_up_open"),
            # Serves the sweep that calls webhooks, which runs every ten seconds.
            models.Index(
                fields=["hook_due_at"], condition=Q(hook_due_at__isnull=False), name="follow_up_hook_due"
            ),
        ]


class HookDeliveryQuerySet(models.QuerySet["HookDelivery"]):
    """Reads of what is posted beside follow-ups, and the predicate of the sweep."""

    def due(self, now: datetime) -> Self:
        """Return what is to be posted now."""
        return self.filter(due_at__lte=now)


class HookDelivery(models.Model):
    """One thing to post to a webhook: put here once per key, posted until it is taken or given up."""

    receiver = models.ForeignKey(FollowUpReceiver, on_delete=models.CASCADE, related_name="deliveries")
    kind = models.CharField(max_length=16, choices=HookKind.choices)
    key = models.CharField(max_length=100, help_text="Its name under which it is posted, also again.")
    subject = models.CharField(max_length=250, help_text="What it is about, as the list of deliveries says.")
    body = models.JSONField()
    put_at = models.DateTimeField()
    # Empty when it was taken or given up.
    due_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.CharField(max_length=300, blank=True)

    objects = HookDeliveryQuerySet.as_manager()

    @property
    def is_told_still(self) -> bool:
        """Whether its receiver would be posted it again."""
        return self.receiver.is_told(self.kind)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["receiver", "key"], name="hook_delivery_once"),
            one_of("kind", HookKind, name="hook_delivery_kind"),
        ]
        indexes = [
            # Serves the sweep that posts, which runs every ten seconds.
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="hook_delivery_due"),
            # Serves the list of the last ones, and forgetting old ones.
            models.Index(fields=["put_at"], name="hook_delivery_put"),
        ]


class ServiceNotice(models.Model):
    """One "you said, we did": what was improved in a service because of earlier answers.

    The judging side writes them when an improvement worked; staff write them too. Newest first on the
    thank-you page. Each language has a text; English stands in for those without one.
    """

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="notices")
    wording = models.JSONField(help_text='{"en": "Printers on floor 3 were replaced."}')
    shown_from = models.DateField()
    shown_until = models.DateField(null=True, blank=True)
    key = models.CharField(max_length=100, blank=True, help_text="Names what it tells of, to tell it once.")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["service", "key"], condition=~Q(key=""), name="notice_once")
        ]
        indexes = [
            # Serves the thank-you page: the newest notices of a service.
            models.Index(fields=["service", "-shown_from"], name="notice_newest")
        ]
