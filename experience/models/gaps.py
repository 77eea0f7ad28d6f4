"""Gaps between the SLA and the experience, and everything that happened to each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from experience.models.agreements import Agreement
from experience.models.measurements import Measurement
from surveys.models import BusinessService
from surveys.models.constraints import one_of

if TYPE_CHECKING:
    from datetime import date

    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


class GapQuerySet(models.QuerySet["Gap"]):
    """Reads of gaps."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the gaps of services this user may read, and of journeys through one of them."""
        readable = BusinessService.objects.visible_to(user)
        journey = Q(service=None, agreement__in=Agreement.objects.visible_to(user))
        return self.filter(Q(service__in=readable) | journey)

    def primary(self) -> Self:
        """Return the gaps of services under their primary agreements: what stands in the portfolio."""
        return self.filter(agreement=None)

    def stood_between(self, first: date, last: date) -> Self:
        """Return the confirmed gaps that were open on one of these days, whatever became of them."""
        return self.filter(Q(closed_on=None) | Q(closed_on__gte=first), opened_on__lte=last)

    def live(self) -> Self:
        """Return the gaps that still say something about today."""
        return self.filter(state__in=Gap.LIVE_STATES)

    def confirmed(self) -> Self:
        """Return the gaps that were confirmed and are not over: what is flagged, counted and alerted."""
        return self.filter(state__in=Gap.CONFIRMED_STATES)


class GapKind(models.TextChoices):
    """The four ways in which SLA and experience can disagree or fail."""

    WATERMELON = "watermelon", gettext_lazy("Watermelon")
    OVER_STRICT = "over_strict", gettext_lazy("Over-strict SLA")
    RED_ON_BOTH = "red_on_both", gettext_lazy("Red on both")
    BLIND_SPOT = "blind_spot", gettext_lazy("Blind spot")


class GapState(models.TextChoices):
    """Where a gap is in its life."""

    SUSPECTED = "suspected", gettext_lazy("Possible")
    OPEN = "open", gettext_lazy("New")
    ACKNOWLEDGED = "acknowledged", gettext_lazy("In hand")
    RECOVERED = "recovered", gettext_lazy("Looks fixed")
    CLOSED = "closed", gettext_lazy("Closed")
    DISMISSED = "dismissed", gettext_lazy("Dismissed")
    UNVERIFIED = "unverified", gettext_lazy("Too few answers to tell")


class GapLane(models.TextChoices):
    """By which evidence it was confirmed."""

    NONE = "", gettext_lazy("Not confirmed")
    EARLY = "early", gettext_lazy("Early lane (e-value)")
    CLOSE = "close", gettext_lazy("Period close (discard-BH)")


_LIVE = Q(state__in=["suspected", "open", "acknowledged", "recovered"])


class Gap(models.Model):
    """A difference between what the SLA says and what people say, for one service.

    One found under an extra agreement names it and stands beside that of the primary one; on a journey as a
    whole it has no service.
    """

    Kind = GapKind
    State = GapState
    Lane = GapLane

    CONFIRMED_STATES = (State.OPEN, State.ACKNOWLEDGED, State.RECOVERED)
    LIVE_STATES = (State.SUSPECTED, *CONFIRMED_STATES)
    # Somebody who dismissed one may change their mind.
    STANDING_STATES = (*LIVE_STATES, State.DISMISSED)
    OVER_STATES = (State.CLOSED, State.UNVERIFIED)

    service = models.ForeignKey(
        BusinessService, null=True, blank=True, on_delete=models.PROTECT, related_name="gaps"
    )
    # The extra agreement it was found under; empty for the primary one.
    agreement = models.ForeignKey(
        Agreement, null=True, blank=True, on_delete=models.PROTECT, related_name="gaps"
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    state = models.CharField(max_length=12, choices=State.choices)
    lane = models.CharField(max_length=6, choices=Lane.choices, blank=True, default=Lane.NONE)
    first_seen_on = models.DateField()
    opened_on = models.DateField(null=True, blank=True)
    closed_on = models.DateField(null=True, blank=True)
    # Day of the last weekly evaluation, so that one that was interrupted counts no week twice.
    evaluated_on = models.DateField(null=True, blank=True)
    is_acknowledged = models.BooleanField(default=False)
    # Consecutive weekly evaluations at target (two close the gap), and with an SLA that contradicts the kind.
    weeks_at_target = models.PositiveSmallIntegerField(default=0)
    sla_weeks = models.PositiveSmallIntegerField(default=0)
    # Consecutive periods with fewer than 5 new answers; two make the gap unverified.
    thin_periods = models.PositiveSmallIntegerField(default=0)
    # First day of the month last counted there, so that a close that was interrupted counts none twice.
    counted_month = models.DateField(null=True, blank=True)
    # When its owner was told; set once, also where there was nobody to tell.
    told_at = models.DateTimeField(null=True, blank=True)
    # Evidence as it was when the gap was confirmed, frozen.
    evidence = models.JSONField(default=dict)
    # The figures of the newest evaluation, for the list.
    affected_people = models.PositiveIntegerField(default=0)
    # People affected x points of the shrunk score below target; confident: of the upper end of its interval.
    user_points = models.FloatField(default=0)
    confident_user_points = models.FloatField(default=0)
    lost_hours = models.FloatField(null=True, blank=True, help_text="Beyond the agreed time per ticket.")
    # Factors, segments, reasons and drivers behind the newest published result (services/gap_facts.py).
    explanation = models.JSONField(default=dict)
    last_measurement = models.ForeignKey(
        Measurement, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    objects = GapQuerySet.as_manager()

    class Meta:
        constraints = [
            one_of("kind", GapKind, name="gap_kind"),
            one_of("state", GapState, name="gap_state"),
            one_of("lane", GapLane, name="gap_lane"),
            models.UniqueConstraint(
                fields=["service"],
                condition=_LIVE & Q(agreement__isnull=True),
                name="gap_one_live_per_service",
            ),
            models.UniqueConstraint(
                fields=["agreement", "service"], condition=_LIVE, name="gap_one_live_per_extra_agreement"
            ),
            models.UniqueConstraint(
                fields=["agreement"],
                condition=_LIVE & Q(service__isnull=True),
                name="gap_one_live_per_journey",
            ),
            models.CheckConstraint(
                condition=Q(service__isnull=False) | Q(agreement__isnull=False), name="gap_has_subject"
            ),
            models.CheckConstraint(
                condition=Q(state="suspected")
                | Q(state="dismissed")
                | Q(state="closed")
                | Q(opened_on__isnull=False),
                name="gap_confirmed_has_opening",
            ),
        ]

    @property
    def subject_name(self) -> str:
        """The service, with the extra agreement it was found under if any; a journey by its agreement."""
        if self.agreement is None or self.service is None:
            return str(self.service.name if self.service else self.agreement)
        return f"{self.service.name} ({self.agreement.name})"

    @property
    def is_reading(self) -> bool:
        """Say whether this is a reading of the weekly evaluation and not a gap confirmed by a lane.

        "Red on both" that somebody took in hand or dismissed lives on like a gap: it ends when the service is
        back at target. "Over-strict" never does, as its people are content.
        """
        is_confirmed = self.lane != GapLane.NONE or self.opened_on is None
        return not is_confirmed and (self.state == GapState.OPEN or self.kind == GapKind.OVER_STRICT)


class GapEvent(models.Model):
    """One step in the life of a gap: who, when and why."""

    gap = models.ForeignKey(Gap, on_delete=models.CASCADE, related_name="events")
    happened_at = models.DateTimeField()
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    from_state = models.CharField(max_length=12, choices=Gap.State.choices, blank=True)
    to_state = models.CharField(max_length=12, choices=Gap.State.choices)
    kind = models.CharField(max_length=12, choices=Gap.Kind.choices)
    reason = models.CharField(max_length=500, blank=True)
    # When webhooks were told of it, or nobody was to be.
    posted_at = models.DateTimeField(null=True, blank=True)
    # Of a gap that was given to somebody: that, and who had it before, so that it can be given back.
    is_handover = models.BooleanField(default=False)
    assignee_before = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["happened_at", "pk"]
        indexes = [
            # Serves the sweep that tells webhooks, which reads the last two days.
            models.Index(fields=["happened_at"], condition=Q(posted_at=None), name="gap_event_unposted")
        ]
