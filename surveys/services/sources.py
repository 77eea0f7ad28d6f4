"""Sources of inbound data: made, mapped, given a new secret, switched off. Each change is written down."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from secrets import token_urlsafe
from typing import Any

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_noop

from surveys.engine.source_mapping import check_mapping
from surveys.models import BusinessService, IntakeSource, ServiceAlias, User
from surveys.services.audit import record_change
from surveys.services.keys import free_key
from xla_service.stored_words import stored

# The log is kept in English and read in anybody's language.
_CREATED = stored(gettext_noop("Created for %(system)s"))
_KEY_LENGTH = 50


@transaction.atomic
def create_source(*, name: str, preset: str, by: User, now: datetime) -> IntakeSource:
    """Make a source with a key from its name and a new secret. Raises MappingError for an unknown preset."""
    check_mapping(preset, {})
    source = IntakeSource.objects.create(
        key=_free_key(name), name=name, preset=preset, secret=token_urlsafe(32)
    )
    record_change(_subject(source), _CREATED % {"system": preset}, by=by, now=now)
    return source


@transaction.atomic
def change_mapping(source: IntakeSource, mapping: Mapping[str, Any], *, by: User, now: datetime) -> bool:
    """Store a mapping that works; return False when nothing changed. Raises MappingError."""
    check_mapping(source.preset, mapping)
    before, after = dict(source.mapping or {}), dict(mapping)
    if before == after:
        return False
    source.mapping = after
    source.save(update_fields=["mapping"])
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    details = [(name, _text(before.get(name)), _text(after.get(name))) for name in names]
    record_change(_subject(source), gettext_noop("Mapping changed"), by=by, now=now, details=details)
    return True


@transaction.atomic
def renew_secret(source: IntakeSource, *, by: User, now: datetime) -> str:
    """Give a source a new secret and return it; the old one ends at once."""
    source.secret = token_urlsafe(32)
    source.save(update_fields=["secret"])
    record_change(_subject(source), gettext_noop("New secret"), by=by, now=now)
    return source.secret


@transaction.atomic
def switch_source(source: IntakeSource, *, is_active: bool, by: User, now: datetime) -> None:
    """Switch a source off, so that it is not found any more, or on again."""
    source.is_active = is_active
    source.save(update_fields=["is_active"])
    what = gettext_noop("Switched on") if is_active else gettext_noop("Switched off")
    record_change(_subject(source), what, by=by, now=now)


@transaction.atomic
def name_service(
    source: IntakeSource, *, name: str, service: BusinessService, by: User, now: datetime
) -> None:
    """Note that a source calls a service by this name."""
    ServiceAlias.objects.update_or_create(source=source.key, name=name, defaults={"service": service})
    details = [("name", None, name), ("means", None, service.name)]
    record_change(_subject(source), gettext_noop("Name of a service"), by=by, now=now, details=details)


def _free_key(name: str) -> str:
    taken = set(IntakeSource.objects.values_list("key", flat=True))
    return free_key(slugify(name)[:_KEY_LENGTH] or "source", taken, longest=_KEY_LENGTH)


def _subject(source: IntakeSource) -> str:
    return f"source {source.key}"


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
