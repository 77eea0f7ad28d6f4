"""Numbers that the model weighs, made from a reading, TextBlob's assessment and the words themselves.

Names say where a number comes from: `cue:`, `sum:`, `time:`, `look:`, `m:` (meanings), `opens:` and `closes:`
(meanings where a comment begins and ends), `with:` (meanings in one sentence) and `blob:` are shared by all
languages, `w:` (words) and `c:` (letters inside words) carry the language in front.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain, combinations

from textblob.en import sentiment as textblob_sentiment

from surveys.engine.sentiment.meanings import stem
from surveys.engine.sentiment.reading import Reading
from surveys.engine.sentiment.tokens import CLAUSE_ENDS, LINE_END, SENTENCE_ENDS

# Changes of the code that alter any score raise this; a model trained under another is refused.
FEATURES_VERSION = 5

LETTERS_FROM, LETTERS_TO = 3, 5
LETTER_SCALE = 1.2
WORD_SCALE = 2.6
MEANING_SCALE = 3.5
EDGE_SCALE = 0.6
TOGETHER_SCALE = 2.0
# Sentences of more meanings than this say too little by two of them.
MOST_TOGETHER = 29
# How somebody ends a comment says nothing of the service, only of the habits in the training data.
PLAIN_ENDS = frozenset({".", LINE_END})

Parts = list[set[str]]


def shared_features(text: str, reading: Reading) -> dict[str, float]:
    """Return the features that mean the same in every language."""
    values: Counter[str] = Counter()
    _add_cues(values, reading)
    _add_sums(values, reading)
    _add_times(values, reading)
    _add_look(values, text, reading)
    return {name: math.log1p(value) if value > 0 else float(value) for name, value in values.items()}


def textblob_features(text: str) -> dict[str, float]:
    """Return TextBlob's polarity and its word assessments; TextBlob's lexicon is English only."""
    score = textblob_sentiment(text)
    polarities = [assessment[1] for assessment in score.assessments]
    if not polarities:
        return {"blob:silent": 1.0}
    return {
        "blob:polarity": float(score[0]),
        "blob:subjectivity": float(score[1]),
        "blob:highest": max(0.0, max(polarities)),
        "blob:lowest": min(0.0, min(polarities)),
        "blob:praise": math.log1p(sum(polarity > 0 for polarity in polarities)),
        "blob:complaint": math.log1p(sum(polarity < 0 for polarity in polarities)),
    }


def _add_cues(values: Counter[str], reading: Reading) -> None:
    for cue in reading.cues:
        name = f"cue:{cue.kind}{':not' if cue.negated else ''}"
        values[name] += 1
        if cue.after_but:
            values[name + ":but"] += 1
        elif reading.has_but:
            values[name + ":before"] += 1
        if cue.in_last_sentence:
            values[name + ":last"] += 1
    _add_lone_kinds(values, [f"{cue.kind}{':not' if cue.negated else ''}" for cue in reading.cues])


def _add_lone_kinds(values: Counter[str], kinds: list[str]) -> None:
    pointed = [kind for kind in kinds if kind != "plain"]
    if len(set(kinds)) == 1:
        values["cue:only:" + kinds[0]] = 1
    if len(set(pointed)) == 1:
        values["cue:sole:" + pointed[0]] = 1


def _add_sums(values: Counter[str], reading: Reading) -> None:
    signs = [cue.sign for cue in reading.cues]
    praise, complaint = signs.count(1) + reading.good_faces, signs.count(-1) + reading.bad_faces
    values["sum:praise"], values["sum:complaint"] = praise, complaint
    values["sum:both"] = min(praise, complaint)
    values["sum:praise_only"] = praise if not complaint else 0
    values["sum:complaint_only"] = complaint if not praise else 0
    values["sum:none"] = int(not praise and not complaint)
    pointed = [sign for sign in signs if sign]
    if pointed:
        values["sum:first"], values["sum:last"] = pointed[0], pointed[-1]
    if reading.has_but:
        _add_but(values, reading)


def _add_but(values: Counter[str], reading: Reading) -> None:
    before = sum(cue.sign for cue in reading.cues if not cue.after_but)
    after = sum(cue.sign for cue in reading.cues if cue.after_but)
    values["but:any"] = 1
    values["but:praise_then_complaint"] = int(before > 0 > after)
    values["but:complaint_then_praise"] = int(before < 0 < after)
    values["but:praise_then"] = int(before > 0 >= after)
    values["but:then_complaint"] = int(after < 0)
    values["but:then_praise"] = int(after > 0)


def _add_times(values: Counter[str], reading: Reading) -> None:
    for span in reading.spans:
        values[f"time:{span.unit[5:]}:{span.frame}"] += 1


def _add_look(values: Counter[str], text: str, reading: Reading) -> None:
    words = [token for token in reading.tokens if token.form not in CLAUSE_ENDS]
    values["look:good_faces"], values["look:bad_faces"] = reading.good_faces, reading.bad_faces
    values["look:exclaims"] = text.count("!")
    values["look:asks"] = text.count("?")
    values["look:trails_off"] = sum(token.form == "…" for token in reading.tokens)
    values["look:quotes"] = sum(text.count(mark) for mark in '"“”„«»') // 2
    letters = [char for char in text if char.isalpha()]
    if len(letters) >= 8 and sum(char.isupper() for char in letters) > 0.7 * len(letters):
        values["look:shouts"] = 1
    values["look:length"] = len(words)
    for token in words:
        if token.form.startswith("<") and token.form.endswith(">"):
            values["look:" + token.form[1:-1]] += 1
    sarcastic = any(cue.kind == "sarcasm" for cue in reading.cues)
    if sarcastic and any(cue.sign > 0 for cue in reading.cues):
        values["look:praise_with_sarcasm"] = 1


def word_features(reading: Reading, language: str) -> dict[str, float]:
    """Return the stems of the words, each also as negated where a negation turns it, and their pairs."""
    stems = [stem(token.form, language) for token in reading.tokens]
    names = chain(_single(stems, reading.negated), _groups(stems, 2))
    return _scaled(Counter(f"{language}:w:{name}" for name in names), WORD_SCALE)


def meaning_features(reading: Reading) -> dict[str, float]:
    """Return the meanings of the words, each also as negated, their pairs and their triples."""
    known = [index for index, meaning in enumerate(reading.meanings) if meaning is not None]
    meanings = [reading.meanings[index] or "" for index in known]
    singles = _single(meanings, [reading.negated[index] for index in known])
    names = chain(singles, _groups(meanings, 2), _groups(meanings, 3))
    return _scaled(Counter(f"m:{name}" for name in names), MEANING_SCALE)


def edge_features(sentences: Parts, clauses: Parts) -> dict[str, float]:
    """Return the meanings in the first and in the last sentence and clause, where there are several.

    People say what they came to say at the start, or keep it for the end.
    """
    values: dict[str, float] = {}
    for kind, parts in (("sentence", sentences), ("clause", clauses)):
        if len(parts) > 1:
            for edge, part in (("opens", parts[0]), ("closes", parts[-1])):
                share = EDGE_SCALE / math.sqrt(len(part))
                values.update((f"{edge}:{kind}:{meaning}", share) for meaning in part)
    return values


def together_features(sentences: Parts) -> dict[str, float]:
    """Return the pairs of meanings that stand in one sentence, in whatever order."""
    names = [
        f"with:{one} {other}"
        for part in sentences
        if len(part) <= MOST_TOGETHER
        for one, other in combinations(sorted({meaning.removeprefix("!") for meaning in part}), 2)
    ]
    return _scaled(Counter(names), TOGETHER_SCALE)


def parts_of(reading: Reading) -> tuple[Parts, Parts]:
    """Return the meanings of each sentence and of each clause, negated ones with a "!" in front."""
    sentences: Parts = [set()]
    clauses: Parts = [set()]
    for token, meaning, is_negated in zip(reading.tokens, reading.meanings, reading.negated, strict=True):
        if token.form in CLAUSE_ENDS:
            clauses.append(set())
            if token.form in SENTENCE_ENDS:
                sentences.append(set())
        elif meaning is not None:
            said = f"!{meaning}" if is_negated else meaning
            sentences[-1].add(said)
            clauses[-1].add(said)
    return [part for part in sentences if part], [part for part in clauses if part]


def _single(words: Sequence[str], negated: Sequence[bool]) -> Iterator[str]:
    for word, is_negated in zip(words, negated, strict=True):
        if word not in CLAUSE_ENDS:
            yield word
            if is_negated:
                yield "!" + word


def _groups(words: Sequence[str], size: int) -> Iterator[str]:
    """Return neighbours, marks and the borders of the comment among them; a last full stop is its border."""
    end = len(words)
    while end and words[end - 1] in PLAIN_ENDS:
        end -= 1
    bordered = ["^", *words[:end], "$"]
    for start in range(len(bordered) - size + 1):
        yield " ".join(bordered[start : start + size])


def letter_features(reading: Reading, language: str) -> dict[str, float]:
    """Return the letter groups of all words, borders marked, so that typing errors stay recognisable."""
    counts: Counter[str] = Counter()
    for token in reading.tokens:
        if token.is_word:
            counts.update(_letters(token.form, language))
    return _scaled(counts, LETTER_SCALE)


@lru_cache(maxsize=65536)
def _letters(form: str, language: str) -> tuple[str, ...]:
    bordered = f"_{form}_"
    return tuple(
        f"{language}:c:{bordered[start : start + size]}"
        for size in range(LETTERS_FROM, LETTERS_TO + 1)
        for start in range(len(bordered) - size + 1)
    )


def _scaled(counts: Counter[str], scale: float) -> dict[str, float]:
    total = sum(counts.values())
    share = scale / math.sqrt(total) if total else 0.0
    return {name: share * count for name, count in counts.items()}


def comment_features(text: str, reading: Reading, language: str) -> dict[str, float]:
    """Return every feature of one comment by name."""
    features = shared_features(text, reading)
    if language == "en":
        features |= textblob_features(text)
    features |= word_features(reading, language)
    features |= meaning_features(reading)
    sentences, clauses = parts_of(reading)
    features |= edge_features(sentences, clauses)
    features |= together_features(sentences)
    features |= letter_features(reading, language)
    features[language_feature(language)] = 1.0
    return features


def language_feature(language: str) -> str:
    """Return the name of the feature that every comment of this language has."""
    return f"{language}:all"
