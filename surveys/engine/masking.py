"""Hide who is meant in a comment from readers without the right to know.

Every hidden letter or digit becomes one "•": the text keeps its length, so that the places of sentiment cues
still fit. Hidden are e-mail and web addresses, telephone and ticket numbers, network addresses, and the names
that the caller knows (people of the ticket, the service team). Bias: a number too many is hidden rather than
one too few; dates, times and durations stay. Limit: a name that nobody passed in is not recognised.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MASK = "•"
SHORTEST_PART = 3
LEAST_PHONE_DIGITS = 7

_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://\S+|\bwww\.\S+|\b\d{1,3}(?:\.\d{1,3}){3}\b")
_DATE = re.compile(r"(?<![\d.])(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d{2}))(?![\d./-]*\d)")
_PHONE = re.compile(r"(?<![\w+])(?:\+|\(\+?)?\d[\d ()/.\-]{5,}\d(?!\w)")
_TICKET = re.compile(r"\b(?:[A-Z]{2,8}[-_ ]?|[a-z]{2,8}[-_]?)#?\d{4,}\b|#\d{3,}|(?<!\w)\d{5,}(?!\w)")
_NAME_END = r"(?:['’]?s)?(?!\w)"


@dataclass(frozen=True, slots=True)
class PrivateSpan:
    """A stretch `text[start:end]` that identifies somebody; `kind` is address, phone, number or name."""

    kind: str
    start: int
    end: int


def private_spans(text: str, names: Iterable[str] = ()) -> list[PrivateSpan]:
    """Return what identifies somebody, in text order, without overlap."""
    taken = [match.span() for match in _DATE.finditer(text)]
    spans: list[PrivateSpan] = []
    for span in (*_address_spans(text), *_name_spans(text, names), *_number_spans(text)):
        if all(span.end <= start or end <= span.start for start, end in taken):
            taken.append((span.start, span.end))
            spans.append(span)
    return sorted(spans, key=lambda span: span.start)


def mask_comment(text: str, names: Iterable[str] = ()) -> str:
    """Return the text with every letter and digit of its private spans replaced by "•"; same length."""
    letters = list(text)
    for span in private_spans(text, names):
        for index in range(span.start, span.end):
            if letters[index].isalnum():
                letters[index] = MASK
    return "".join(letters)


def _address_spans(text: str) -> Iterator[PrivateSpan]:
    for match in _ADDRESS.finditer(text):
        yield PrivateSpan("address", *match.span())


def _number_spans(text: str) -> Iterator[PrivateSpan]:
    # First the longer ones: the end of a telephone number alone looks like a ticket.
    for match in _PHONE.finditer(text):
        if sum(char.isdigit() for char in match.group()) >= LEAST_PHONE_DIGITS:
            yield PrivateSpan("phone", *match.span())
    for match in _TICKET.finditer(text):
        yield PrivateSpan("number", *match.span())


def _name_spans(text: str, names: Iterable[str]) -> Iterator[PrivateSpan]:
    """Yield full names in any case, but parts only where capitalised: "Will" is a name, "will" is not."""
    plain = _same_length_fold(text)
    for name in sorted({name.strip() for name in names if name.strip()}, key=len, reverse=True):
        parts = [_same_length_fold(part) for part in re.split(r"[\s,]+", name) if part]
        if len(parts) > 1:
            yield from _found(plain, r"[\s,]+".join(map(re.escape, parts)))
        for part in parts:
            if len(part) >= SHORTEST_PART or len(parts) == 1:
                yield from (span for span in _found(plain, re.escape(part)) if text[span.start].isupper())


def _found(plain: str, pattern: str) -> Iterator[PrivateSpan]:
    for match in re.finditer(rf"(?<!\w){pattern}{_NAME_END}", plain):
        yield PrivateSpan("name", *match.span())


def _same_length_fold(text: str) -> str:
    return "".join(_fold_letter(char) for char in text)


def _fold_letter(char: str) -> str:
    folded = unicodedata.normalize("NFKD", char)[0].lower()
    return folded if len(folded) == 1 else char
