"""Words that were stored once and are read by many: kept in English, said in the reader's language.

Histories and logs keep what a program wrote as one English sentence. A sentence with a name or a number in it
is known by its template, which its writer puts in here; what nobody put in stays as it was stored.
"""

from __future__ import annotations

import re
from functools import lru_cache

from django.utils.translation import gettext

_templates: dict[str, re.Pattern[str]] = {}
_PLACE = re.compile(r"%\\\((\w+)\\\)s")


def stored(template: str) -> str:
    """Note a template such as "Given to %(name)s." and return it; texts made from it can be translated."""
    pattern = _PLACE.sub(lambda place: f"(?P<{place[1]}>.+)", re.escape(template))
    _templates[template] = re.compile(pattern, re.DOTALL)
    _read.cache_clear()
    return template


def told(text: str) -> str:
    """Return a stored text in the reader's language; what people typed stays as they wrote it."""
    if not text:
        return ""
    template, values = _read(text)
    return gettext(template) % values if values else gettext(template)


@lru_cache(maxsize=2000)
def _read(text: str) -> tuple[str, dict[str, str]]:
    for template, pattern in _templates.items():
        found = pattern.fullmatch(text)
        if found:
            return template, found.groupdict()
    return text, {}
