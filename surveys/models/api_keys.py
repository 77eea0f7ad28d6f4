"""Keys of programs that use the API on behalf of a user."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from surveys.models.people import User


class ApiKeyScope(models.TextChoices):
    """What a key may do, within what its user may do."""

    READ_RESULTS = "read_results", _("Read results and why people were asked")
    SEND_TICKETS = "send_tickets", _("Send tickets")
    SEND_SIGNALS = "send_signals", _("Send signals and texts")
    SEND_ANSWERS = "send_answers", _("Send answers")
    SEND_PEOPLE = "send_people", _("Send people")


class ApiKeyQuerySet(models.QuerySet["ApiKey"]):
    """The predicates of keys."""

    def usable(self, now: datetime) -> Self:
        """Return the keys that open something now: not revoked, not expired, their user not switched off."""
        lasts = Q(expires_at=None) | Q(expires_at__gt=now)
        return self.filter(lasts, revoked_at=None, user__is_active=True)


class ApiKey(models.Model):
    """A key, which is shown once and not stored: `digest` is its SHA-256, `prefix` how it begins."""

    Scope = ApiKeyScope

    name = models.CharField(max_length=80)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.CharField(max_length=64)
    scopes = models.JSONField()
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="api_keys")
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")
    expires_at = models.DateTimeField(null=True, blank=True)
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = ApiKeyQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_at=None) | Q(expires_at__gt=models.F("created_at")),
                name="api_key_expires_after_start",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def allows(self, scope: str) -> bool:
        """Say whether the key was made for this."""
        return scope in self.scopes

    @property
    def scope_labels(self) -> list[str]:
        """Return what the key may do, in words."""
        return [str(scope.label) for scope in ApiKeyScope if scope in self.scopes]
