"""The administration of the judging side: who answers for an indicator."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from experience.models import Indicator


@admin.register(Indicator)
class IndicatorAdmin(admin.ModelAdmin):
    """The library of indicators; only the owner is given here, all else is declared in the library."""

    list_display = ("name", "key", "stream", "unit", "owner")
    list_editable = ("owner",)
    list_filter = ("stream", "owner")
    list_select_related = ("owner",)
    search_fields = ("name", "key", "description")
    readonly_fields = tuple(
        field.name for field in Indicator._meta.fields if field.name not in ("id", "owner")
    )

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody; an indicator is a declaration."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Indicator | None = None) -> bool:
        """Nobody; results name it."""
        return False
