"""The words that decided, with their places in the text, for highlighting."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from surveys.engine.sentiment.meanings import stem
from surveys.engine.sentiment.model import SentimentModel
from surveys.engine.sentiment.reading import BAD_FACES, GOOD_FACES, Reading
from surveys.engine.sentiment.tokens import CLAUSE_ENDS, PLACEHOLDERS, fold

MOST_CUES = 8
PHRASE_LEAN = 0.35
# A learned word is shown from this weight on (of its stem and its meaning together); below, it says little.
LEARNED_WORD_LEAN = 0.6
SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Cue:
    """A stretch of the text that speaks for praise (`lean` above 0) or complaint (below 0).

    `kind` is the cue class of the lexicon, "face", or "word" for a word whose weight was learned; the text
    is `comment[start:end]`.
    """

    kind: str
    text: str
    start: int
    end: int
    lean: float


def deciding_cues(
    text: str,
    reading: Reading,
    language: str,
    model: SentimentModel,
    label: str,
    filler: Collection[str] = (),
) -> tuple[Cue, ...]:
    """Return the strongest cues in text order; a label that takes a side has that side's first.

    Words whose weight was learned stand in where no phrase and no face speaks for the side that the label
    takes, but for the `filler` words, which have a weight and no meaning of their own.
    """
    cues = [*_phrase_cues(text, reading, model), *_face_cues(text, reading)]
    wanted = {"negative": -1.0, "positive": 1.0}.get(label, 0.0)
    if not any(cue.lean * wanted > 0 for cue in cues):
        covered = {index for cue in reading.cues for index in range(cue.first, cue.last)}
        learned = _learned_cues(text, reading, language, model, covered)
        cues.extend(cue for cue in learned if cue.lean * wanted > 0 and fold(cue.text) not in filler)
    by_strength = sorted(cues, key=lambda cue: (-abs(cue.lean) - (cue.lean * wanted > 0), cue.start))
    return tuple(sorted(by_strength[:MOST_CUES], key=lambda cue: (cue.start, cue.end)))


def _phrase_cues(text: str, reading: Reading, model: SentimentModel) -> Iterator[Cue]:
    for cue in reading.cues:
        name = f"cue:{cue.kind}{':not' if cue.negated else ''}"
        start, end = reading.tokens[cue.first].start, reading.tokens[cue.last - 1].end
        lean = model.leaning(name) if cue.sign else 0.0
        if cue.sign:
            lean = cue.sign * max(abs(lean), PHRASE_LEAN)
            yield Cue(cue.kind, text[start:end], start, end, lean)


def _face_cues(text: str, reading: Reading) -> Iterator[Cue]:
    for token in reading.tokens:
        if token.form in GOOD_FACES or token.form in BAD_FACES:
            lean = 1.0 if token.form in GOOD_FACES else -1.0
            yield Cue("face", text[token.start : token.end], token.start, token.end, lean)


def _learned_cues(
    text: str, reading: Reading, language: str, model: SentimentModel, covered: set[int]
) -> Iterator[Cue]:
    for index, token in enumerate(reading.tokens):
        if index in covered or token.form in CLAUSE_ENDS | PLACEHOLDERS or len(token.form) < SHORTEST_WORD:
            continue
        mark = "!" if reading.negated[index] else ""
        lean = model.leaning(f"{language}:w:{mark}{stem(token.form, language)}")
        lean += model.leaning(f"m:{mark}{reading.meanings[index]}")
        if abs(lean) >= LEARNED_WORD_LEAN:
            yield Cue("word", text[token.start : token.end], token.start, token.end, lean)
