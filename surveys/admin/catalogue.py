"""Services, their names in other systems and how many people use them."""

from __future__ import annotations

from django.contrib import admin

from surveys.models import BusinessService, ResolutionTarget, SamplingShare, ServiceAlias, ServiceUserCount


class AliasInline(admin.TabularInline):
    """The names by which sources call the service."""

    model = ServiceAlias
    extra = 0


class UserCountInline(admin.TabularInline):
    """How many people use the service, by day."""

    model = ServiceUserCount
    extra = 0


class ResolutionTargetInline(admin.TabularInline):
    """The times to resolve agreed for this service, in minutes by priority."""

    model = ResolutionTarget
    extra = 0


class SamplingShareInline(admin.TabularInline):
    """The share of this service's resolutions to ask about."""

    model = SamplingShare
    extra = 0


@admin.register(ResolutionTarget)
class ResolutionTargetAdmin(admin.ModelAdmin):
    """Agreed times to resolve; those without a service hold for all that have none of their own."""

    list_display = ("service", "priority", "minutes")
    list_filter = ("service",)


@admin.register(BusinessService)
class BusinessServiceAdmin(admin.ModelAdmin):
    """The service catalogue."""

    list_display = ("name", "lifecycle", "value_stream", "owner", "supplier", "survey")
    list_filter = ("lifecycle", "value_stream", "survey")
    list_select_related = ("owner", "survey")
    search_fields = ("name", "key", "supplier")
    filter_horizontal = ("team",)
    prepopulated_fields = {"key": ("name",)}
    inlines = (AliasInline, UserCountInline, ResolutionTargetInline, SamplingShareInline)
