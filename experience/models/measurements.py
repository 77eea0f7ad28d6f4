"""Measurements: one agreement's score for one service or journey and period, with its receipt."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Self

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy

from experience.engine import periods
from experience.models.agreements import AgreementService, AgreementVersion
from experience.models.evidence import ParameterSet
from surveys.models import BusinessService
from surveys.models.constraints import one_of, within

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User


class MeasurementQuerySet(models.QuerySet["Measurement"]):
    """Reads of measurements."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the measurements of services this user may read, and of journeys through one of them."""
        readable = BusinessService.objects.visible_to(user)
        through = AgreementService.objects.filter(service__in=readable).values("version")
        return self.filter(Q(service__in=readable) | Q(service=None, agreement_version__in=through))

    def current(self) -> Self:
        """Return the measurements that no correction has replaced: what is judged by."""
        return self.filter(is_current=True)

    def published(self) -> Self:
        """Return the measurements that may be shown: they wait for 5 more people than were shown before."""
        return self.filter(is_published=True)

    def primary(self) -> Self:
        """Return the measurements under primary agreements: what stands beside the SLA."""
        return self.filter(agreement_version__agreement__is_primary=True)

    def of_months(self, months: Collection[periods.Period]) -> Self:
        """Return the measurements of these calendar months."""
        return self.filter(
            period=MeasurementPeriod.MONTH,
            starts_on__in=[month.first_on for month in months],
            ends_on__in=[month.last_on for month in months],  # the index on services and periods ends with it
        )

    def whole_journeys(self) -> Self:
        """Return the measurements of journeys as a whole."""
        return self.filter(service=None)


class MeasurementPeriod(models.TextChoices):
    """The calendar month is the result; week and rolling days are live views: 28 days, or up to 84."""

    ROLLING = "rolling", gettext_lazy("Last 28 days")
    WEEK = "week", gettext_lazy("Week")
    MONTH = "month", gettext_lazy("Month")


class MeasurementState(models.TextChoices):
    """Provisional while late answers count, then final; a later change makes a corrected one beside it."""

    PROVISIONAL = "provisional", gettext_lazy("Provisional")
    FINAL = "final", gettext_lazy("Final")


class MeasurementStatus(models.TextChoices):
    """The evidence state of the experience, named for people."""

    LIKELY_RED = "likely_red", gettext_lazy("Below target")
    LEAN_RED = "lean_red", gettext_lazy("Probably below")
    LEAN_GREEN = "lean_green", gettext_lazy("Probably on target")
    LIKELY_GREEN = "likely_green", gettext_lazy("On target")
    COLLECTING = "collecting", gettext_lazy("Too few answers")
    HIDDEN = "hidden", gettext_lazy("Hidden")
    MISSING = "missing", gettext_lazy("No answers")


class MeasurementColour(models.TextChoices):
    """The colour of the blended score after the veto; partial when experience data is missing."""

    RED = "red", gettext_lazy("Red")
    AMBER = "amber", gettext_lazy("Amber")
    GREEN = "green", gettext_lazy("Green")
    NONE = "none", gettext_lazy("Not enough evidence")


class MeasurementSlaStatus(models.TextChoices):
    """The SLA beside it."""

    GREEN = "green", gettext_lazy("Met")
    AMBER = "amber", gettext_lazy("Just missed")
    RED = "red", gettext_lazy("Missed")
    NONE = "none", gettext_lazy("No SLA set")
    UNKNOWN = "unknown", gettext_lazy("No closed tickets")


class Measurement(models.Model):
    """The result of one agreement version for one service over one period; without one, for its journey."""

    Period = MeasurementPeriod
    State = MeasurementState
    Status = MeasurementStatus
    Colour = MeasurementColour
    SlaStatus = MeasurementSlaStatus

    agreement_version = models.ForeignKey(
        AgreementVersion, on_delete=models.PROTECT, related_name="measurements"
    )
    service = models.ForeignKey(
        BusinessService, null=True, blank=True, on_delete=models.PROTECT, related_name="measurements"
    )
    period = models.CharField(max_length=8, choices=Period.choices)
    starts_on = models.DateField()
    ends_on = models.DateField(help_text="Last day, included.")
    state = models.CharField(max_length=12, choices=State.choices, default=State.PROVISIONAL)
    # The blended score.
    score = models.FloatField(null=True)
    low = models.FloatField(null=True)
    high = models.FloatField(null=True)
    colour = models.CharField(max_length=6, choices=Colour.choices, default=Colour.NONE)
    coverage = models.FloatField()
    # The experience, which alone is tested against target.
    status = models.CharField(max_length=14, choices=Status.choices)
    rating = models.FloatField(null=True)
    rating_low = models.FloatField(null=True)
    rating_high = models.FloatField(null=True)
    rating_raw = models.FloatField(null=True)
    rating_target = models.FloatField(null=True)
    p_below = models.FloatField(null=True)
    # What lists of many services show of `results`, which they then need not read.
    experience = models.FloatField(null=True)
    experience_low = models.FloatField(null=True)
    experience_high = models.FloatField(null=True)
    rating_best = models.PositiveSmallIntegerField(null=True)
    pulled_down_by = models.CharField(max_length=200, blank=True, default="")
    repeat_share = models.FloatField(null=True)
    lost_hours = models.FloatField(null=True)
    n_resolved = models.PositiveIntegerField(default=0)
    n_asked = models.PositiveIntegerField(default=0)
    n_answered = models.PositiveIntegerField(default=0)
    # Different people behind the answers; what is shown asks for a least number of them.
    n_people = models.PositiveIntegerField(default=0)
    n_effective = models.FloatField(null=True)
    # The SLA beside it.
    sla_status = models.CharField(max_length=8, choices=SlaStatus.choices, default=SlaStatus.NONE)
    sla_share = models.FloatField(null=True)
    sla_target = models.FloatField(null=True)
    sla_n = models.PositiveIntegerField(default=0)
    # Per indicator: native value, interval, score, weight; contributions per stream.
    results = models.JSONField(default=dict)
    # The receipt: what went in, and its hash.
    inputs = models.JSONField(default=dict)
    input_hash = models.CharField(max_length=64)
    engine_version = models.CharField(max_length=20)
    parameter_set = models.ForeignKey(ParameterSet, on_delete=models.PROTECT, related_name="measurements")
    computed_at = models.DateTimeField()
    is_current = models.BooleanField(default=True)
    # False while too few people answered since the last published one: what pages and exports leave out.
    is_published = models.BooleanField(default=True)
    corrects = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="corrected_by"
    )

    objects = MeasurementQuerySet.as_manager()

    # Of a live view over more than 28 days: the result of the 28 days, which is judged by and stored nowhere.
    judged: Measurement | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["agreement_version", "service", "period", "ends_on"],
                condition=Q(is_current=True),
                name="measurement_one_current",
            ),
            models.UniqueConstraint(
                fields=["agreement_version", "period", "ends_on"],
                condition=Q(is_current=True, service__isnull=True),
                name="measurement_one_current_journey",
            ),
            one_of("period", MeasurementPeriod, name="measurement_period"),
            one_of("state", MeasurementState, name="measurement_state"),
            one_of("status", MeasurementStatus, name="measurement_status"),
            one_of("colour", MeasurementColour, name="measurement_colour"),
            one_of("sla_status", MeasurementSlaStatus, name="measurement_sla_status"),
            within("score", 0, 100, name="measurement_score"),
            within("coverage", 0, 1, name="measurement_coverage"),
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="measurement_days_in_order"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(low__lte=F("score"), high__gte=F("score")),
                name="measurement_interval_contains_score",
            ),
        ]
        indexes = [
            # Serves the portfolio (newest rolling result per service) and the service page's history.
            models.Index(fields=["service", "period", "-ends_on"], name="measurement_latest"),
            # Serves forgetting old live views.
            models.Index(fields=["ends_on"], condition=Q(period="rolling"), name="measurement_live"),
        ]

    @property
    def days(self) -> periods.Period:
        """The days it is about."""
        return periods.Period(self.starts_on, self.ends_on)

    @property
    def experience_score(self) -> float | None:
        """Return the score 0..100 of the experience alone, which gaps are judged by; None without answers."""
        score: float | None = self.results["streams"].get("X", {}).get("score")
        return score


class NightlyRun(models.Model):
    """The judgement of one day: parameters, results and gaps. Its row keeps a day from being judged twice."""

    day = models.DateField(unique=True)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    # The Monday whose digest went out on this day.
    digest_of = models.DateField(null=True)
