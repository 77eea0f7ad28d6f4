"""The second factor of users: a code from an app (TOTP, RFC 6238), and recovery codes for a lost phone.

Devices, checking and the growing pause after wrong codes are django-otp's. Recovery codes are kept as keyed
hashes, so that the database alone opens no account.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_noop
from django_otp import verify_token
from django_otp.oath import TOTP
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice, default_key

from surveys.models import User
from surveys.services.audit import record_change

RECOVERY_CODES = 10
_APP_DIGITS = 6
_TOKEN_LENGTH = 16


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a code; `waits_until` is set while too many wrong ones are punished by a pause."""

    is_right: bool
    waits_until: datetime | None = None
    codes_left: int | None = None


def has_second_factor(user: User) -> bool:
    """Say whether this user signs in with a code."""
    return bool(TOTPDevice.objects.filter(user_id=user.pk, confirmed=True).exists())


def must_have_second_factor(user: User) -> bool:
    """Say whether the role of this user requires one (`XLA_REQUIRE_SECOND_FACTOR`)."""
    roles = set(settings.REQUIRE_SECOND_FACTOR)
    return user.role in roles or (user.is_superuser and User.Role.ADMINISTRATOR in roles)


def new_secret() -> str:
    """Return a secret for an app, as hexadecimal digits."""
    return str(default_key())


def setup_address(user: User, secret: str) -> str:
    """Return the otpauth:// address that an app reads from the QR code."""
    return str(TOTPDevice(user=user, key=secret).config_url)


@transaction.atomic
def confirm_setup(user: User, *, secret: str, code: str, now: datetime) -> list[str] | None:
    """Turn the second factor on when the app shows the right code; return the recovery codes, else None.

    The code is used up with that.
    """
    clock = TOTP(bytes.fromhex(secret))
    clock.time = now.timestamp()
    plain = _plain(code)
    if not (plain.isascii() and plain.isdigit() and clock.verify(int(plain), tolerance=1)):
        return None
    TOTPDevice.objects.filter(user=user).delete()
    TOTPDevice.objects.create(user=user, name="app", key=secret, last_t=clock.t(), drift=clock.drift)
    record_change(f"user {user.username}", gettext_noop("Second factor turned on"), by=user, now=now)
    return _new_codes(user)


@transaction.atomic
def renew_recovery_codes(user: User, *, now: datetime) -> list[str]:
    """Return new recovery codes; the old ones end."""
    record_change(f"user {user.username}", gettext_noop("Recovery codes renewed"), by=user, now=now)
    return _new_codes(user)


@transaction.atomic
def remove_second_factor(user: User, *, by: User, now: datetime) -> bool:
    """Turn the second factor of a user off; return False when there was none."""
    removed = TOTPDevice.objects.filter(user=user).delete()[0]
    StaticDevice.objects.filter(user=user).delete()
    if removed:
        by_hand = gettext_noop("Second factor turned off"), gettext_noop("Second factor reset")
        what = by_hand[0] if by.pk == user.pk else by_hand[1]
        record_change(f"user {user.username}", what, by=by, now=now)
    return bool(removed)


def check_code(user: User, code: str) -> Checked:
    """Check a code from the app, or use up a recovery code. Each wrong one doubles the pause that follows."""
    plain = _plain(code)
    is_from_app = len(plain) == _APP_DIGITS and plain.isdigit()
    kind = TOTPDevice if is_from_app else StaticDevice
    device = kind.objects.filter(user_id=user.pk, confirmed=True).first()
    if device is None:
        return Checked(is_right=False)
    is_allowed, why_not = device.verify_is_allowed()
    if not is_allowed:
        return Checked(is_right=False, waits_until=(why_not or {}).get("locked_until"))
    if not verify_token(user, device.persistent_id, plain if is_from_app else _fingerprint(user, plain)):
        return Checked(is_right=False)
    return Checked(is_right=True, codes_left=None if is_from_app else recovery_codes_left(user))


def recovery_codes_left(user: User) -> int:
    """Return how many recovery codes were not used yet."""
    return int(StaticToken.objects.filter(device__user=user).count())


def _new_codes(user: User) -> list[str]:
    StaticDevice.objects.filter(user=user).delete()
    device = StaticDevice.objects.create(user=user, name="recovery")
    codes = [StaticToken.random_token() for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(
        StaticToken(device=device, token=_fingerprint(user, code)) for code in codes
    )
    return [f"{code[:4]}-{code[4:]}" for code in codes]


def _plain(code: str) -> str:
    return code.replace(" ", "").replace("-", "").lower()


def _fingerprint(user: User, code: str) -> str:
    return salted_hmac("recovery code", f"{user.pk}/{code}").hexdigest()[:_TOKEN_LENGTH]
