"""What the admin shows of rows that only the service writes: to look up, never to change."""

from __future__ import annotations

from django.contrib import admin
from django.db import models
from django.http import HttpRequest


class HistoryAdmin(admin.ModelAdmin):
    """Rows to read: they have no form, and nobody adds or deletes them by hand."""

    show_full_result_count = False  # counting a table of millions for one line of text takes seconds

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody; the page shows the row to read."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nobody."""
        return False
