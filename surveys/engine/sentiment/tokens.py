"""Words of a comment with their places in the text.

One form per word: lower case, no accents, at most two equal letters in a row, English contractions
written out ("didn't" and "didnt" are both "did not"). Positions always refer to the original text, so
that a page can highlight what decided.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

URL = "<url>"
MAIL = "<mail>"
TICKET = "<ticket>"
NUMBER = "<number>"
PLACEHOLDERS = frozenset({URL, MAIL, TICKET, NUMBER})
# Ratings that people write into their comment ("10/10", "1 star"); what is in between is a number.
TOP_RATING = "<top-rating>"
LOW_RATING = "<low-rating>"
TOP_SHARE, LOW_SHARE = 0.9, 0.4
MOST_STARS = 5

LINE_END = "¶"
SENTENCE_ENDS = frozenset({".", "!", "?", LINE_END, "…"})
CLAUSE_ENDS = SENTENCE_ENDS | {",", ";", ":", "-", "(", ")", "/"}

# Romance languages glue articles and pronouns to the next word with an apostrophe; the parts are words.
ELIDING_LANGUAGES = frozenset({"fr", "it", "pt", "es"})

_PATTERN = re.compile(
    r"""
    (?P<url>https?://\S+|www\.\S+)
    |(?P<mail>[\w.+-]+@[\w-]+\.[\w.-]+)
    |(?P<face>[:;=][-o*']?[)(\]\[DdPp/\\|3<>]+(?![\w/])|<3|\b[xX]D\b|\^\^)
    |(?P<ticket>\#\d{3,}|\b[A-Z]{2,8}[-_ ]?\#?\d{4,}\b)
    |(?P<rating>(?<![\d/.,])(?:\d{1,3}[ ]?/[ ]?(?:5|10|100)(?![\d/.])|[0-5][ ]?(?:[*★⭐]+(?!\w)
        |(?i:stars?|sterne?|étoiles?|estrellas?|estrelas?|stell[ae]|ster(?:ren)?|stjärn(?:a|or)|täht(?:i|eä))\b)))
    |(?P<number>\d+(?:[.,:]\d+)*)
    |(?P<word>[^\W\d_]+(?:['’`´][^\W\d_]+)*['’]?)
    |(?P<emoji>[\U0001F300-\U0001FAFF\u2600-\u27BF\u2B50\u2B55\u203C\u2049](?:[\uFE0F\u200D\U0001F3FB-\U0001F3FF]
        |(?<=\u200D)[\U0001F300-\U0001FAFF\u2600-\u27BF])*)
    |(?P<mark>\.\.+|…|[.!?,;:()/\n"“”„«»]|(?<=\s)[-–—]+(?=\s))
    """,
    re.VERBOSE,
)
_RUNS = re.compile(r"(.)\1{2,}")
_CONTRACTIONS = {
    "cannot": ("can", "not"),
    "cant": ("can", "not"),
    "can't": ("can", "not"),
    "wont": ("will", "not"),
    "won't": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
    "aint": ("is", "not"),
    "gonna": ("going", "to"),
    "wanna": ("want", "to"),
    "gotta": ("got", "to"),
    "couldve": ("could", "have"),
    "shouldve": ("should", "have"),
    "wouldve": ("would", "have"),
    "dunno": ("do", "not", "know"),
    "thankyou": ("thank", "you"),
    "alot": ("a", "lot"),
    "im": ("i",),
    "ive": ("i", "have"),
    "its": ("it",),
    "thats": ("that",),
}
_CONTRACTIONS |= {
    verb + "nt": (verb, "not")
    for verb in (
        (
            "do",
            "does",
            "did",
            "is",
            "are",
            "was",
            "were",
            "has",
            "have",
            "had",
            "could",
            "would",
            "should",
            "must",
        )
    )
}
_SUFFIXES = {"'ve": "have", "'re": "are", "'ll": "will", "'m": "", "'s": "", "'d": "would"}


@dataclass(frozen=True, slots=True)
class Token:
    """One word or mark. `form` is normalised, `[start, end)` is its place in the text."""

    form: str
    start: int
    end: int
    is_word: bool


@lru_cache(maxsize=65536)
def fold(word: str) -> str:
    """Return the normalised form: case and accents folded, apostrophes straight, long runs cut to two."""
    decomposed = unicodedata.normalize("NFKD", word.casefold().replace("ı", "i").replace("ø", "o"))
    plain = "".join(char for char in decomposed if not unicodedata.combining(char))
    return _RUNS.sub(r"\1\1", plain.replace("’", "'").replace("`", "'").replace("´", "'"))


def tokenize(text: str, language: str) -> list[Token]:
    """Return the words, faces, emoji and marks of the text in order; quotes and brackets count as marks."""
    tokens: list[Token] = []
    for match in _PATTERN.finditer(text):
        kind = match.lastgroup
        start, end = match.span()
        if kind == "word":
            forms = _word_forms(match.group(), language)
            tokens.extend(Token(form, start, end, True) for form in forms)
        else:
            tokens.append(Token(_form_of_mark(kind, match.group()), start, end, kind != "mark"))
    return tokens


def _form_of_mark(kind: str | None, raw: str) -> str:
    match kind:
        case "url":
            return URL
        case "mail":
            return MAIL
        case "ticket":
            return TICKET
        case "number":
            return NUMBER
        case "rating":
            return _rating_form(raw)
        case "emoji":
            return raw[0]
        case "face":
            return raw
    if raw == "\n":
        return LINE_END
    if raw.startswith(".."):
        return "…"
    return "-" if raw[0] in "-–—" else raw


def _rating_form(raw: str) -> str:
    given, _, best = raw.partition("/")
    share = int(re.sub(r"\D", "", given)) / int(best or MOST_STARS)
    if share > 1.0:
        return NUMBER
    return TOP_RATING if share >= TOP_SHARE else LOW_RATING if share <= LOW_SHARE else NUMBER


@lru_cache(maxsize=65536)
def _word_forms(word: str, language: str) -> tuple[str, ...]:
    form = fold(word)
    if language in ELIDING_LANGUAGES:
        return tuple(part for part in form.split("'") if part)
    if language == "en":
        return _english_forms(form)
    return (form.replace("'", ""),)


def _english_forms(form: str) -> tuple[str, ...]:
    if form in _CONTRACTIONS:
        return _CONTRACTIONS[form]
    if form.endswith("n't"):
        return (form[:-3], "not")
    for suffix, expansion in _SUFFIXES.items():
        if form.endswith(suffix):
            stem = form[: -len(suffix)]
            return (stem, expansion) if expansion else (stem,)
    return (form.replace("'", ""),)
