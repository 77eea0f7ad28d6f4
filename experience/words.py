"""Words of engines and library in the reader's language.

Engines and the library know no language: they name things in English, with values beside. Here that becomes
what somebody reads. `tests/messages.py` collects these texts where they are written.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

from django.utils.functional import Promise
from django.utils.translation import gettext, gettext_lazy, gettext_noop

from experience import figures
from experience.services.library import LIBRARY

if TYPE_CHECKING:
    from experience.engine.agreement_problems import Problem


STREAM_WORDS: Mapping[str, str | Promise] = {
    "X": gettext_lazy("Experience"),
    "O": gettext_lazy("Operations"),
    "T": gettext_lazy("Technology"),
    "S": gettext_lazy("Unsolicited text"),
}
SPLIT_WORDS: Mapping[str, str | Promise] = {"site": gettext_lazy("Site"), "persona": gettext_lazy("Persona")}


def problem_words(problem: Problem) -> str:
    """Return what stops an agreement, and what to do about it."""
    words = gettext(problem.template)
    values = {name: _written(value) for name, value in problem.values.items()}
    return words % values if values else words


def _written(value: object) -> object:
    return figures.full_day(value) if isinstance(value, date) else value


# Names that the library gave once. Results and their receipts keep them, so they change where they are said.
_RENAMED = {"Time to resolve over target (MTTR)": "Time to resolve over target"}


def indicator_words(text: str) -> str:
    """Return a name or an explanation of the indicator library; one's own stays as written."""
    return gettext(_RENAMED.get(text, text)) if text else ""


_TERMS = {
    "agreement": gettext_noop("Key"),
    "name": gettext_noop("Name"),
    "valid_from": gettext_noop("Holds from"),
    "ambition": gettext_noop("Ambition"),
    "provider": gettext_noop("Provider"),
    "customer": gettext_noop("Customer"),
    "owner": gettext_noop("Owner"),
    "agreed_by": gettext_noop("Agreed by"),
    "agreed_on": gettext_noop("Agreed on"),
    "review_on": gettext_noop("Review on"),
    "if_missed": gettext_noop("When it is missed"),
    "is_primary": gettext_noop("Primary"),
    "primary": gettext_noop("Primary"),
    "needs_second_person": gettext_noop("A second person publishes"),
    "second_person": gettext_noop("A second person publishes"),
    "services": gettext_noop("Services"),
    "covers_rest": gettext_noop("Every other live service"),
    "journey": gettext_noop("Journey"),
    "personas": gettext_noop("Personas"),
    "sites": gettext_noop("Sites"),
    "baseline_until": gettext_noop("Only measure until"),
    "weights": gettext_noop("Weights"),
    "indicators": gettext_noop("Indicators"),
    "exclusions": gettext_noop("Days that do not count"),
    "note": gettext_noop("Note"),
    "weight": gettext_noop("Weight"),
    "target": gettext_noop("Target"),
    "floor": gettext_noop("Floor"),
    "ceiling": gettext_noop("Ceiling"),
    "X": gettext_noop("Experience"),
    "O": gettext_noop("Operations"),
    "T": gettext_noop("Technology"),
    "S": gettext_noop("Unsolicited text"),
}
_INDICATORS = {declaration.key: declaration.name for declaration in LIBRARY}


def term_words(path: str) -> str:
    """Return where in the terms something stands: "weights.X" as "Weights · Experience".

    An indicator stands under its name, "Indicators · User's clock · Target"; other keys stay as they are.
    """
    known = _TERMS | _INDICATORS if path.startswith("indicators.") else _TERMS
    return " · ".join(gettext(known[part]) if part in known else part for part in path.split("."))


def term_value(value: str) -> str:
    """Return a value of the terms: days and yes in the reader's language, what was typed as it is."""
    if value == "yes":
        return gettext("yes")
    try:
        return figures.full_day(date.fromisoformat(value))
    except ValueError:
        return value
