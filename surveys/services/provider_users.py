"""Users whom an identity provider vouches for: found by their address, given a role, made where allowed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.models import User
from surveys.services.audit import record_change
from surveys.services.users import ROLE_COLUMNS, UserError, give_role, new_user, role_in_english
from xla_service.stored_words import stored

# The log is kept in English and read in anybody's language.
_MADE = stored(gettext_noop("Made by identity provider as %(role)s"))


@dataclass(frozen=True, slots=True)
class Identity:
    """Who signed in at the provider: a verified address, a name, and the values of the claim for roles."""

    email: str
    name: str
    groups: frozenset[str]


@transaction.atomic
def user_of_provider(
    identity: Identity, *, roles: Mapping[str, str], may_create: bool, now: datetime
) -> User:
    """Return the user with the address of an identity, with the role that its groups give.

    `roles` maps groups to roles; of several the highest counts. Without any mapping a known user keeps their
    role and a new one is a service owner. Raises UserError for whom there is no account or no role.
    """
    role = _role(identity.groups, roles)
    found = list(User.objects.filter(email__iexact=identity.email)[:2])
    if len(found) > 1:
        raise UserError(_("Two accounts have your address. An administrator has to correct one of them."))
    if not found and not may_create:
        raise UserError(_("There is no account with your address. Ask an administrator to invite you."))
    user = found[0] if found else _created(identity, role or User.Role.OWNER, now)
    if not user.is_active:
        raise UserError(_("Your account is switched off. Ask an administrator."))
    if role and (user.role != role or (user.is_superuser and role != User.Role.ADMINISTRATOR)):
        details = [("role", role_in_english(user.role), role_in_english(role))]
        give_role(user, role)
        user.save(update_fields=ROLE_COLUMNS)
        what = gettext_noop("Role by identity provider")
        record_change(f"user {user.username}", what, by=None, now=now, details=details)
    return user


def _role(groups: frozenset[str], roles: Mapping[str, str]) -> str:
    """Return the highest role of these groups, "" where none are mapped. Raises UserError for no role."""
    if not roles:
        return ""
    given = {role for group, role in roles.items() if group in groups}
    found = next((role for role in reversed(User.Role.values) if role in given), None)
    if found is None:
        raise UserError(
            _("Your organisation gave you no role here. Ask an administrator for a group that has one.")
        )
    return found


def _created(identity: Identity, role: str, now: datetime) -> User:
    if User.objects.filter(username__iexact=identity.email).exists():
        raise UserError(
            _("Your address is the user name of another account. An administrator has to correct that one.")
        )
    username = identity.email.lower()
    user = new_user(username=username, name=identity.name, email=identity.email, role=role)
    user.save()
    record_change(f"user {user.username}", _MADE % {"role": role_in_english(role)}, by=None, now=now)
    return user
