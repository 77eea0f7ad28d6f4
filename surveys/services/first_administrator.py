"""How the first administrator comes to exist: a code that only whoever runs the service can read.

The code is signed, lasts a day and works while nobody can sign in; the first account ends it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.contrib.auth.password_validation import validate_password
from django.contrib.contenttypes.models import ContentType
from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_noop

from surveys.models import User
from surveys.services.audit import record_change
from surveys.services.users import new_user

CODE_LASTS = timedelta(days=1)
_SALT = "surveys.first-administrator"


def nobody_signs_in() -> bool:
    """Say whether the installation has no user yet."""
    return not User.objects.exists()


def new_code() -> str:
    """Return a code by which the first administrator may be made for a day, as long as there is no user."""
    return signing.dumps("first", salt=_SALT)


def is_good_code(code: str) -> bool:
    """Say whether a code is ours, not older than a day, and still of use: no user exists."""
    try:
        signing.loads(code, salt=_SALT, max_age=CODE_LASTS)
    except signing.BadSignature:
        return False
    return nobody_signs_in()


@transaction.atomic
def make_first_administrator(
    *, username: str, name: str, email: str, password: str, now: datetime
) -> User | None:
    """Make the first user, an administrator; None when somebody else was quicker.

    Raises ValidationError for a password that is too weak.
    """
    # The row stands for the table of users: of two who come at once, the second waits and finds the first.
    ContentType.objects.select_for_update().get(
        pk=ContentType.objects.get_for_model(User, for_concrete_model=True).pk
    )
    if not nobody_signs_in():
        return None
    user = new_user(username=username, name=name, email=email, role=User.Role.ADMINISTRATOR)
    validate_password(password, user)
    user.set_password(password)
    user.save()
    record_change(f"user {username}", gettext_noop("Made the first administrator"), by=user, now=now)
    return user
