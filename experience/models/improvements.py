"""Improvements: what is done about a gap, by whom, until when, and whether it worked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from experience.models.gaps import Gap
from surveys.models import BusinessService
from surveys.models.catalogue import RowsOfServices
from surveys.models.constraints import one_of, within

if TYPE_CHECKING:
    from datetime import date


class ImprovementQuerySet(RowsOfServices["Improvement"]):
    """Reads of improvements and the predicate of their sweep."""

    def carried_out(self) -> Self:
        """Return those that were done, judged or not: what charts mark."""
        return self.filter(state__in=(Improvement.State.DONE, Improvement.State.JUDGED))

    def to_judge(self, until: date) -> Self:
        """Return those whose window after the action ended by this day and that nobody judged yet."""
        return self.filter(state=Improvement.State.DONE, judged_from__lte=until)


class ImprovementState(models.TextChoices):
    """Planned, carried out, judged after its window; or given up."""

    PLANNED = "planned", gettext_lazy("Planned")
    DONE = "done", gettext_lazy("Done, waiting for its effect")
    JUDGED = "judged", gettext_lazy("Judged")
    GIVEN_UP = "given_up", gettext_lazy("Given up")


class ImprovementVerdict(models.TextChoices):
    """What the comparison with other services says."""

    NONE = "", gettext_lazy("Not judged yet")
    IMPROVED = "improved", gettext_lazy("Improved")
    NO_EVIDENCE = "no_evidence", gettext_lazy("No evidence")
    WORSE = "worse", gettext_lazy("Worse")
    NOT_COMPARABLE = "not_comparable", gettext_lazy("Cannot be compared")


class Improvement(models.Model):
    """An action on a gap, with what was expected of it and what came of it."""

    State = ImprovementState
    Verdict = ImprovementVerdict

    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="improvements")
    gap = models.ForeignKey(
        Gap, null=True, blank=True, on_delete=models.SET_NULL, related_name="improvements"
    )
    # Last day of the evidence that led to it; its baseline ends before the month of this day.
    triggered_on = models.DateField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.PLANNED)
    what = models.CharField(max_length=200)
    how = models.TextField(blank=True)
    responsible = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    due_on = models.DateField()
    expected_points = models.FloatField(help_text="Points of the experience score, where 70 is on target.")
    # What respondents read: "you said, we did"; empty when they are told nothing.
    notice = models.CharField(max_length=300, blank=True)
    planned_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    planned_at = models.DateTimeField()
    done_on = models.DateField(null=True, blank=True)
    # First day on which its effect can be judged: the window after it is over and its answers are final.
    judged_from = models.DateField(null=True, blank=True)
    verdict = models.CharField(max_length=14, choices=Verdict.choices, blank=True, default=Verdict.NONE)
    effect = models.FloatField(null=True, blank=True)
    effect_low = models.FloatField(null=True, blank=True)
    effect_high = models.FloatField(null=True, blank=True)
    # The smallest effect that the comparison could have seen, in the same points.
    detectable = models.FloatField(null=True, blank=True)
    controls = models.PositiveIntegerField(null=True, blank=True)
    judged_at = models.DateTimeField(null=True, blank=True)

    objects = ImprovementQuerySet.as_manager()

    class Meta:
        ordering = ["-planned_at", "-pk"]
        constraints = [
            one_of("state", ImprovementState, name="improvement_state"),
            one_of("verdict", ImprovementVerdict, name="improvement_verdict"),
            within("expected_points", -100, 100, name="improvement_expected"),
            models.CheckConstraint(
                condition=Q(state__in=["planned", "given_up"])
                | Q(done_on__isnull=False, judged_from__isnull=False),
                name="improvement_done_has_day",
            ),
            models.CheckConstraint(
                condition=~Q(state="judged") | (~Q(verdict="") & Q(judged_at__isnull=False)),
                name="improvement_judged_has_verdict",
            ),
        ]
        indexes = [
            # Serves the nightly verdicts.
            models.Index(fields=["judged_from"], condition=Q(state="done"), name="improvement_to_judge"),
        ]

    def __str__(self) -> str:
        return self.what
