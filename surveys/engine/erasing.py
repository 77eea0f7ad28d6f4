"""Take one person out of what was written down: an event as it arrived, a text in which somebody names them.

An event is read by its structure: a ticket that is the person's goes as a whole, others stay. Elsewhere the
id, the address and the full name go where they stand as words of their own ("ann@example.org" is no part of
"joann@example.org"). Limit: a name of one word and an id of digits go only where they are the whole value of
a field, and an id of fewer than four signs nowhere: other people's sentences and numbers hold them too.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from surveys.engine.mapping import TicketMapping
from surveys.engine.masking import MASK
from surveys.engine.tickets import Requester

LEAST_LENGTH = 4
_PLAIN_RUN = re.compile(r"[A-Za-z0-9]{3,}")
_ESCAPED = re.compile(r"\\u([0-9A-Fa-f]{4})")


@dataclass(frozen=True)
class Marks:
    """What tells who a person is; empty where it is not known, or is another person's too."""

    external_id: str = ""
    email: str = ""
    name: str = ""

    def fragments(self) -> list[str]:
        """Return for each mark what any text that holds it contains, however its sender escaped it.

        To be looked for in any case, before a text is read exactly.
        """
        found = []
        for mark in filter(None, (self.external_id, self.email, self.name)):
            runs = _PLAIN_RUN.findall(mark)
            found += [max(runs, key=len)] if runs else [mark, json.dumps(mark)[1:-1]]
        return found

    @cached_property
    def _words(self) -> re.Pattern[str] | None:
        patterns = [re.escape(self.email)] if self.email else []
        if len(self.external_id) >= LEAST_LENGTH and not self.external_id.isdigit():
            patterns.append(re.escape(self.external_id))
        parts = [re.escape(part) for part in re.split(r"[\s,]+", self.name) if part]
        if len(parts) > 1:
            patterns += [r"[\s,]+".join(parts), r"[\s,]+".join([parts[-1], *parts[:-1]])]
        if not patterns:
            return None
        return re.compile(rf"(?<![\w.+-])(?:{'|'.join(patterns)})(?![\w-]|[.@]\w)", re.IGNORECASE)

    @cached_property
    def _wholes(self) -> frozenset[str]:
        own_id = self.external_id if len(self.external_id) >= LEAST_LENGTH else ""
        return frozenset(mark.casefold() for mark in (self.email, self.name, own_id) if mark)

    def out_of(self, text: str) -> str:
        """Return a text without the person: dots in their place, empty where it says nothing else."""
        if text.strip().casefold() in self._wholes:
            return ""
        return self._words.sub(lambda found: MASK * len(found[0]), text) if self._words else text

    def out_of_all(self, value: Any) -> Any:
        """Return a decoded JSON value with the person taken out of every text in it."""
        if isinstance(value, str):
            return self.out_of(value)
        if isinstance(value, list):
            return [self.out_of_all(one) for one in value]
        if isinstance(value, dict):
            return {self.out_of(name): self.out_of_all(one) for name, one in value.items()}
        is_number = isinstance(value, int) and not isinstance(value, bool)
        return "" if is_number and str(value) in self._wholes else value

    def are_of(self, requester: Requester) -> bool:
        """Say whether a ticket's requester is this person; two ids behind one address are two people."""
        told = requester.external_id.lower()  # by some sources an address
        if told and self.external_id and told != self.email.lower():
            return told == self.external_id.lower()
        if requester.email:
            return requester.email == self.email.lower()
        return bool(self.name) and requester.name.casefold() == self.name.casefold()


def body_without(
    text: str,
    marks: Marks,
    *,
    numbers: Collection[str],
    mapping: TicketMapping | None,
    is_about_them: bool,
) -> str:
    """Return the body of an event without a person's tickets and without the person in what is left.

    `numbers` are those of their tickets in the event's source, `mapping` says where tickets stand in it;
    `is_about_them` when it was applied to one of theirs. Empty when nothing is left, when a body that is no
    JSON names the person, and when their ticket cannot be told from the rest.
    """
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        plain = _ESCAPED.sub(lambda code: chr(int(code[1], 16)), text)
        return text if marks.out_of(plain) == plain and not is_about_them else ""
    left = _without_tickets(body, lambda item: _is_theirs(item, marks, numbers, mapping), mapping)
    if left in (None, {}, []) or (is_about_them and left == json.loads(text)):
        return ""
    cleaned = marks.out_of_all(left)
    return text if cleaned == json.loads(text) else json.dumps(cleaned, ensure_ascii=False)


def _without_tickets(body: Any, is_theirs: Callable[[Any], bool], mapping: TicketMapping | None) -> Any:
    """Return a body with the person's tickets emptied; None where no other is left or they cannot be."""
    items = _tickets(body, mapping)
    theirs = [item for item in items if is_theirs(item)]
    if not theirs:
        return body
    for item in theirs:
        item.clear()
    is_emptied = not any(map(is_theirs, _tickets(body, mapping)))
    return body if is_emptied and len(theirs) < len(items) else None


def _tickets(body: Any, mapping: TicketMapping | None) -> list[dict[str, Any]]:
    try:
        found = mapping.tickets_in(body) if mapping else []
    except ValueError:
        return []
    return [item for item in found if isinstance(item, dict)]


def _is_theirs(
    item: dict[str, Any], marks: Marks, numbers: Collection[str], mapping: TicketMapping | None
) -> bool:
    try:
        number, requester = mapping.whose(item) if mapping else ("", None)
    except ValueError:
        return False
    return number in numbers or (requester is not None and marks.are_of(requester))
