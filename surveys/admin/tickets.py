"""Tickets and their resolutions, to look up why somebody was or was not asked."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from surveys.admin.history import HistoryAdmin
from surveys.models import Decision, Resolution, Ticket


class ResolutionInline(admin.TabularInline):
    """How often the ticket was resolved, and the facts as they stood each time."""

    model = Resolution
    extra = 0
    can_delete = False
    show_change_link = True
    fields = (
        "resolved_at",
        "reopened_at",
        "came_back_at",
        "withdrawn_at",
        "minutes_to_resolve",
        "reopen_count",
    )
    readonly_fields = fields

    def has_add_permission(self, request: HttpRequest, obj: Ticket | None = None) -> bool:
        """Nobody."""
        return False


@admin.register(Ticket)
class TicketAdmin(HistoryAdmin):
    """Tickets as their source reported them."""

    list_display = ("number", "source", "kind", "state", "service", "short_description", "opened_at")
    list_filter = ("state", "kind", "service")
    list_select_related = ("service",)
    search_fields = ("number__startswith", "short_description")
    inlines = (ResolutionInline,)


class DecisionInline(admin.StackedInline):
    """Why its person was or was not asked."""

    model = Decision
    can_delete = False

    def has_change_permission(self, request: HttpRequest, obj: Resolution | None = None) -> bool:
        """Nobody."""
        return False


@admin.register(Resolution)
class ResolutionAdmin(HistoryAdmin):
    """Resolutions, each with the decision about it."""

    list_display = ("ticket", "service", "resolved_at", "reason", "reopen_count", "is_repeat_contact")
    list_filter = ("decision__reason", "service", "is_repeat_contact")
    list_select_related = ("ticket", "service", "decision")
    search_fields = ("ticket__number__startswith",)
    date_hierarchy = "resolved_at"
    inlines = (DecisionInline,)

    @admin.display(description="why (not) asked")
    def reason(self, resolution: Resolution) -> str:
        """Return the reason of the decision; a dash before there is one."""
        decision: Decision | None = getattr(resolution, "decision", None)
        return decision.get_reason_display() if decision else "-"
