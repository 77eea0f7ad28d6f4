"""Answers, to read."""

from __future__ import annotations

from django.contrib import admin

from surveys.admin.history import HistoryAdmin
from surveys.models import CommentSentiment, Response, ResponseReason


class ReasonInline(admin.TabularInline):
    """The reasons ticked."""

    model = ResponseReason
    extra = 0


class SentimentInline(admin.TabularInline):
    """What each model version made of the comment."""

    model = CommentSentiment
    extra = 0


@admin.register(Response)
class ResponseAdmin(HistoryAdmin):
    """Answers with their state; set-apart ones carry the reason."""

    list_display = ("pk", "service", "rating", "scale", "state", "channel", "answered_at", "is_simulated")
    list_filter = ("state", "channel", "is_simulated", "service")
    list_select_related = ("service",)
    inlines = (ReasonInline, SentimentInline)
    exclude = ("nullifier",)
