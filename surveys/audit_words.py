"""The audit log in the reader's language: what an entry is about, and which of its fields changed.

Entries are stored in English; names, keys and paths into an agreement stay as they are.
"""

from __future__ import annotations

from django.utils.translation import gettext, gettext_noop

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
}


def subject_words(subject: str) -> str:
    """Return what an entry is about, "user ada" as "Konto ada"."""
    for template in _SUBJECTS:
        head = template.partition("%")[0]
        if subject.startswith(head):
            return gettext(template) % {"name": subject.removeprefix(head)}
    return field_words(subject)


def field_words(name: str) -> str:
    """Return what a changed field is called; a key or a path that nobody translates stays as it is."""
    words = _COLUMNS.get(name, name)
    return gettext(words) if words in _WORDS or name in _COLUMNS else name
