"""Users: invited by mail, given a role, switched off. Each change stands in the audit log."""

from __future__ import annotations

from datetime import datetime

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.encoding import force_bytes
from django.utils.functional import Promise
from django.utils.http import urlsafe_base64_encode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop

from surveys.models import User
from surveys.services.audit import record_change
from surveys.services.outbox import put_notice
from xla_service.stored_words import stored

# The log is kept in English and read in anybody's language.
_INVITED = stored(gettext_noop("Invited as %(role)s"))


class UserError(Exception):
    """Something about a user that cannot be done; the words say what to do."""


@transaction.atomic
def invite_user(*, username: str, name: str, email: str, role: str, by: User, now: datetime) -> User:
    """Make a user without a password, and mail them a link to choose one.

    Raises UserError when the name is taken.
    """
    if User.objects.filter(username__iexact=username).exists():
        raise UserError(_("This user name is taken. Choose another one."))
    user = new_user(username=username, name=name, email=email, role=role)
    user.save()
    record_change(f"user {username}", _INVITED % {"role": role_in_english(role)}, by=by, now=now)
    mail_welcome(user, now=now)
    return user


def new_user(*, username: str, name: str, email: str, role: str) -> User:
    """Return a user of this name without a password, unsaved."""
    first, _space, last = name.partition(" ")
    user = User(username=username, first_name=first[:150], last_name=last[:150], email=email, role=role)
    user.set_unusable_password()
    return user


def role_in_english(role: str) -> str:
    """Return the name of a role as the audit log keeps it, whatever language the page speaks."""
    with translation.override(settings.LANGUAGE_CODE):
        return str(User.Role(role).label)


def mail_welcome(user: User, *, now: datetime) -> None:
    """Put a mail into the outbox with a link to choose a password; an older link ends when it is used."""
    subject = gettext_lazy("%(organisation)s: your account for the XLA Service")
    text = gettext_lazy(
        "%(organisation)s gave you an account for the XLA Service, which shows how people experience IT. "
        "Your user name is %(username)s.\n\n"
        "Choose a password here:\n%(link)s\n\n"
        "The link works once, for three days. If it has ended, ask for another one.\n"
    )
    _mail_link(user, f"welcome-{user.pk}-{now.isoformat()}", subject, text, now)


def mail_password_link(email: str, *, now: datetime) -> int:
    """Mail a link to choose a new password to each account of this address; return how many there are.

    An account without a password signs in otherwise or was never used, and gets none.
    At most one mail a minute goes to an account.
    """
    subject = gettext_lazy("%(organisation)s: a new password")
    text = gettext_lazy(
        "Somebody asked for a new password for your account %(username)s.\n\n"
        "Choose one here:\n%(link)s\n\n"
        "The link works once, for three days. If it was not you, do nothing: "
        "your password stays as it is.\n"
    )
    accounts = User.objects.filter(email__iexact=email, is_active=True)
    found = [user for user in accounts if user.has_usable_password()]
    for user in found:
        _mail_link(user, f"password-{user.pk}-{now:%Y%m%d%H%M}", subject, text, now)
    return len(found)


def _mail_link(user: User, key: str, subject: Promise, text: Promise, now: datetime) -> None:
    """Put a mail with a link to choose a password into the outbox, in the user's language."""
    words = {
        "organisation": settings.ORGANISATION,
        "username": user.username,
        "link": _password_link(user),
    }
    with translation.override(user.language or settings.LANGUAGE_CODE):
        put_notice(
            key=key, recipient=user.email, subject=str(subject) % words, text=str(text) % words, now=now
        )


def _password_link(user: User) -> str:
    code = urlsafe_base64_encode(force_bytes(user.pk))
    path = reverse("welcome", args=[code, default_token_generator.make_token(user)])
    return f"{settings.PUBLIC_URL}{path}"


def give_role(user: User, role: str) -> None:
    """Give a user a role, unsaved. Django's flags stand above every role, so they go with the highest one."""
    user.role = role
    if role != User.Role.ADMINISTRATOR:
        user.is_staff = user.is_superuser = False


ROLE_COLUMNS = ("role", "is_staff", "is_superuser")


@transaction.atomic
def change_user(user: User, *, role: str, is_active: bool, by: User, now: datetime) -> None:
    """Give a user another role, or switch the account off or on.

    Raises UserError when nobody would be left to administer.
    """
    keeps = is_active and role == User.Role.ADMINISTRATOR
    if not keeps and user.pk == by.pk:
        raise UserError(_("Another administrator has to take this from you, so that one is always left."))
    before = (role_in_english(user.role), "on" if user.is_active else "off")
    give_role(user, role)
    user.is_active = is_active
    user.save(update_fields=[*ROLE_COLUMNS, "is_active"])
    after = (role_in_english(role), "on" if is_active else "off")
    details = [
        (name, old, new)
        for name, old, new in zip(("role", "account"), before, after, strict=True)
        if old != new
    ]
    if details:
        record_change(f"user {user.username}", gettext_noop("Changed"), by=by, now=now, details=details)


def language_of(user: User) -> str:
    """Return the language to write to a user in: the one chosen, else that of the organisation."""
    return user.language or settings.LANGUAGE_CODE
