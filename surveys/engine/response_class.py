"""The response class of a resolution: what is known of every ticket, answered or not, before anybody answers.

Six digits, most important first (docs/method.md, section 3), so that a prefix is the parent class:

| digit | key | values |
|---|---|---|
| 1 | repeat contact | 0 no, 1 yes |
| 2 | reopened before | 0 no, 1 yes |
| 3 | time to resolve | 0 within the target, 1 within twice the target, 2 longer |
| 4 | language group | 0 the organisation's language or unknown, 1 another |
| 5 | persona group | 0 unknown, 1 or 2 by persona |
| 6 | reassigned | 0 never, 1 once, 2 more often |

Facts as they stood at the resolution, never later: what an answer can cause must not weigh answers. Digits 4
and 5 are groups on purpose: any fixed grouping of facts from before the answer is valid, and few groups keep
classes large enough to have a response rate of their own.
"""

from __future__ import annotations

from enum import IntEnum
from zlib import crc32

# Resolution targets by priority in minutes, where none was agreed for the service or for all.
TARGET_MINUTES = {1: 4 * 60, 2: 24 * 60, 3: 5 * 24 * 60, 4: 10 * 24 * 60, 5: 20 * 24 * 60}
USUAL_PRIORITY = 3
PERSONA_GROUPS = 2


class Fact(IntEnum):
    """What the digits tell, each by its place."""

    REPEAT_CONTACT = 0
    REOPENED = 1
    TIME_TO_RESOLVE = 2
    LANGUAGE = 3
    PERSONA = 4
    REASSIGNED = 5


DIGITS = len(Fact)


def tells(response_class: str, fact: Fact) -> bool:
    """Say whether a class tells a fact: its digit is above 0. A coarser class knows its own digits alone."""
    return response_class[fact : fact + 1] > "0"


def target_minutes(priority: int | None) -> int:
    """Return the usual time to resolve for a priority, in minutes; without one that of the usual priority."""
    return TARGET_MINUTES.get(priority or USUAL_PRIORITY, TARGET_MINUTES[USUAL_PRIORITY])


def time_to_resolve_class(minutes: int, target: int) -> int:
    """Return 0 within the target, 1 within twice the target, 2 longer; both in minutes."""
    return 0 if minutes <= target else 1 if minutes <= 2 * target else 2


def language_group(language: str, organisation_language: str) -> int:
    """Return 1 for people who are addressed in another language than the organisation's, else 0."""
    main = language.split("-")[0].lower()
    return int(main not in ("", organisation_language.split("-")[0].lower()))


def persona_group(persona: str) -> int:
    """Return a stable group 1 or 2 for a persona, 0 when it is unknown."""
    return 1 + crc32(persona.casefold().encode()) % PERSONA_GROUPS if persona else 0


def class_of_person(*, language: int, persona: int) -> str:
    """Return the class of a resolution of which no more is known yet than the groups of its person."""
    return f"000{language}{persona}0"


def response_class(
    *,
    is_repeat_contact: bool,
    reopen_count: int,
    minutes_to_resolve: int,
    target: int,
    language: int,
    persona: int,
    reassignment_count: int,
) -> str:
    """Return the six digits of the class; `language` and `persona` are groups, see the functions above,
    `target` the agreed minutes to resolve.
    """
    digits = (
        int(is_repeat_contact),
        int(reopen_count > 0),
        time_to_resolve_class(minutes_to_resolve, target),
        language,
        persona,
        min(reassignment_count, 2),
    )
    return "".join(map(str, digits))
