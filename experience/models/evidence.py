"""Daily evidence: integer counts and fixed-point sums that every score is computed from."""

from __future__ import annotations

from django.db import models

from surveys.models import BusinessService
from surveys.models.constraints import one_of


class DayCellMeasure(models.TextChoices):
    """What is counted. The bucket of each is described in docs/evidence.md."""

    RESOLVED = "resolved", "Resolutions by what was decided"
    SATISFACTION = "satisfaction", "1-5 satisfaction by rating and sentiment bucket"
    HAPPINESS = "happiness", "0-10 happiness by rating and sentiment bucket"
    EFFORT = "effort", "1-7 effort by rating and sentiment bucket"
    SOLVED = "solved", "Answers to whether it was really solved"
    LOST_TIME = "lost_time", "Lost time, capped and uncapped"
    SENTIMENT = "sentiment", "Comment polarity"
    TIME_TO_RESOLVE = "time_to_resolve", "Minutes to resolve, log histogram"
    USER_CLOCK = "user_clock", "User's clock in minutes, log histogram"
    REOPENED = "reopened", "Resolutions reopened within the maturity window"
    REPEAT_CONTACT = "repeat_contact", "Resolutions followed by a repeat contact within 7 days"
    SLA_MET = "sla_met", "Closed tickets that met the SLA"
    DOWNTIME = "downtime", "Seconds down, planned apart"
    RESPONSE_TIME = "response_time", "Samples satisfied, tolerating, frustrated"
    TIME_TO_TARGET = "time_to_target", "Time to resolve over the priority's target, log histogram"
    FIRST_RESPONSE = "first_response", "Minutes to the first response, log histogram"
    NO_HAND_OFF = "no_hand_off", "Resolutions by the first group, at the first attempt"
    REASSIGNED_TWICE = "reassigned_twice", "Resolutions reassigned twice or more often"
    WAITING = "waiting", "Minutes of the user's clock, those spent waiting for the user"
    CHANGE_SUCCESS = "change_success", "Changes, those that succeeded"
    CRASH_FREE = "crash_free", "Users or sessions, those without a crash"
    COST = "cost", "Tickets and what they cost in 1/100"
    IMPLEMENT_TIME = "implement_time", "Minutes to implement a change, log histogram"
    IDENTIFY_TIME = "identify_time", "Minutes to identify a problem's cause, log histogram"
    PROBLEM_BACKLOG = "problem_backlog", "Open problems, as reported"
    TEXT_POLARITY = "text_polarity", "Polarity of unsolicited text in 1/10,000"


class DayCell(models.Model):
    """What one service-day holds of one measure, by response class, chance of being asked and bucket.

    Tickets and answers are counted on the day of the resolution (a cohort), so late answers raise the old
    day's cell. `total` and `total_squares` are integers in the measure's fixed point. Weights are never
    stored here, because they change nightly and cells do not.
    """

    Measure = DayCellMeasure

    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="day_cells")
    day = models.DateField()
    measure = models.CharField(max_length=16, choices=Measure.choices)
    response_class = models.CharField(max_length=8, blank=True)
    # Chance of having been asked in 1/1000, so that answers drawn with different chances stay apart.
    probability_permille = models.PositiveSmallIntegerField(default=1000)
    model_version = models.CharField(max_length=40, blank=True)
    bucket = models.IntegerField(default=0)
    count = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    total_squares = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=[
                    "service",
                    "day",
                    "measure",
                    "response_class",
                    "probability_permille",
                    "model_version",
                    "bucket",
                ],
                name="day_cell_key",
            ),
            one_of("measure", DayCellMeasure, name="day_cell_measure"),
        ]
        indexes = [
            # Serves the nightly parameters, which add up a measure over all services.
            models.Index(fields=["day", "service"], name="day_cell_window"),
        ]


class PackedDay(models.Model):
    """All cells of one service-day in one row, and who gave its answers (engine/cells.py): what windows read.

    Derived from `DayCell` in the transaction that writes it (services/packed_days.py). Reading and adding up
    the single cells of a thousand services would take ten times as long.
    """

    # No index on the service alone: it would lure a planner into reading a service's whole history.
    service = models.ForeignKey(BusinessService, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    cells = models.BinaryField()
    people = models.BinaryField(default=b"", help_text="Who gave the answers, one id each.")

    class Meta:
        constraints = [
            # Serves measuring services over a window of days.
            models.UniqueConstraint(fields=["service", "day"], name="packed_day_once"),
        ]


class ParameterSet(models.Model):
    """What is estimated across the organisation and frozen each night: class rates, variances, the model.

    A measurement names the set it used, so it can be recomputed.
    """

    made_on = models.DateField(unique=True)
    made_at = models.DateTimeField()
    engine_version = models.CharField(max_length=20)
    sentiment_model = models.CharField(max_length=40)
    values = models.JSONField()
