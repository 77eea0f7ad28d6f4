"""Answers, to read."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from surveys.admin.history import HistoryAdmin
from surveys.models import CommentSentiment, Response, ResponseReason, SurveyVersion


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
    """Answers with their state; set-apart ones carry the reason. Confidential ones are not listed: beside
    their ticket and time they would name their person.
    """

    list_display = ("pk", "service", "rating", "scale", "state", "channel", "answered_at", "is_simulated")
    list_filter = ("state", "channel", "is_simulated", "service")
    list_select_related = ("service",)
    inlines = (ReasonInline, SentimentInline)
    exclude = ("nullifier",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Response]:
        """Return the answers of named and of anonymous surveys, and those of no person."""
        confidential = SurveyVersion.Mode.CONFIDENTIAL
        return super().get_queryset(request).exclude(survey_version__mode=confidential)
