"""Who hears about unsolved tickets, and what respondents are told."""

from __future__ import annotations

from django.contrib import admin

from surveys.models import FollowUpReceiver, ServiceNotice


@admin.register(FollowUpReceiver)
class FollowUpReceiverAdmin(admin.ModelAdmin):
    """Receivers by assignment group."""

    list_display = ("name", "assignment_group", "email", "webhook_url")


@admin.register(ServiceNotice)
class ServiceNoticeAdmin(admin.ModelAdmin):
    """What was improved because of answers."""

    list_display = ("service", "wording", "shown_from", "shown_until")
    list_select_related = ("service",)
