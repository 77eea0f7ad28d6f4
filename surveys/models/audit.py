"""Who changed which setting when. Written beside every change of configuration, never changed after."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class ConfigurationChange(models.Model):
    """One change of how the service is set up: of an agreement, a user, a source, a key."""

    happened_at = models.DateTimeField()
    # Empty for changes that a command made.
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    subject = models.CharField(max_length=160, help_text="What was changed: agreement printing, user ada.")
    what = models.CharField(max_length=300, help_text="What was done, in words.")
    details = models.JSONField(default=list, blank=True, help_text="[[path, before, after]]")

    class Meta:
        ordering = ["-happened_at", "-pk"]
        indexes = [
            # Serves the audit log, newest first.
            models.Index(fields=["-happened_at", "-id"], name="configuration_change_time"),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.what}"
