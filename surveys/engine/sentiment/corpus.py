"""The training data of the repository: written comments, public sets, samples of other languages."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path

from surveys.engine.language import SCORED_LANGUAGES
from surveys.engine.sentiment.training import LabelledComment, is_kept_apart

DATA_FOLDER = Path(__file__).resolve().parents[2] / "data"
LABELLED_SETS = ("uci_amazon_cells", "uci_yelp", "uci_imdb", "senti4sd_so")
RATED_SETS = ("vader_tweets", "vader_product_reviews", "vader_movie_reviews", "vader_editorials")
# Far from what people write about IT: never trained on, only judged on.
UNSEEN_SETS = ("vader_movie_reviews", "vader_editorials")
INBOXES_TO_JUDGE = ("first", "second", "third")
CLEAR_INTENSITY = 0.8
ENGLISH_SAMPLE = 1800
SAME_LANGUAGE = {"es_AR": "es", "pt_BR": "pt", "bs": "hr", "sr_Latn": "hr", "nn": "nb"}


def training_files() -> list[Path]:
    """Return every file that training reads, for the hashes in the model's header."""
    comments, texts = DATA_FOLDER / "comments", DATA_FOLDER / "text"
    return sorted(comments.glob("*.jsonl")) + sorted(texts.glob("*.[ct]sv*"))


def read_comments() -> list[LabelledComment]:
    """Return the written IT-support comments of all scored languages; the group is the scenario."""
    comments = []
    for language in SCORED_LANGUAGES:
        path = DATA_FOLDER / "comments" / f"{language}.jsonl"
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            comments.append(LabelledComment(row["text"], row["label"], language, row["scenario"]))
    return comments


def read_inbox(name: str) -> list[LabelledComment]:
    """Return the comments of an inbox to judge by ("first", "second", "third"), never trained on."""
    return [
        LabelledComment(row["text"], row["label"], path.stem, name)
        for path in sorted((DATA_FOLDER / "comments_inbox" / name).glob("*.jsonl"))
        for row in map(json.loads, path.read_text(encoding="utf-8").splitlines())
    ]


def read_public_set(name: str) -> list[tuple[str, str]]:
    """Return (text, label) pairs of a public set; human intensities within 0.8 of zero are neutral."""
    with gzip.open(DATA_FOLDER / "text" / f"{name}.csv.gz", "rt", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    if name in LABELLED_SETS:
        return [(row["text"], row["label"]) for row in rows]
    return [(row["text"], _label_of(float(row["intensity"]))) for row in rows]


def public_texts(name: str) -> list[LabelledComment]:
    """Return a public set as labelled texts; each text is a group of its own."""
    return [LabelledComment(text, label, "en", text) for text, label in read_public_set(name)]


def read_public_texts() -> list[LabelledComment]:
    """Return the public texts to train on: all sets but the unseen ones, without the fifth kept apart."""
    names = [name for name in (*LABELLED_SETS, *RATED_SETS) if name not in UNSEEN_SETS]
    return [text for name in names for text in public_texts(name) if not is_kept_apart(text)]


def language_texts(comments: list[LabelledComment]) -> Iterator[tuple[str, str]]:
    """Yield (language, text) pairs for the language detector: comments, interface texts, other languages."""
    yield from ((comment.language, comment.text) for comment in comments for _ in range(2))
    with gzip.open(DATA_FOLDER / "text" / "interface_languages.tsv.gz", "rt", encoding="utf-8") as file:
        yield from ((SAME_LANGUAGE.get(code, code), text) for code, text in _pairs(file.read()))
    own = (DATA_FOLDER / "text" / "other_languages.tsv").read_text(encoding="utf-8")
    yield from (pair for pair in _pairs(own) for _ in range(4))
    english = read_public_set("uci_amazon_cells") + read_public_set("senti4sd_so")
    yield from (("en", text) for text, _ in english[:ENGLISH_SAMPLE])


def _pairs(lines: str) -> Iterator[tuple[str, str]]:
    for line in io.StringIO(lines):
        code, _, text = line.rstrip("\n").partition("\t")
        yield code, text


def _label_of(intensity: float) -> str:
    if intensity > CLEAR_INTENSITY:
        return "positive"
    return "negative" if intensity < -CLEAR_INTENSITY else "neutral"
