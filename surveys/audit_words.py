"""The audit log in the reader's language: what an entry is about, and which of its fields changed.

Entries are stored in English; names, keys and paths into an agreement stay as they are.
"""

from __future__ import annotations

import re

from django.db.models import TextChoices
from django.utils.translation import gettext, gettext_noop

from surveys.models import ApiKey, BusinessService, HookKind
from xla_service.stored_words import told

_SUBJECTS = (
    gettext_noop("user %(name)s"),
    gettext_noop("person %(name)s"),
    gettext_noop("service %(name)s"),
    gettext_noop("agreement %(name)s"),
    gettext_noop("survey %(name)s"),
    gettext_noop("sending rule %(name)s"),
    gettext_noop("source %(name)s"),
    gettext_noop("API key %(name)s"),
    gettext_noop("webhook of %(name)s"),
    gettext_noop("KPI tree, %(name)s"),
)
_WORDS = {
    gettext_noop("sample data"),
    gettext_noop("follow-up receivers"),
    gettext_noop("role"),
    gettext_noop("account"),
    gettext_noop("address"),
    gettext_noop("name"),
    gettext_noop("means"),
    gettext_noop("may"),
    gettext_noop("as"),
    gettext_noop("lasts"),
    gettext_noop("goal"),
    gettext_noop("description"),
    gettext_noop("lifecycle"),
    gettext_noop("owner"),
    gettext_noop("team"),
    gettext_noop("supplier"),
    gettext_noop("survey"),
}
_COLUMNS = {
    "value_stream": gettext_noop("value stream"),
    "time_zone": gettext_noop("time zone"),
    "user_count": gettext_noop("number of users"),
    "hour_cost": gettext_noop("cost of an hour"),
    "shown_until": gettext_noop("shown until"),
    "kinds": gettext_noop("is told of"),
}
_ON_OFF = {"on": gettext_noop("switched on"), "off": gettext_noop("switched off")}
# Fields whose values are stored as codes, one or several with commas between them.
_CHOICES: dict[str, type[TextChoices]] = {
    "lifecycle": BusinessService.Lifecycle,
    "value_stream": BusinessService.ValueStream,
    "may": ApiKey.Scope,
    "kinds": HookKind,
}
# What an SLA promises; the judging side calls it so.
_SLA_KINDS = {
    "resolution": gettext_noop("Resolved in time"),
    "response": gettext_noop("First response in time"),
    "availability": gettext_noop("Time up"),
    "response_time": gettext_noop("Requests answered within a second"),
}
_UNTIL = re.compile(r"until (\d{4}-\d\d-\d\d)")


def subject_words(subject: str) -> str:
    """Return what an entry is about, "user ada" as "Konto ada"."""
    for template in _SUBJECTS:
        head = template.partition("%")[0]
        if subject.startswith(head):
            return gettext(template) % {"name": subject.removeprefix(head)}
    return field_words(subject)


def value_words(value: str | None, name: str) -> str:
    """Return a value of a changed field: codes in the reader's words, everything else as it was stored."""
    if not value:
        return ""
    if name in _CHOICES:
        labels = dict(_CHOICES[name].choices)
        return ", ".join(str(labels.get(code, code)) for code in value.split(", "))
    if name == "account":
        return gettext(_ON_OFF.get(value, value))
    if name == "SLA":
        kind, _, promise = value.partition(" ")
        return f"{gettext(_SLA_KINDS.get(kind, kind))} {promise}"
    if name == "lasts":
        until = _UNTIL.fullmatch(value)
        return gettext("until %(day)s") % {"day": until[1]} if until else gettext("until revoked")
    return told(value)


def field_words(name: str) -> str:
    """Return what a changed field is called; a key or a path that nobody translates stays as it is."""
    words = _COLUMNS.get(name, name)
    is_label = name[:1].isupper()  # of a form, stored in English
    return gettext(words) if is_label or words in _WORDS or name in _COLUMNS else name
