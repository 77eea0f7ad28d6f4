"""Words of engines and library in the reader's language.

Engines and the library know no language: they name things in English, with values beside. Here that becomes
what somebody reads. `tests/messages.py` collects these texts where they are written.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.utils.translation import gettext

from experience import figures

if TYPE_CHECKING:
    from experience.engine.agreement_terms import Problem


def problem_words(problem: Problem) -> str:
    """Return what stops an agreement, and what to do about it."""
    words = gettext(problem.template)
    values = {name: _written(value) for name, value in problem.values.items()}
    return words % values if values else words


def _written(value: object) -> object:
    return figures.full_day(value) if isinstance(value, date) else value


def indicator_words(text: str) -> str:
    """Return a name or an explanation of the indicator library; one's own stays as written."""
    return gettext(text) if text else ""
