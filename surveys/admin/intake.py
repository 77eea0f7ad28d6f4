"""Inbound data: the sources, their names for services, and the events that need attention."""

from __future__ import annotations

from secrets import token_urlsafe
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from surveys.admin.history import HistoryAdmin
from surveys.engine.alerts import ALERT_PRESETS
from surveys.engine.source_mapping import check_mapping
from surveys.engine.ticket_presets import PRESETS
from surveys.engine.values import MappingError
from surveys.models import IntakeEvent, IntakeSource, ServiceAlias
from surveys.services.apply_intake import replay_events


class IntakeSourceForm(forms.ModelForm):
    """A source with a mapping that is tried before it is stored."""

    preset = forms.ChoiceField(choices=[(key, key) for key in sorted({*PRESETS, *ALERT_PRESETS})])
    secret = forms.CharField(
        min_length=16,
        max_length=200,
        initial=token_urlsafe,
        help_text="Shared with the sender, who signs each body with it.",
    )

    class Meta:
        model = IntakeSource
        fields = (
            "key", "name", "preset", "mapping", "secret", "ticket_url", "mails_rating_links", "is_active"
        )  # fmt: skip

    def clean_ticket_url(self) -> str:
        """Refuse what is no web address: it becomes a link on pages and in mails."""
        address: str = self.cleaned_data["ticket_url"]
        if address and not address.startswith(("https://", "http://")):
            raise ValidationError("Write a web address such as https://itsm.example.org/{number}.")
        return address

    def clean(self) -> dict[str, Any]:
        """Refuse a mapping that cannot work, with what to correct."""
        values = super().clean() or {}
        if not isinstance(values.get("mapping") or {}, dict):
            raise ValidationError({"mapping": 'Write an object: {"service": "cmdb_ci"}.'})
        try:
            check_mapping(values.get("preset", ""), values.get("mapping"))
        except MappingError as error:
            raise ValidationError({"mapping": str(error)}) from error
        return values


@admin.register(IntakeSource)
class IntakeSourceAdmin(admin.ModelAdmin):
    """Who may send, how they write, and with which secret they sign."""

    form = IntakeSourceForm
    list_display = ("name", "key", "preset", "is_active")


@admin.register(ServiceAlias)
class ServiceAliasAdmin(admin.ModelAdmin):
    """How each source calls a service."""

    list_display = ("source", "name", "service")
    list_filter = ("source",)
    search_fields = ("name", "service__name")
    list_select_related = ("service",)


@admin.register(IntakeEvent)
class IntakeEventAdmin(HistoryAdmin):
    """Every event as it arrived, what became of it and why; nothing here can be edited, only replayed."""

    list_display = ("received_at", "source", "state", "attempts", "ticket", "reason")
    list_filter = ("state", "source")
    list_select_related = ("source", "ticket")
    search_fields = ("idempotency_key", "reason", "ticket__number")
    date_hierarchy = "received_at"
    actions = ("replay",)

    @admin.action(description="Replay the selected events", permissions=("replay",))
    def replay(self, request: HttpRequest, events: QuerySet[IntakeEvent]) -> None:
        """Let the selected events be applied once more."""
        replayed = replay_events(events, now=timezone.now())
        self.message_user(request, f"{replayed} events will be applied again.", messages.SUCCESS)

    def has_replay_permission(self, request: HttpRequest) -> bool:
        """Whoever may change events may replay them."""
        return request.user.has_perm("surveys.change_intakeevent")
