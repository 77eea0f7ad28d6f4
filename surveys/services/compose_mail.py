"""Making the mail of an outbox row, ready to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import css_inline
from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

from surveys.links import answer_url, trap_url, unsubscribe_url
from surveys.models import Invitation, Message
from surveys.selectors.asked import asked

BUTTONS_PER_ROW = 7


def compose_mail(message: Message) -> EmailMultiAlternatives:
    """Return the mail of an outbox row: rendered from its invitation, or from the content it stores.

    Every attempt carries the same Message-ID, so that a mail server can drop a copy.
    """
    headers = {"Message-ID": message.message_id, "Auto-Submitted": "auto-generated"}
    if message.invitation is not None:
        return _invitation(message, message.invitation, headers)
    return _mail(message, message.subject, message.text, message.html, headers)


@dataclass(frozen=True, slots=True)
class MailLinks:
    """Where the links of an invitation lead; a trial has no trap, and nothing to unsubscribe from."""

    answer: str
    trap: str
    unsubscribe: str

    def rated(self, rating: int) -> str:
        """Return the address of the answer page with a rating chosen."""
        return f"{self.answer}?r={rating}"


@dataclass(frozen=True, slots=True)
class MailParts:
    """The words of a mail: subject, plain text, HTML with inlined styles."""

    subject: str
    text: str
    html: str


def links_of(invitation: Invitation) -> MailLinks:
    """Return the links of a real invitation."""
    token = invitation.token
    return MailLinks(answer_url(token), trap_url(token), unsubscribe_url(token))


def invitation_mail(
    invitation: Invitation, links: MailLinks, *, is_reminder: bool = False, trial: str = ""
) -> MailParts:
    """Return the mail of an invitation, stored or not; `trial` is said above it, "" for a real one."""
    context = _invitation_context(invitation, links) | {"trial": trial}
    if is_reminder:
        context["reminder"] = asked(invitation).words.reminder
    subject = render_to_string("surveys/mail/invitation.subject.txt", context)
    return MailParts(
        " ".join(subject.split()),
        render_to_string("surveys/mail/invitation.txt", context),
        inliner().inline(render_to_string("surveys/mail/invitation.html", context)),
    )


def _invitation(message: Message, invitation: Invitation, headers: dict[str, str]) -> EmailMultiAlternatives:
    is_reminder = message.kind == Message.Kind.REMINDER
    parts = invitation_mail(invitation, links_of(invitation), is_reminder=is_reminder)
    if is_reminder:
        headers |= _in_thread(message)
    headers |= {
        "Content-Language": invitation.language,
        # RFC 8058: one click in the mail program is one POST, and nobody has to be signed in.
        "List-Unsubscribe": f"<{unsubscribe_url(invitation.token)}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
    return _mail(message, parts.subject, parts.text, parts.html, headers)


def _in_thread(message: Message) -> dict[str, str]:
    """Return the headers by which a reminder stands under the first mail (RFC 5322)."""
    assert message.invitation is not None
    firsts = [row for row in message.invitation.messages.all() if row.kind == Message.Kind.INVITATION]
    return {name: first.message_id for first in firsts for name in ("In-Reply-To", "References")}


def _invitation_context(invitation: Invitation, links: MailLinks) -> dict[str, object]:
    shown = asked(invitation)
    words, scale = shown.words, shown.questionnaire.scale
    buttons = [
        (rating, words.rating_label(scale.key, rating), links.rated(rating)) for rating in scale.ratings
    ]
    return {
        "asked": shown,
        "words": words,
        "organisation": settings.ORGANISATION,
        "subject": shown.say(words.mail_subject),
        "question": shown.questionnaire.rating.partition("{ticket}"),
        "question_text": shown.say(shown.questionnaire.rating),
        "resolved": shown.say(words.mail_resolved, day=shown.resolved_day),
        "why": shown.say(words.mail_why),
        "open_until": shown.say(words.open_until, day=shown.closing_day),
        "rows": [
            buttons[start : start + BUTTONS_PER_ROW] for start in range(0, len(buttons), BUTTONS_PER_ROW)
        ],
        "lowest": buttons[0],
        "highest": buttons[-1],
        "url": links.answer,
        "trap_url": links.trap,
        "unsubscribe_url": links.unsubscribe,
    }


def _mail(
    message: Message, subject: str, text: str, html: str, headers: dict[str, str]
) -> EmailMultiAlternatives:
    if settings.BOUNCES_TO:  # the envelope names it; what people see stays the sender
        headers = {**headers, "From": settings.DEFAULT_FROM_EMAIL}
    mail = EmailMultiAlternatives(
        subject=subject,
        body=text,
        from_email=settings.BOUNCES_TO or None,
        to=[message.recipient],
        headers=headers,
        reply_to=[settings.REPLY_TO] if settings.REPLY_TO else None,
    )
    if html:
        mail.attach_alternative(html, "text/html")
    return mail


@lru_cache(maxsize=1)
def inliner() -> css_inline.CSSInliner:
    """Return the inliner: styles move into the elements, what depends on the reader's screen stays above."""
    return css_inline.CSSInliner(keep_at_rules=True, load_remote_stylesheets=False)
