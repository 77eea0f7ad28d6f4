"""Surveys, their versions and the rules of sending. What was used cannot be changed; a change makes a
version.
"""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from surveys.models import Question, SendingRule, Survey, SurveyVersion


class QuestionInline(admin.StackedInline):
    """The questions of a version; those of a published one are to read."""

    model = Question
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: SurveyVersion | None = None) -> bool:
        """Until the version is published."""
        return not _is_published(obj)

    def has_change_permission(self, request: HttpRequest, obj: SurveyVersion | None = None) -> bool:
        """Until the version is published."""
        return not _is_published(obj)

    def has_delete_permission(self, request: HttpRequest, obj: SurveyVersion | None = None) -> bool:
        """Until the version is published."""
        return not _is_published(obj)


@admin.register(SurveyVersion)
class SurveyVersionAdmin(admin.ModelAdmin):
    """Versions of surveys."""

    list_display = ("survey", "number", "mode", "open_days", "published_at")
    list_filter = ("survey",)
    list_select_related = ("survey",)
    inlines = (QuestionInline,)

    def has_change_permission(self, request: HttpRequest, obj: SurveyVersion | None = None) -> bool:
        """Until the version is published."""
        return not _is_published(obj) and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: SurveyVersion | None = None) -> bool:
        """Until the version is published."""
        return not _is_published(obj) and super().has_delete_permission(request, obj)


class SendingRuleInline(admin.StackedInline):
    """Rules in force and before; the newest number decides. A rule that decided stays as it was."""

    model = SendingRule
    extra = 0
    ordering = ("-number",)

    def has_change_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        """Nobody: add a rule with the next number."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Survey | None = None) -> bool:
        """Nobody: decisions name the rule that they followed."""
        return False


@admin.register(Survey)
class SurveyAdmin(admin.ModelAdmin):
    """Surveys with their sending rules."""

    list_display = ("name", "key")
    prepopulated_fields = {"key": ("name",)}
    inlines = (SendingRuleInline,)


def _is_published(version: SurveyVersion | None) -> bool:
    return version is not None and version.published_at is not None
