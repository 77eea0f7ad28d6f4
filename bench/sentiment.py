"""Judge the sentiment scorer beside TextBlob, VADER, AFINN and a first try on texts that it never saw.

    python bench/sentiment.py            print the tables
    python bench/sentiment.py --write    also put them into docs/sentiment.md

Needs vaderSentiment and afinn from tests/requirements.txt. One process, about a minute.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
from scipy.stats import rankdata
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from afinn import Afinn  # noqa: E402 - the project is found beside this file
from textblob import TextBlob  # noqa: E402
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer  # noqa: E402

from surveys.engine.language import SCORED_LANGUAGES  # noqa: E402
from surveys.engine.sentiment import current_model_version, score_comment, score_comments  # noqa: E402
from surveys.engine.sentiment.corpus import (  # noqa: E402
    INBOXES_TO_JUDGE,
    LABELLED_SETS,
    RATED_SETS,
    UNSEEN_SETS,
    public_texts,
    read_comments,
    read_inbox,
    read_public_texts,
)
from surveys.engine.sentiment.training import LabelledComment, is_kept_apart  # noqa: E402

DOCS = ROOT / "docs" / "sentiment.md"
UNTRAINED = ROOT / "tests" / "data" / "untrained_languages.tsv"
UNTRAINED_BLIND = ROOT / "tests" / "data" / "untrained_languages_blind.tsv"
UNTRAINED_PAGES = ("pl", "ar", "da")
BEGIN, END = "<!-- bench/sentiment.py begins -->", "<!-- bench/sentiment.py ends -->"
MOST_UNSEEN = 1500
CLASSES = ("negative", "neutral", "positive")
SHOWN_MISTAKES = 12
# Scenarios written after the first; see surveys/data/comments/README.md.
NEWEST_WRITING = re.compile(r"desk-|inbox-(?:en)?7-|contrast-[a-z]{2}[89]-")
AS_INBOX = "inbox-"
LATER_WRITING = ("told-", "heard-", "later-", "daily-", "more-", "contrast-")
OLD_NAMESAKE = "later-and-waiting"

Judgement = tuple[str, float | None]
Judge = Callable[[Sequence[LabelledComment]], list[Judgement]]


@dataclass(frozen=True)
class Figures:
    """How one judge did on one set; shares with 95 % Wilson intervals."""

    count: int
    recall: tuple[float, float, float]
    precision: tuple[float, float, float]
    macro_f1: float
    auc: float
    unscored: int


def ours(texts: Sequence[LabelledComment]) -> list[Judgement]:
    """Judge with the shipped model, language detected; mixed counts as negative."""
    found = score_comments((text.text, None) for text in texts)
    return [("negative" if one.label == "mixed" else one.label, one.polarity) for one in found]


def by_sign(polarity: Callable[[str], float], dead_zone: float) -> Judge:
    """Return a judge that reads the sign of a polarity outside a dead zone."""

    def judge(texts: Sequence[LabelledComment]) -> list[Judgement]:
        values = [polarity(text.text) for text in texts]
        return [(CLASSES[1 + (value > dead_zone) - (value < -dead_zone)], value) for value in values]

    return judge


def judges() -> dict[str, Judge]:
    """Return all judges with the thresholds that their authors recommend."""
    vader, afinn = SentimentIntensityAnalyzer(), Afinn()
    return {
        "this model": ours,
        "TextBlob": by_sign(lambda text: float(TextBlob(text).sentiment[0]), 0.0),
        "VADER": by_sign(lambda text: float(vader.polarity_scores(text)["compound"]), 0.05),
        "AFINN": by_sign(lambda text: float(afinn.score(text)), 0.0),
        "words of public texts": public_words(),
    }


def public_words() -> Judge:
    """Return what is tried first: a small linear model over the words of the public texts we train on."""
    texts = read_public_texts()
    words = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True)
    model = LogisticRegression(C=4.0, max_iter=300)
    model.fit(words.fit_transform(text.text for text in texts), [text.label for text in texts])
    negative, _, positive = range(len(CLASSES))

    def judge(comments: Sequence[LabelledComment]) -> list[Judgement]:
        chances = model.predict_proba(words.transform(comment.text for comment in comments))
        return [(CLASSES[row.argmax()], float(row[positive] - row[negative])) for row in chances]

    return judge


def wilson(hits: int, count: int) -> tuple[float, float, float]:
    """Return a share and its 95 % Wilson interval."""
    if not count:
        return (float("nan"),) * 3
    share, z = hits / count, 1.959964
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)) / (1 + z * z / count)
    return share, float(centre - half), float(centre + half)


def figures(texts: Sequence[LabelledComment], judged: Sequence[Judgement]) -> Figures:
    """Return the figures of one judge; unscored counts as wrong, mixed as negative."""
    wanted = ["negative" if text.label == "mixed" else text.label for text in texts]
    given = [label for label, _ in judged]
    right = sum(a == b == "negative" for a, b in zip(wanted, given, strict=True))
    return Figures(
        len(texts),
        wilson(right, wanted.count("negative")),
        wilson(right, given.count("negative")),
        macro_f1(wanted, given),
        auc(wanted, [value for _, value in judged]),
        given.count("unscored"),
    )


def macro_f1(wanted: Sequence[str], given: Sequence[str]) -> float:
    """Return the mean F1 over the classes that occur."""
    scores = []
    for name in CLASSES:
        hits = sum(a == b == name for a, b in zip(wanted, given, strict=True))
        if name in wanted:
            scores.append(2 * hits / (wanted.count(name) + given.count(name)))
    return float(np.mean(scores))


def auc(wanted: Sequence[str], polarities: Sequence[float | None]) -> float:
    """Return the chance that a complaint gets a lower polarity than praise; unscored is on the wrong side."""
    wrong_side = {"negative": 1.0, "positive": -1.0}
    kept = [
        (label, wrong_side[label] if value is None else value)
        for label, value in zip(wanted, polarities, strict=True)
        if label in wrong_side
    ]
    ranks = rankdata([value for _, value in kept])
    praise = np.array([label == "positive" for label, _ in kept])
    n_praise, n_complaint = praise.sum(), (~praise).sum()
    if not n_praise or not n_complaint:
        return float("nan")
    return float((ranks[praise].sum() - n_praise * (n_praise + 1) / 2) / (n_praise * n_complaint))


def writing_of(comment: LabelledComment) -> str:
    """Say when the comment was written: first, later to widen the wording, as an inbox, or last of all."""
    if NEWEST_WRITING.match(comment.group):
        return "newest writing"
    if comment.group.startswith(AS_INBOX):
        return "as an inbox"
    is_later = comment.group.startswith(LATER_WRITING) and comment.group != OLD_NAMESAKE
    return "later writing" if is_later else "first writing"


def inboxes() -> dict[str, list[LabelledComment]]:
    """Return the inboxes, never trained on: in parts, whole, and without what training has verbatim."""
    named = {}
    for name in INBOXES_TO_JUDGE:
        inbox = read_inbox(name)
        named[f"{name.capitalize()} inbox, en"] = [one for one in inbox if one.language == "en"]
        named[f"{name.capitalize()} inbox, other languages"] = [one for one in inbox if one.language != "en"]
    every = list(chain.from_iterable(named.values()))
    learned = {comment.text.casefold() for comment in read_comments() if not is_kept_apart(comment)}
    named["All inboxes"] = every
    named["All inboxes, new texts only"] = [one for one in every if one.text.casefold() not in learned]
    return named


def sets() -> dict[str, list[LabelledComment]]:
    """Return what to judge on: the inboxes, the fifth kept apart of each other set, the unseen sets."""
    comments = [comment for comment in read_comments() if is_kept_apart(comment)]
    named = inboxes()
    named["IT comments, all languages"] = comments
    named["IT comments, mixed left out"] = [comment for comment in comments if comment.label != "mixed"]
    older = [comment for comment in comments if writing_of(comment) != "newest writing"]
    named["IT comments, all but the newest writing"] = older
    for writing in ("first writing", "later writing", "as an inbox", "newest writing"):
        named[f"IT comments, {writing}"] = [one for one in comments if writing_of(one) == writing]
    for code in SCORED_LANGUAGES:
        named[f"IT comments, {code}"] = [comment for comment in comments if comment.language == code]
    for name in (*LABELLED_SETS, *RATED_SETS):
        texts = public_texts(name)
        if name in UNSEEN_SETS:
            named[f"{name} (never trained on)"] = texts[:: max(1, len(texts) // MOST_UNSEEN)][:MOST_UNSEEN]
        else:
            named[name] = [text for text in texts if is_kept_apart(text)]
    return named


def table() -> list[str]:
    """Return the figures of all judges on all sets as Markdown."""
    lines = [
        "| set | judge | texts | complaint recall | complaint precision | macro-F1 | AUC | unscored |",
        "|---|---|---|---|---|---|---|---|",
    ]
    everyone = judges()
    for name, texts in sets().items():
        for who, judge in everyone.items():
            one = figures(texts, judge(texts))
            lines.append(
                f"| {name} | {who} | {one.count} | {_share(one.recall)} | {_share(one.precision)} "
                f"| {one.macro_f1:.3f} | {one.auc:.3f} | {one.unscored} |"
            )
    return lines


def _share(share: tuple[float, float, float]) -> str:
    return f"{share[0]:.3f} ({share[1]:.3f} to {share[2]:.3f})"


def abstention() -> list[str]:
    """Return how often comments in languages that are not scored are left unscored, per language."""
    lines = [
        "| set | language | comments | unscored on a page in it | unscored without a page |",
        "|---|---|---|---|---|",
    ]
    for name, path in (("chosen on", UNTRAINED), ("blind", UNTRAINED_BLIND)):
        rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        for code in sorted({language for language, _ in rows}):
            texts = [text for language, text in rows if language == code]
            lines.append(
                f"| {name} | {code} | {len(texts)} | {_unscored(texts, code)} | {_unscored(texts, None)} |"
            )
    return lines


def readable_elsewhere() -> list[str]:
    """Return how many comments of the newest inbox are read on pages whose language is not scored."""
    newest = INBOXES_TO_JUDGE[-1]
    texts = [one.text for one in read_inbox(newest)]
    shares = (f"{page} {1 - _unscored(texts, page) / len(texts):.2f}" for page in UNTRAINED_PAGES)
    return [f"Comments of the {newest} inbox that are read on pages in other languages: {', '.join(shares)}."]


def _unscored(texts: Sequence[str], page: str | None) -> int:
    return sum(found.label == "unscored" for found in score_comments((text, page) for text in texts))


def throughput() -> list[str]:
    """Return the speed in batch and for one comment, in processor time of one core."""
    texts = [comment.text for comment in read_comments() if comment.language == "en"]
    score_comments((text, None) for text in texts[:200])
    begin = time.process_time()
    score_comments((text, None) for text in texts[200:])
    batch = (len(texts) - 200) / (time.process_time() - begin)
    singles = []
    for text in texts[:300]:
        begin = time.perf_counter()
        score_comment(text)
        singles.append(time.perf_counter() - begin)
    return [
        f"Batch: {batch:,.0f} comments a second on one core. "
        f"One comment: {np.median(singles) * 1e3:.2f} ms (median)."
    ]


def mistakes() -> list[str]:
    """Return what the model still gets wrong: confusions, and its surest English mistakes."""
    comments = [comment for comment in read_comments() if is_kept_apart(comment)]
    found = score_comments((comment.text, None) for comment in comments)
    pairs = [(c, s) for c, s in zip(comments, found, strict=True) if _side(c.label) != _side(s.label)]
    confusions = Counter(f"{c.label} read as {s.label}" for c, s in pairs).most_common(8)
    lines = [
        f"{len(pairs)} of {len(comments)} comments: "
        + ", ".join(f"{n} {what}" for what, n in confusions)
        + "."
    ]
    lines += ["", "| says | read as | confidence | comment |", "|---|---|---|---|"]
    english = sorted(
        (pair for pair in pairs if pair[0].language == "en"), key=lambda pair: -pair[1].confidence
    )
    for comment, sentiment in english[:SHOWN_MISTAKES]:
        text = " ".join(comment.text.split()).replace("|", "/")[:110]
        lines.append(f"| {comment.label} | {sentiment.label} | {sentiment.confidence:.2f} | {text} |")
    return lines


def _side(label: str) -> str:
    return "negative" if label == "mixed" else label


def report() -> str:
    """Return the whole report as Markdown."""
    parts = [
        [f"Model {current_model_version()}."],
        table(),
        ["### Languages that are not scored", "", *abstention(), "", *readable_elsewhere()],
        ["### Speed", "", *throughput()],
        ["### What it still gets wrong", "", *mistakes()],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def main() -> None:
    """Print the report; with --write, put it into the documentation."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/sentiment.md")
    options = parser.parse_args()
    written = report()
    print(written)
    if options.write:
        before, _, rest = DOCS.read_text(encoding="utf-8").partition(BEGIN)
        after = rest.partition(END)[2]
        DOCS.write_text(f"{before}{BEGIN}\n\n{written}\n\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
