"""Creating business services, several at once: typed by hand or read from a CSV file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from surveys.engine.values import storable
from surveys.engine.zones import named_zone
from surveys.models import BusinessService, ServiceUserCount, Survey, User
from surveys.services.audit import record_change
from surveys.services.change_service import day_at
from surveys.services.csv_tables import open_table
from surveys.services.keys import free_key, key_of

LONGEST_NAME = 120
LONGEST_KEY = 60
MOST_DIGITS = 9
COLUMNS = ("name", "key", "description", "owner", "supplier", "time_zone", "user_count")


class CatalogueError(ValueError):
    """Services that cannot be created; `problems` name each line and what to correct."""

    def __init__(self, problems: Sequence[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = list(problems)


@dataclass(frozen=True, slots=True)
class NewService:
    """A service to create. An empty key is made from the name; `owner` is a user name, empty for nobody."""

    name: str
    key: str = ""
    description: str = ""
    owner: str = ""
    supplier: str = ""
    time_zone: str = ""
    user_count: int | None = None


@dataclass(frozen=True, slots=True)
class Created:
    """The services that were created, and the names of those that were there already and stay as they are."""

    services: tuple[BusinessService, ...]
    known: tuple[str, ...]


def services_of_names(text: str) -> list[NewService]:
    """Return the services whose names stand in a text, one per line. Raises CatalogueError by line."""
    wanted, problems = [], []
    for line, words in enumerate(text.splitlines(), start=1):
        if name := " ".join(words.split()):
            wanted.append(NewService(name))
            problems += _problems(line, wanted[-1], {})
    if problems:
        raise CatalogueError(problems)
    return wanted


def services_of_file(path: Path) -> list[NewService]:
    """Return the services of a CSV file with a column `name` and any other of COLUMNS.

    Raises CatalogueError naming every line that cannot be taken, TableError for a file that is no table.
    """
    table = open_table(path, required=("name",))
    owners = {user.username.casefold(): user for user in User.objects.all()}
    wanted, problems = [], []
    for line, cells in table.rows():
        try:
            row = table.named(cells)
            service = _of_row(row)
        except ValueError as error:
            problems.append(_("Line %(line)d: %(problem)s") % {"line": line, "problem": error})
            continue
        wanted.append(service)
        problems += _problems(line, service, owners)
    if problems:
        raise CatalogueError(problems)
    return wanted


def _of_row(row: Mapping[str, str]) -> NewService:
    told = {name: storable(row.get(name, "")) for name in COLUMNS}
    count = told.pop("user_count")
    if count and not (count.isdecimal() and len(count) <= MOST_DIGITS):
        said = _("user_count %(count)r is no whole number of at most nine digits.")
        raise ValueError(said % {"count": count})
    return NewService(**told, user_count=int(count) if count else None)


def _problems(line: int, service: NewService, owners: Mapping[str, User]) -> list[str]:
    found = []
    if not service_key(service):
        found.append(_("A name needs at least one letter or digit."))
    if len(service.name) > LONGEST_NAME:
        found.append(_("The name is longer than %(most)d characters.") % {"most": LONGEST_NAME})
    if service.owner and service.owner.casefold() not in owners:
        found.append(_("There is no user %(name)r. Invite them first.") % {"name": service.owner})
    if service.time_zone and named_zone(service.time_zone) is None:
        found.append(
            _("The time zone %(zone)r is unknown. Write it like Europe/Berlin.") % {"zone": service.time_zone}
        )
    return [_("Line %(line)d: %(problem)s") % {"line": line, "problem": problem} for problem in found]


def service_key(service: NewService) -> str:
    """Return the key that a new service gets, "" for a name without a letter or digit."""
    return key_of(service.key or service.name, kind="service", longest=LONGEST_KEY)


@transaction.atomic
def create_services(wanted: Iterable[NewService], *, by: User | None, now: datetime) -> Created:
    """Create what is not there yet, found by key or by name in any case; what is there stays as it is.

    Two names that would make one key, such as C and C++, are two services: the later key gets a number.
    """
    there = BusinessService.objects.values_list("key", "name")
    keys, names = {key for key, _ in there}, {name.casefold() for _, name in there}
    owners = {user.username.casefold(): user for user in User.objects.all()}
    fresh: dict[str, NewService] = {}
    known = []
    for service in wanted:
        key = service_key(service)
        if service.name.casefold() in names | keys or (service.key and key in keys):
            known.append(service.name)
            continue
        key = free_key(key, keys, longest=LONGEST_KEY)
        fresh[key] = service
        keys.add(key)
        names.add(service.name.casefold())
    services = BusinessService.objects.bulk_create(
        _row(key, service, owners) for key, service in fresh.items()
    )
    _count_users(services, fresh, now)
    for row in services:
        record_change(f"service {row.key}", "Created", by=by, now=now)
    return Created(tuple(services), tuple(known))


def _row(key: str, wanted: NewService, owners: Mapping[str, User]) -> BusinessService:
    return BusinessService(
        key=key,
        name=wanted.name,
        description=wanted.description,
        owner=owners.get(wanted.owner.casefold()),
        supplier=wanted.supplier[:LONGEST_NAME],
        time_zone=wanted.time_zone or settings.TIME_ZONE,
    )


def _count_users(
    services: Iterable[BusinessService], wanted: Mapping[str, NewService], now: datetime
) -> None:
    ServiceUserCount.objects.bulk_create(
        ServiceUserCount(service=service, valid_from=day_at(service, now), user_count=count)
        for service in services
        if (count := wanted[service.key].user_count) is not None
    )


@transaction.atomic
def ask_with(survey: Survey, services: Iterable[BusinessService], *, by: User | None, now: datetime) -> int:
    """Let these services be asked about with a survey from now on; return how many were asked otherwise."""
    keys = [service.pk for service in services]
    changed = BusinessService.objects.filter(pk__in=keys).exclude(survey=survey)
    details = [
        (service.key, service.survey.name if service.survey else None, survey.name)
        for service in changed.select_related("survey")
    ]
    changed.update(survey=survey)
    if details:
        record_change(
            f"survey {survey.key}", gettext_noop("Asked about services"), by=by, now=now, details=details
        )
    return len(details)
