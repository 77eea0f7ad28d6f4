"""The draw that decides who is asked: fixed by the ticket, so that a repeated run decides the same."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from hashlib import blake2b

DRAW_BYTES = 8


def draw(*, source: str, ticket_number: str, resolved_at: datetime, rule_number: int) -> float:
    """Return a number in [0, 1), uniform over tickets and the same each time for the same resolution and
    rule.

    `resolved_at` must be aware. A resolution is asked when its draw lies below its probability.
    """
    moment = resolved_at.astimezone(UTC).isoformat(timespec="microseconds")
    return _uniform(source, ticket_number, moment, str(rule_number))


def lot(*, source: str, parent_number: str, ticket_number: str) -> float:
    """Return a ticket's place in [0, 1) among those of its parent incident: the lowest lots are asked.

    Independent of `draw`, and the same whenever it is asked for.
    """
    return _uniform("lot", source, parent_number, ticket_number)


def simple_sample(keys: Iterable[int], *, seed: str, count: int) -> list[int]:
    """Return `count` of these keys, each set of them as likely as any other, in the order of the draw.

    The same seed draws the same, and a smaller count the first of a larger one.
    """
    return sorted(keys, key=lambda key: (_uniform("silent", seed, str(key)), key))[:count]


def _uniform(*parts: str) -> float:
    # The separator occurs in no field that a source sends, so that no two tickets share a name.
    digest = blake2b("\x1f".join(parts).encode(), digest_size=DRAW_BYTES).digest()
    # 53 bits are all that a float holds; more would round the largest draws up to 1.
    return (int.from_bytes(digest) >> 11) / 2**53
