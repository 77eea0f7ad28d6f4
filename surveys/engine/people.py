"""People as a directory reports them: one row of a CSV file or one object of the API, checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from surveys.engine.addresses import is_address
from surveys.engine.tickets import Requester
from surveys.engine.values import storable
from surveys.engine.zones import named_zone

LANGUAGE = re.compile(r"[A-Za-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
ROOM = {
    "external_id": 100,
    "email": 254,
    "name": 200,
    "language": 16,
    "time_zone": 64,
    "site": 100,
    "persona": 100,
    "department": 100,
}
FIELDS = (*ROOM, "is_manager")
# Other names by which directories export them.
ALIASES = {
    "manager": "is_manager",
    "mail": "email",
    "e-mail": "email",
    "id": "external_id",
    "user_name": "external_id",
    "display_name": "name",
    "location": "site",
    "preferred_language": "language",
    "timezone": "time_zone",
    "personalnummer": "external_id",
    "sprache": "language",
    "standort": "site",
    "abteilung": "department",
    "zeitzone": "time_zone",
    "führungskraft": "is_manager",
    "vorgesetzt": "is_manager",
}
YES, NO = ("true", "yes", "y", "1", "ja"), ("false", "no", "n", "0", "nein")


def read_person(values: Mapping[str, Any]) -> Requester:
    """Return a person from fields of these names; what is empty is not reported and stays as it is.

    Raises ValueError with what to correct: neither id nor address, a value too long, an unknown time zone.
    """
    given = {name: _text(name, values.get(name)) for name in ROOM}
    for name, room in ROOM.items():
        if len(given[name]) > room:
            raise ValueError(f"`{name}` is longer than {room} characters. Shorten it.")
    if not given["external_id"] and not given["email"]:
        raise ValueError("It names neither `external_id` nor `email`. Give at least one of them.")
    if given["email"] and not is_address(given["email"]):
        raise ValueError(f"`email` is {given['email']!r}, which is no address. Write name@example.org.")
    if given["language"] and not LANGUAGE.fullmatch(given["language"]):
        raise ValueError(f"`language` is {given['language']!r}. Write a code such as en or de-CH.")
    if given["time_zone"] and named_zone(given["time_zone"]) is None:
        raise ValueError(f"`time_zone` is {given['time_zone']!r}. Write a name such as Europe/Berlin.")
    given["email"] = given["email"].lower()
    return Requester(**given, is_manager=_flag(values.get("is_manager")))


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return storable(value)
    if value is None:
        return ""
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"`{name}` is {value!r}. Write it as a text.")
    return str(value)


def _flag(value: Any) -> bool | None:
    word = "" if value is None else str(value).strip().lower()
    if word in ("", *YES, *NO):
        return word in YES if word else None
    raise ValueError(f"`is_manager` is {value!r}. Write true or false.")
