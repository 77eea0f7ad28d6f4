"""The administration of the judging side: who answers for an indicator, and the KPI tree."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from experience.models import BusinessGoal, FactorIndicator, Indicator, SuccessFactor


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


class TreePartAdmin(admin.ModelAdmin):
    """A part of the KPI tree, kept for support: it is edited on pages of its own."""

    autocomplete_fields = ("owner",)
    list_select_related: tuple[str, ...] = ("owner",)
    search_fields = ("name",)


class SuccessFactorInline(admin.TabularInline):
    """What a goal takes; each factor has a page of its own for its indicators."""

    model = SuccessFactor
    extra = 1
    show_change_link = True
    autocomplete_fields = ("owner",)


@admin.register(BusinessGoal)
class BusinessGoalAdmin(TreePartAdmin):
    """Business goals, the top of the KPI tree, with their factors."""

    list_display = ("name", "owner")
    inlines = (SuccessFactorInline,)


class FactorIndicatorInline(admin.TabularInline):
    """The indicators of a factor, each with an owner and a target."""

    model = FactorIndicator
    extra = 1
    autocomplete_fields = ("indicator", "owner")


@admin.register(SuccessFactor)
class SuccessFactorAdmin(TreePartAdmin):
    """Critical success factors with their indicators."""

    list_display = ("name", "goal", "value_stream", "owner")
    list_filter = ("value_stream", "goal")
    list_select_related = ("goal", "owner")
    inlines = (FactorIndicatorInline,)
