"""Invitations and the outbox, where given-up mail is seen and sent again."""

from __future__ import annotations

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone

from surveys.admin.history import HistoryAdmin
from surveys.models import Invitation, Message
from surveys.services.send_again import send_again


@admin.register(Invitation)
class InvitationAdmin(HistoryAdmin):
    """Who was asked about what. The token stays hidden: who knows it can answer for the person."""

    list_display = ("resolution_number", "service", "person", "state", "due_at", "closes_at")
    list_filter = ("state", "service")
    list_select_related = ("resolution__ticket", "service", "person")
    search_fields = ("resolution__ticket__number__startswith",)
    exclude = ("token",)

    @admin.display(description="ticket")
    def resolution_number(self, invitation: Invitation) -> str:
        """Return the number of the ticket."""
        return invitation.resolution.ticket.number


@admin.register(Message)
class MessageAdmin(HistoryAdmin):
    """The outbox."""

    list_display = ("pk", "kind", "state", "recipient", "due_at", "attempts", "last_error", "sent_at")
    list_filter = ("state", "kind")
    exclude = ("text", "html")
    actions = ("retry",)

    @admin.action(description="Send again (only mail that was given up)")
    def retry(self, request: HttpRequest, chosen: QuerySet[Message]) -> None:
        """Put mail that was given up back into the outbox."""
        count = send_again(chosen, now=timezone.now())
        messages.success(request, f"{count} mails are due again. Mail in another state was left alone.")
