"""Commands that act for a user: `--as USERNAME` lets them see and do what the pages let that user."""

from __future__ import annotations

from argparse import ArgumentParser

from django.core.management.base import CommandError

from surveys.models import User
from xla_service.access import Rule, everyone


def add_user(parser: ArgumentParser, *other_names: str) -> None:
    """Take `--as USERNAME`; `other_names` are options that mean the same."""
    parser.add_argument(
        "--as", *other_names, dest="acting_as", metavar="USERNAME",
        help="Act for this user, who may do what the pages let them. Without it the operator may do all.",
    )  # fmt: skip


def acting_user(username: str | None, rule: Rule = everyone) -> User | None:
    """Return the user that a command acts for, None for the operator of the machine.

    Raises CommandError, in words, for a name that nobody has, an account that is switched off, and a role
    that `rule` refuses.
    """
    if username is None:
        return None
    user = User.objects.filter(username=username).first()
    if user is None:
        raise CommandError(f"There is no user {username!r}. Administration > Users lists them.")
    if not user.is_active:
        raise CommandError(f"{username} may not sign in any more, so nothing is done for them.")
    if not rule(user):
        raise CommandError(
            f"{username} may not do this: the role {user.get_role_display()} does not allow it."
        )
    return user
