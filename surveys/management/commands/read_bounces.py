"""Read the mailbox of bounces once."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from surveys.bounce_mailbox import MailboxError, read_new_mail
from surveys.services.take_bounces import take_bounce


class Command(BaseCommand):
    """`manage.py read_bounces`: the worker does this every five minutes."""

    help = "Read the mailbox that XLA_BOUNCE_MAILBOX names, and mark the addresses that take no mail."

    def handle(self, *args: Any, **options: Any) -> None:
        """Read what is new and say how much of it was about our mail."""
        if not settings.BOUNCE_MAILBOX:
            raise CommandError("Set XLA_BOUNCE_MAILBOX first, for example to maildir:/var/mail/bounces.")
        taken: list[int] = []
        try:
            read = read_new_mail(
                settings.BOUNCE_MAILBOX,
                lambda content: taken.append(take_bounce(content, now=timezone.now())),
            )
        except MailboxError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{read} mails read, {sum(taken)} failed deliveries.")
