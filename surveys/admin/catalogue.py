"""Services, their names in other systems and how many people use them."""

from __future__ import annotations

from django.contrib import admin

from surveys.models import BusinessService, ServiceAlias, ServiceUserCount


class AliasInline(admin.TabularInline):
    """The names by which sources call the service."""

    model = ServiceAlias
    extra = 0


class UserCountInline(admin.TabularInline):
    """How many people use the service, by day."""

    model = ServiceUserCount
    extra = 0


@admin.register(BusinessService)
class BusinessServiceAdmin(admin.ModelAdmin):
    """The service catalogue."""

    list_display = ("name", "lifecycle", "value_stream", "owner", "supplier", "survey")
    list_filter = ("lifecycle", "value_stream", "survey")
    list_select_related = ("owner", "survey")
    search_fields = ("name", "key", "supplier")
    filter_horizontal = ("team",)
    prepopulated_fields = {"key": ("name",)}
    inlines = (AliasInline, UserCountInline)
