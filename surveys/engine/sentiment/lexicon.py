"""Phrases of one language, by cue class, and where they occur in a comment.

A lexicon file holds `[class]` headings and comma-separated phrases. In a phrase, `word*` is a prefix,
`a|b` one of two words, `x?` an optional word and `_` a gap of up to three words of the same clause.
Matching is longest first without overlap, so that "no problem" is praise and never a negated fault, and
"closed without" is found in "ticket closed without a solution".
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, product

from surveys.engine.sentiment.meanings import Meanings
from surveys.engine.sentiment.tokens import CLAUSE_ENDS, fold

GAP = "_"
GAP_WORDS = 3
REMEMBERED_FORMS = 50_000

POSITIVE_CLASSES = frozenset({"resolved", "fast", "ease", "thanks", "kind", "good"})
NEGATIVE_CLASSES = frozenset(
    {
        "unresolved",
        "closed_early",
        "slow",
        "repeat",
        "handoff",
        "silence",
        "effort",
        "rude",
        "bad",
        "blocked",
        "fault",
        "wish",
        "sarcasm",
    }
)
CUE_CLASSES = POSITIVE_CLASSES | NEGATIVE_CLASSES | {"plain"}
TIME_CLASSES = ("time_minutes", "time_hours", "time_days", "time_weeks", "time_months")
GRAMMAR_CLASSES = frozenset(
    {"negation", "but", "intensifier", "downtoner", "quick_frame", "slow_frame", "number", *TIME_CLASSES}
)
CLASSES = CUE_CLASSES | GRAMMAR_CLASSES


class LexiconError(ValueError):
    """A lexicon file does not follow the format; the message names the line and what to write instead."""


@dataclass(frozen=True, slots=True)
class Element:
    """One word position of a phrase: any of the exact forms or prefixes, or a gap."""

    forms: frozenset[str]
    prefixes: tuple[str, ...]
    is_gap: bool = False

    def accepts(self, form: str) -> bool:
        """Say whether the word form fits this position."""
        return form in self.forms or (bool(self.prefixes) and form.startswith(self.prefixes))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A sequence of elements that means one class."""

    kind: str
    elements: tuple[Element, ...]

    def end_at(self, forms: Sequence[str], start: int) -> int | None:
        """Return the index after the last matched word when the phrase begins at `start`, else None."""
        return _end(self.elements, 0, forms, start)


def _end(elements: tuple[Element, ...], at: int, forms: Sequence[str], position: int) -> int | None:
    if at == len(elements):
        return position
    if elements[at].is_gap:
        return _end_after_gap(elements, at + 1, forms, position)
    if position >= len(forms) or not elements[at].accepts(forms[position]):
        return None
    return _end(elements, at + 1, forms, position + 1)


def _end_after_gap(elements: tuple[Element, ...], at: int, forms: Sequence[str], position: int) -> int | None:
    for skipped in range(GAP_WORDS + 1):
        end = _end(elements, at, forms, position + skipped)
        if end is not None:
            return end
        if position + skipped >= len(forms) or forms[position + skipped] in CLAUSE_ENDS:
            return None
    return None


@dataclass(frozen=True, slots=True)
class Match:
    """A phrase found: its class and the half-open range of token indices it covers."""

    kind: str
    first: int
    last: int


def _rank(match: Match) -> tuple[int, bool, int]:
    return match.first - match.last, match.kind == "plain", match.first


@dataclass(frozen=True, slots=True)
class _Openings:
    """The phrases that one first word can open, by the exact second word where there is one."""

    by_second: Mapping[str, tuple[Phrase, ...]]
    others: tuple[Phrase, ...]


@dataclass
class PhraseIndex:
    """Phrases indexed by their first and second words."""

    phrases: tuple[Phrase, ...]
    _exact: dict[str, list[int]] = field(default_factory=dict, repr=False)
    _prefix: dict[str, list[int]] = field(default_factory=dict, repr=False)
    _seen: dict[str, _Openings] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for index, phrase in enumerate(self.phrases):
            for form in phrase.elements[0].forms:
                self._exact.setdefault(form, []).append(index)
            for prefix in phrase.elements[0].prefixes:
                self._prefix.setdefault(prefix, []).append(index)

    def _openings(self, form: str) -> _Openings:
        known = self._seen.get(form)
        if known is None:
            indices = set(self._exact.get(form, ()))
            for length in range(1, len(form) + 1):
                indices.update(self._prefix.get(form[:length], ()))
            known = _openings_of([self.phrases[index] for index in sorted(indices)])
            if len(self._seen) < REMEMBERED_FORMS:
                self._seen[form] = known
        return known

    def longest(self, forms: Sequence[str]) -> list[Match]:
        """Return the phrases found without overlap: longer before shorter, a cue before "plain"."""
        found: list[Match] = []
        taken = [False] * len(forms)
        for match in sorted(self.every(forms), key=_rank):
            if not any(taken[match.first : match.last]):
                taken[match.first : match.last] = [True] * (match.last - match.first)
                found.append(match)
        return sorted(found, key=lambda match: match.first)

    def every(self, forms: Sequence[str]) -> list[Match]:
        """Return all phrases found, overlapping ones too."""
        return [match for position in range(len(forms)) for match in self._at(forms, position)]

    def _at(self, forms: Sequence[str], position: int) -> list[Match]:
        openings = self._openings(forms[position])
        second = forms[position + 1] if position + 1 < len(forms) else ""
        phrases = chain(openings.others, openings.by_second.get(second, ()))
        ends = ((phrase, phrase.end_at(forms, position)) for phrase in phrases)
        return [Match(phrase.kind, position, end) for phrase, end in ends if end is not None]


def _openings_of(phrases: Sequence[Phrase]) -> _Openings:
    by_second: dict[str, list[Phrase]] = {}
    others = []
    for phrase in phrases:
        second = phrase.elements[1] if len(phrase.elements) > 1 else None
        if second is None or second.is_gap or second.prefixes:
            others.append(phrase)
            continue
        for form in second.forms:
            by_second.setdefault(form, []).append(phrase)
    return _Openings({form: tuple(found) for form, found in by_second.items()}, tuple(others))


@dataclass(frozen=True)
class Lexicon:
    """What one language's phrases and words mean: cues decide, grammar words shape them."""

    cues: PhraseIndex
    grammar: PhraseIndex
    meanings: Meanings

    @property
    def language(self) -> str:
        """The language, as its ISO 639-1 code."""
        return self.meanings.language

    def lone_words(self) -> frozenset[str]:
        """Return the words that are a phrase of their own: cues, negations and the like."""
        phrases = self.cues.phrases + self.grammar.phrases
        alone = (phrase.elements[0].forms for phrase in phrases if len(phrase.elements) == 1)
        return frozenset(form for forms in alone for form in forms)

    def words(self) -> frozenset[str]:
        """Return every literal word form that occurs in a phrase."""
        phrases = self.cues.phrases + self.grammar.phrases
        return frozenset(form for phrase in phrases for element in phrase.elements for form in element.forms)


def empty_lexicon(language: str) -> Lexicon:
    """Return the lexicon of a language of which nothing is known but its stemmer, where there is one."""
    return parse_lexicon("", Meanings(language, {}, {}))


def parse_lexicon(text: str, meanings: Meanings) -> Lexicon:
    """Read the text of a lexicon file of the language that the meanings belong to.

    Raises LexiconError for an unknown class, a phrase outside a class, or one phrase in two cue classes.
    """
    cues: list[Phrase] = []
    grammar: list[Phrase] = []
    owner: dict[tuple[str, ...], str] = {}
    for kind, written, line_number in _written_phrases(text):
        for words in _variants(written):
            phrase = Phrase(kind, tuple(_element(word) for word in words))
            if kind in GRAMMAR_CLASSES:
                grammar.append(phrase)
                continue
            if owner.setdefault(words, kind) != kind:
                raise LexiconError(
                    f"{meanings.language} line {line_number}: {' '.join(words)!r} is already in"
                    f" [{owner[words]}]; keep one."
                )
            cues.append(phrase)
    return Lexicon(PhraseIndex(tuple(cues)), PhraseIndex(tuple(grammar)), meanings)


def _written_phrases(text: str) -> Iterator[tuple[str, str, int]]:
    kind: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        heading = re.fullmatch(r"\[(\w+)\]", line)
        if heading:
            kind = heading.group(1)
            if kind not in CLASSES:
                raise LexiconError(f"line {number}: unknown class [{kind}]; use one of {sorted(CLASSES)}.")
            continue
        if kind is None:
            raise LexiconError(f"line {number}: phrase before the first [class]; add a heading above.")
        for written in line.split(","):
            if written.strip():
                yield kind, written.strip(), number


def _variants(written: str) -> Iterator[tuple[str, ...]]:
    choices = [(word[:-1], None) if word.endswith("?") else (word,) for word in written.split()]
    for chosen in product(*choices):
        words = tuple(word for word in chosen if word is not None)
        if words:
            yield words


def _element(word: str) -> Element:
    if word == GAP:
        return Element(frozenset(), (), is_gap=True)
    options = [fold(option) for option in word.split("|")]
    prefixes = tuple(option[:-1] for option in options if option.endswith("*"))
    return Element(frozenset(option for option in options if not option.endswith("*")), prefixes)
