"""What a comment says, before any weight is learned: cues, negation, clauses, time spans, faces.

A reading is the same for every model version with the same lexicons. Cue classes mean the same in every
language, so that what the model learns about them in one language holds in the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from surveys.engine.sentiment.lexicon import (
    NEGATIVE_CLASSES,
    POSITIVE_CLASSES,
    TIME_CLASSES,
    Lexicon,
    Match,
)
from surveys.engine.sentiment.tokens import (
    CLAUSE_ENDS,
    LOW_RATING,
    NUMBER,
    SENTENCE_ENDS,
    TOP_RATING,
    Token,
    tokenize,
)

NEGATION_WORDS = 5
FRAME_WORDS = 3

GOOD_FACES = frozenset(
    "👍👏🙏😊🙂😀😃😄😁😆😍🥰😘🤩😎🎉🥳💪❤♥💚💙💛🧡💜🌟⭐✨🏆💯✅✔☺😇🤗👌🙌🚀⚡🥇🌹🌻🌸🍀😻🤝🎊🌞☀🏅🫶😌💐🎯"
) | {
    ":)",
    ":-)",
    ":D",
    ":-D",
    "=)",
    ":]",
    ";)",
    ";-)",
    ":p",
    ":P",
    "<3",
    "xD",
    "XD",
    "^^",
    "=D",
    ":-P",
    TOP_RATING,
}
BAD_FACES = frozenset(
    "👎😡😠🤬😞😔😟🙁☹😣😖😫😩😢😭😤🤮🤢💩😒🙄😑😐😕😬🤦🤷💔❌🐌⏳⌛🐢😱😓😥😪😵🥱🤡🗑💀🖕😴🫠😾🚫🔥"
) | {  # noqa: E501 - wide letters
    ":(",
    ":-(",
    "=(",
    ":[",
    ":/",
    ":-/",
    ":\\",
    ":-\\",
    ":|",
    ":-|",
    ":'(",
    ">:(",
    "D:",
    LOW_RATING,
}


@dataclass(frozen=True, slots=True)
class CueMatch:
    """A cue phrase in the text: token range, class, whether a negation turns it, and where it stands."""

    kind: str
    first: int
    last: int
    negated: bool
    after_but: bool
    in_last_sentence: bool

    @property
    def sign(self) -> int:
        """Return +1 for praise, -1 for complaint, 0 for neither; a negation turns it round."""
        sign = (self.kind in POSITIVE_CLASSES) - (self.kind in NEGATIVE_CLASSES)
        return -sign if self.negated else sign


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A stretch of time that is named: its unit class, and whether it is told as quick, slow or neither."""

    unit: str
    frame: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class Reading:
    """Everything the rules see in one comment; `meanings`, `negated` and `after_but` go with the tokens."""

    tokens: tuple[Token, ...]
    meanings: tuple[str | None, ...]
    cues: tuple[CueMatch, ...]
    spans: tuple[TimeSpan, ...]
    negated: tuple[bool, ...]
    after_but: tuple[bool, ...]
    good_faces: int
    bad_faces: int
    has_but: bool


def read_comment(text: str, lexicon: Lexicon) -> Reading:
    """Return the reading of a text in the lexicon's language."""
    tokens = tokenize(text, lexicon.language)
    forms = [token.form for token in tokens]
    grammar = _tags(forms, lexicon)
    matches = lexicon.cues.longest(forms)
    negated = _negation_scope(forms, grammar["negation"], matches)
    after_but = _after_but(forms, grammar["but"])
    last_start = _last_sentence_start(forms)
    cues = tuple(_cue(match, negated, after_but, last_start) for match in matches)
    return Reading(
        tokens=tuple(tokens),
        meanings=tuple(lexicon.meanings.of(form) for form in forms),
        cues=cues,
        spans=tuple(_time_spans(forms, grammar)),
        negated=tuple(negated),
        after_but=tuple(after_but),
        good_faces=sum(form in GOOD_FACES for form in forms),
        bad_faces=sum(form in BAD_FACES for form in forms),
        has_but=any(after_but),
    )


def _tags(forms: list[str], lexicon: Lexicon) -> dict[str, set[int]]:
    tags: dict[str, set[int]] = {
        kind: set() for kind in ("negation", "but", "quick_frame", "slow_frame", "number", *TIME_CLASSES)
    }
    for match in lexicon.grammar.every(forms):
        tags.setdefault(match.kind, set()).update(range(match.first, match.last))
    return tags


def _negation_scope(forms: list[str], negations: set[int], matches: list[Match]) -> list[bool]:
    """Mark the words that a negation turns: up to five, to the end of the clause, not beyond one cue."""
    negated = [False] * len(forms)
    inside_cue = {index for match in matches for index in range(match.first, match.last)}
    cue_ends = {match.last - 1 for match in matches}
    for start in sorted(negations - inside_cue):
        for index in range(start + 1, min(start + 1 + NEGATION_WORDS, len(forms))):
            if forms[index] in CLAUSE_ENDS:
                break
            negated[index] = True
            if index in cue_ends:
                break
    return negated


def _after_but(forms: list[str], buts: set[int]) -> list[bool]:
    marked, after = [], False
    for index, form in enumerate(forms):
        if index in buts:
            after = True
        elif form in SENTENCE_ENDS:
            after = False
        marked.append(after)
    return marked


def _last_sentence_start(forms: list[str]) -> int:
    end = len(forms)
    while end and forms[end - 1] in CLAUSE_ENDS:
        end -= 1
    for index in range(end - 1, -1, -1):
        if forms[index] in SENTENCE_ENDS:
            return index + 1
    return 0


def _cue(match: Match, negated: list[bool], after_but: list[bool], last_start: int) -> CueMatch:
    return CueMatch(
        kind=match.kind,
        first=match.first,
        last=match.last,
        negated=negated[match.first],
        after_but=after_but[match.first],
        in_last_sentence=match.first >= last_start,
    )


def _time_spans(forms: list[str], grammar: dict[str, set[int]]) -> list[TimeSpan]:
    spans = []
    for unit in TIME_CLASSES:
        for index in sorted(grammar[unit]):
            first = index
            while first and (forms[first - 1] == NUMBER or first - 1 in grammar["number"]):
                first -= 1
            spans.append(TimeSpan(unit, _frame(first, index, len(forms), grammar), first, index + 1))
    return spans


def _frame(first: int, last: int, length: int, grammar: dict[str, set[int]]) -> str:
    before = range(max(0, first - FRAME_WORDS), first)
    after = range(last + 1, min(length, last + 1 + FRAME_WORDS))
    if any(index in grammar["quick_frame"] for index in before):
        return "quick"
    if any(index in grammar["slow_frame"] for index in (*before, *after)):
        return "slow"
    return "bare"
