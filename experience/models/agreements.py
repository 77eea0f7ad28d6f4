"""Agreements: which indicators, with which weights and targets, for which services."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any, Self, TypeVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy

from experience.models.indicators import Indicator
from surveys.models import BusinessService
from surveys.models.constraints import one_of, within

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from surveys.models import User

_Part = TypeVar("_Part", bound="VersionPart")


class FrozenTermsError(Exception):
    """Published terms were about to change. Draft the next version instead."""

    def __init__(self) -> None:
        super().__init__("Published terms never change. Draft the next version and publish that one.")


class AgreementQuerySet(models.QuerySet["Agreement"]):
    """Reads of agreements."""

    def visible_to(self, user: User | AnonymousUser) -> Self:
        """Return the agreements for services this user may read, and those for all the rest."""
        if not user.is_authenticated:
            return self.none()
        readable = BusinessService.objects.visible_to(user)
        return self.filter(Q(versions__services__in=readable) | Q(versions__covers_rest=True)).distinct()


class Agreement(models.Model):
    """An experience-level agreement under one name through all its versions."""

    key = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    # One primary agreement per service feeds the portfolio and the gap family.
    is_primary = models.BooleanField(default=True)
    needs_second_person = models.BooleanField(
        default=False, help_text="A version is published by somebody other than who drafted it."
    )
    # First day on which nothing of it holds any more.
    retired_on = models.DateField(null=True, blank=True)
    retired_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AgreementQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name


class AgreementVersionState(models.TextChoices):
    """Draft, published, superseded by a later version, retired, or withdrawn before it was used."""

    DRAFT = "draft", gettext_lazy("Draft")
    PUBLISHED = "published", gettext_lazy("Published")
    SUPERSEDED = "superseded", gettext_lazy("Superseded")
    RETIRED = "retired", gettext_lazy("Retired")
    WITHDRAWN = "withdrawn", gettext_lazy("Withdrawn before use")


# What may still change on a published version: how it stands, never what was agreed.
_STANDING = frozenset({"state"})


class AgreementVersionQuerySet(models.QuerySet["AgreementVersion"]):
    """Reads of versions, and the guard: what was published changes only in its standing."""

    def drafts(self) -> Self:
        """Return the versions whose terms may still change."""
        return self.filter(state=AgreementVersion.State.DRAFT)

    def frozen(self) -> Self:
        """Return the versions that were published, whatever came after."""
        return self.exclude(state=AgreementVersion.State.DRAFT)

    def holding(self) -> Self:
        """Return the versions that hold from their first day: published, and not withdrawn before use."""
        return self.frozen().exclude(state=AgreementVersion.State.WITHDRAWN)

    def update(self, **columns: Any) -> int:
        """Update drafts, of published versions only the state; raise FrozenTermsError otherwise."""
        thaws = columns.get("state") == AgreementVersion.State.DRAFT
        if (thaws or not _STANDING.issuperset(columns)) and self.frozen().exists():
            raise FrozenTermsError
        return super().update(**columns)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete drafts; raise FrozenTermsError for anything that was published."""
        if self.frozen().exists():
            raise FrozenTermsError
        return super().delete()


class AgreementVersion(models.Model):
    """The terms as agreed at one time. Immutable once published."""

    State = AgreementVersionState

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    ambition = models.TextField(
        blank=True, default="", help_text="What the parties want people to experience, in plain words."
    )
    provider = models.CharField(max_length=120, blank=True)
    customer = models.CharField(max_length=120, blank=True)
    agreed_by = models.CharField(max_length=250, blank=True)
    agreed_on = models.DateField(null=True, blank=True)
    review_on = models.DateField(null=True, blank=True)
    if_missed = models.TextField(blank=True, help_text="What happens when the agreement is missed.")
    services = models.ManyToManyField(
        BusinessService, through="AgreementService", related_name="agreement_versions"
    )
    covers_rest = models.BooleanField(
        default=False, help_text="Covers every live service that no other primary agreement covers."
    )
    journey = models.CharField(max_length=120, blank=True)
    # Only resolutions with exactly one of these personas and one of these sites; empty means everybody.
    personas = models.JSONField(default=list, blank=True)
    sites = models.JSONField(default=list, blank=True)
    weight_experience = models.FloatField(default=0.50)
    weight_operations = models.FloatField(default=0.25)
    weight_technology = models.FloatField(default=0.25)
    weight_social = models.FloatField(default=0)
    valid_from = models.DateField()
    baseline_until = models.DateField(
        null=True, blank=True, help_text="Until this day we measure and nothing is red."
    )
    drafted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    note = models.TextField(blank=True)

    objects = AgreementVersionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agreement", "number"], name="agreement_version_number"),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state="published"), name="agreement_one_published"
            ),
            models.UniqueConstraint(
                fields=["agreement"], condition=Q(state="draft"), name="agreement_one_draft"
            ),
            one_of("state", AgreementVersionState, name="agreement_version_state"),
            models.CheckConstraint(
                condition=Q(state="draft") | Q(published_at__isnull=False), name="agreement_published_at"
            ),
            models.CheckConstraint(
                condition=Q(baseline_until__isnull=True) | Q(baseline_until__gte=models.F("valid_from")),
                name="agreement_baseline_in_order",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.agreement.key}, version {self.number}"

    def save(self, *args: Any, **options: Any) -> None:
        """Store a new version or a draft; raise FrozenTermsError for one that was published."""
        refuse_frozen(Q(pk=self.pk))
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete a draft; raise FrozenTermsError for one that was published."""
        refuse_frozen(Q(pk=self.pk))
        return super().delete(*args, **options)

    def is_baseline_on(self, day: date) -> bool:
        """Say whether a period that ends on this day is still baseline: measured, but nothing is red."""
        return self.baseline_until is not None and day <= self.baseline_until


def refuse_frozen(which: Q) -> None:
    """Raise FrozenTermsError when one of these versions was published."""
    if AgreementVersion.objects.frozen().filter(which).exists():
        raise FrozenTermsError


class TermsQuerySet(models.QuerySet[_Part]):
    """The guard of what belongs to a version: nothing is added, changed or removed once it is published."""

    standing: frozenset[str] = frozenset()

    def update(self, **columns: Any) -> int:
        """Update drafts, of published versions only the standing; raise FrozenTermsError otherwise."""
        if not self.standing.issuperset(columns):
            self._refuse_frozen()
        return super().update(**columns)

    def delete(self) -> tuple[int, dict[str, int]]:
        """Delete the parts of drafts; raise FrozenTermsError for any other."""
        self._refuse_frozen()
        return super().delete()

    def bulk_create(self, objs: Iterable[_Part], *args: Any, **options: Any) -> list[_Part]:
        """Add parts to drafts; raise FrozenTermsError for any other version."""
        parts = list(objs)
        refuse_frozen(Q(pk__in={part.version_id for part in parts}))
        return super().bulk_create(parts, *args, **options)

    def _refuse_frozen(self) -> None:
        if self.exclude(version__state=AgreementVersion.State.DRAFT).exists():
            raise FrozenTermsError


class VersionPart(models.Model):
    """Something that belongs to the terms of one version."""

    if TYPE_CHECKING:
        version_id: int

    class Meta:
        abstract = True

    def save(self, *args: Any, **options: Any) -> None:
        """Store the part of a draft; raise FrozenTermsError when it is, or was, part of published terms."""
        self._refuse_frozen()
        super().save(*args, **options)

    def delete(self, *args: Any, **options: Any) -> tuple[int, dict[str, int]]:
        """Delete the part of a draft; raise FrozenTermsError for published terms."""
        self._refuse_frozen()
        return super().delete(*args, **options)

    def _refuse_frozen(self) -> None:
        stored: models.QuerySet[Any] = type(self)._default_manager.filter(pk=self.pk)
        refuse_frozen(Q(pk=self.version_id) | Q(pk__in=stored.values("version")))


class AgreementServiceQuerySet(TermsQuerySet["AgreementService"]):
    """Which services a version covers; whether it is their primary agreement is standing, not terms."""

    standing = frozenset({"is_primary"})


class AgreementService(VersionPart):
    """One service that a version covers."""

    version = models.ForeignKey(AgreementVersion, on_delete=models.CASCADE, related_name="covered")
    service = models.ForeignKey(BusinessService, on_delete=models.PROTECT, related_name="+")
    # True while the version is published and its agreement is the primary one of this service.
    is_primary = models.BooleanField(default=False)

    objects = AgreementServiceQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "service"], name="agreement_service_once"),
            models.UniqueConstraint(
                fields=["service"], condition=Q(is_primary=True), name="agreement_one_primary_per_service"
            ),
        ]


class AgreementIndicator(VersionPart):
    """One indicator of an agreement version: its weight within its stream, and its own anchors.

    Anchors left empty follow from the indicator's (engine/agreement_terms.py).
    """

    version = models.ForeignKey(AgreementVersion, on_delete=models.CASCADE, related_name="indicators")
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="+")
    weight = models.FloatField(default=1)
    floor = models.FloatField(null=True, blank=True)
    target = models.FloatField(null=True, blank=True)
    ceiling = models.FloatField(null=True, blank=True)

    objects = TermsQuerySet["AgreementIndicator"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["version", "indicator"], name="agreement_indicator_once"),
            within("weight", 0, 1000, name="agreement_indicator_weight"),
        ]


class AgreementExclusion(models.Model):
    """Days that both parties left out of the evidence, with the reason: a major incident.

    They are agreed while an agreement runs, so they belong to the agreement and not to one version. Planned
    downtime needs none: availability leaves it out.
    """

    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="exclusions")
    first_on = models.DateField()
    last_on = models.DateField(help_text="Included.")
    reason = models.CharField(max_length=300)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    agreed_at = models.DateTimeField()

    class Meta:
        ordering = ["first_on", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["agreement", "first_on", "last_on"], name="agreement_exclusion_once"
            ),
            models.CheckConstraint(
                condition=Q(last_on__gte=models.F("first_on")), name="agreement_exclusion_in_order"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="agreement_exclusion_reason"),
        ]
