"""Fitting the model. Needs scikit-learn; scoring does not.

One multinomial logistic regression over all features, fitted on comments about IT support. Public texts about
other things know praise and blame but not what a ticket is: a first regression learns words from them, and
how far to trust it is learned from the comments.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix, diags, hstack

from surveys.engine.language import LanguageModel
from surveys.engine.sentiment.features import comment_features, language_feature
from surveys.engine.sentiment.lexicon import Lexicon
from surveys.engine.sentiment.model import LABELS, SentimentModel
from surveys.engine.sentiment.noise import blank_noise
from surveys.engine.sentiment.reading import read_comment

FOLDS = 5
PENALTY = 1.0
GENERAL_PENALTY = 0.5
GENERAL_SCALE = 0.5
HELD_OUT_SHARE = 5
LEAST_RECALL, LEAST_PRECISION = 0.93, 0.7
INBOX = "inbox-"
EVERY_LANGUAGE = "all"
LEAST_TO_SHIFT = 100
# How much a comment of the inbox counts beside one written to be hard.
LIFE_COUNTS = 2.0
SMOOTHING = 0.5
SHIFTS = tuple(step / 20 for step in range(31))

# Features that are words or letters, of which there are many; those that general texts know something of.
_LEARNED = re.compile(r"^(?:m|opens|closes|with):|^\w+:[wc]:")
_GENERAL = re.compile(r"^m:|^blob:|^\w+:w:")

Floats = npt.NDArray[np.float64]
IS_COMPLAINT: Floats = np.array([label in ("negative", "mixed") for label in LABELS], dtype=np.float64)


@dataclass(frozen=True, slots=True)
class LabelledComment:
    """A text with its label and language. `group` keeps near-duplicates on one side of every split."""

    text: str
    label: str
    language: str
    group: str


def is_kept_apart(comment: LabelledComment) -> bool:
    """Say whether the comment's scenario, in whatever language, is of the fifth that is never trained on."""
    digest = hashlib.sha256(comment.group.encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_SHARE == 0


def features_of(comment: LabelledComment, lexicons: Mapping[str, Lexicon]) -> dict[str, float]:
    """Return the features of a comment as the scorer would make them."""
    words = blank_noise(comment.text)
    return comment_features(words, read_comment(words, lexicons[comment.language]), comment.language)


def kept_names(rows: Sequence[Mapping[str, float]], general: Sequence[Mapping[str, float]]) -> list[str]:
    """Return the feature names to learn: words and meanings need two comments or ten general texts; letter
    groups and pairs in one sentence, of which there are most, need four comments.
    """
    seen: Counter[str] = Counter()
    for row in rows:
        seen.update(dict.fromkeys(row, 5))
    for row in general:
        seen.update(name for name in row if _GENERAL.search(name))
    return sorted(name for name, count in seen.items() if count >= _least_seen(name))


def _least_seen(name: str) -> int:
    if name.startswith("with:") or ":c:" in name:
        return 20
    return 10 if _LEARNED.search(name) else 0


def matrix_of(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> csr_matrix:
    """Return the features as a sparse matrix with one column per name; other features are left out."""
    column_of = {name: column for column, name in enumerate(names)}
    values: list[float] = []
    columns: list[int] = []
    starts = [0]
    for row in rows:
        known = [(column_of[name], value) for name, value in row.items() if name in column_of]
        columns.extend(column for column, _ in known)
        values.extend(value for _, value in known)
        starts.append(len(columns))
    return csr_matrix((values, columns, starts), shape=(len(rows), len(names)), dtype=np.float64)


def train(
    comments: Sequence[LabelledComment],
    general: Sequence[LabelledComment],
    lexicons: Mapping[str, Lexicon],
    language_model: LanguageModel,
    facts: Mapping[str, Any],
) -> SentimentModel:
    """Return a model fitted on IT-support comments, with what general texts know about words as a start.

    Chances are calibrated and the operating point is chosen on folds of whole groups, where the comments are
    mixed as in life.
    """
    rows, general_rows = ([features_of(one, lexicons) for one in texts] for texts in (comments, general))
    names = kept_names(rows, general_rows)
    matrix = matrix_of(rows, names)
    taste = _general_taste(matrix_of(general_rows, names), _labels(general), names)
    labels = _labels(comments)
    life = _as_in_life(comments)
    learned = np.array([_LEARNED.search(name) is not None for name in names])
    task = _Task(matrix, taste, learned, labels, np.where(life, LIFE_COUNTS, 1.0))
    scores = _scores_out_of_fold(task, [comment.group for comment in comments])
    temperature = round(_temperature(scores[life], labels[life]), 3)
    languages = np.array([comment.language for comment in comments])
    shifts = _complaint_shifts(scores[life] / temperature, labels[life], languages[life])
    weights, offsets = _fit(task)
    for language in set(languages.tolist()):
        shift = shifts.get(language, shifts[EVERY_LANGUAGE])
        weights[names.index(language_feature(language))] += temperature * shift * IS_COMPLAINT
    return SentimentModel(
        names=tuple(names),
        weights=weights.astype(np.float16).astype(np.float32),
        offsets=offsets.astype(np.float32),
        temperature=temperature,
        language_model=language_model,
        facts={**facts, "complaint_shifts": shifts},
    )


def _as_in_life(comments: Sequence[LabelledComment]) -> npt.NDArray[np.bool_]:
    """Mark the comments written as an inbox, with praise and blame as in life; all where there are none."""
    marks = np.array([comment.group.startswith(INBOX) for comment in comments])
    return marks if marks.any() else ~marks


def _labels(texts: Sequence[LabelledComment]) -> npt.NDArray[np.int64]:
    return np.array([LABELS.index(one.label) for one in texts])


def _general_taste(matrix: csr_matrix, labels: npt.NDArray[np.int64], names: Sequence[str]) -> Floats:
    """Return what general texts say of words: one row per feature, zero for all but words and TextBlob."""
    known = np.array([_GENERAL.search(name) is not None for name in names], dtype=np.float64)
    coefficients = _logistic(matrix.multiply(known).tocsr(), labels, GENERAL_PENALTY)[0]
    return np.asarray(GENERAL_SCALE * coefficients.T * known[:, np.newaxis])


@dataclass(frozen=True)
class _Task:
    """What to fit: features, what general texts say of them, which of them are words or letters, labels,
    and how much each row counts.
    """

    matrix: csr_matrix
    taste: Floats
    learned: npt.NDArray[np.bool_]
    labels: npt.NDArray[np.int64]
    counts: Floats

    def part(self, rows: npt.NDArray[np.bool_]) -> _Task:
        return _Task(self.matrix[rows], self.taste, self.learned, self.labels[rows], self.counts[rows])


def _fit(task: _Task) -> tuple[Floats, Floats]:
    """Return weights (one row per feature) and offsets.

    The general taste enters as a few more columns; being linear, they fold back into the features' weights.
    """
    telling = _telling(task)
    together = hstack([task.matrix @ diags(telling), csr_matrix(task.matrix @ task.taste)]).tocsr()
    coefficients, offsets = _logistic(together, task.labels, PENALTY, task.counts)
    own, general = coefficients[:, : len(task.taste)], coefficients[:, len(task.taste) :]
    return own.T * telling[:, np.newaxis] + task.taste @ general.T, offsets


def _telling(task: _Task) -> Floats:
    """Return how strongly each word or letter group may count: half for all, half by how unevenly the labels
    use it, as log-ratio (Wang and Manning 2012, "Baselines and Bigrams"); 1 for other features.
    """
    seen = (task.matrix != 0).astype(np.float64)
    strongest = np.zeros(seen.shape[1])
    for kind in (IS_COMPLAINT > 0, *(np.array(LABELS) == name for name in ("neutral", "positive"))):
        has = kind[task.labels]
        ratio = _smooth_shares(seen, has) / _smooth_shares(seen, ~has)
        strongest = np.maximum(strongest, np.abs(np.log(ratio)))
    usual = np.median(strongest[task.learned])
    return np.where(task.learned, (1.0 + strongest / usual) / 2, 1.0)


def _smooth_shares(seen: csr_matrix, rows: npt.NDArray[np.bool_]) -> Floats:
    counts = np.asarray(seen[rows].sum(axis=0), dtype=np.float64).ravel()
    return np.asarray((counts + SMOOTHING) / (rows.sum() + 2 * SMOOTHING))


def _logistic(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], penalty: float, counts: Floats | None = None
) -> tuple[Floats, Floats]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=penalty, solver="newton-cg", tol=1e-3).fit(matrix, labels, counts)
    return fitted.coef_, fitted.intercept_


def _scores_out_of_fold(task: _Task, groups: Iterable[str]) -> Floats:
    fold_of = np.array([hashlib.sha256(group.encode()).digest()[0] % FOLDS for group in groups])
    scores = np.zeros((task.matrix.shape[0], len(LABELS)))
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        fits = threads.map(lambda fold: _fit(task.part(fold_of != fold)), range(FOLDS))
        for fold, (weights, offsets) in enumerate(fits):
            scores[fold_of == fold] = task.matrix[fold_of == fold] @ weights + offsets
    return scores


def _complaint_shifts(
    scores: Floats, labels: npt.NDArray[np.int64], languages: npt.NDArray[np.str_]
) -> dict[str, float]:
    """Return how far to lift complaints in each language that has comments enough, and in all together."""
    shifts = {EVERY_LANGUAGE: _complaint_shift(scores, labels)}
    for language in sorted(set(languages.tolist())):
        own = languages == language
        if own.sum() >= LEAST_TO_SHIFT:
            shifts[language] = _complaint_shift(scores[own], labels[own])
    return shifts


def _complaint_shift(scores: Floats, labels: npt.NDArray[np.int64]) -> float:
    """Return how far to lift complaints, in log-odds: little enough that seven of ten found are right, enough
    to find nine of ten.
    """
    chances = np.exp(scores - scores.max(axis=1, keepdims=True))
    complaint = np.log(chances @ IS_COMPLAINT)
    margin = complaint - np.log(chances[:, IS_COMPLAINT == 0.0].max(axis=1))
    is_complaint = IS_COMPLAINT[labels] > 0.0
    chosen = 0.0
    for shift in SHIFTS:
        found = margin + shift >= 0.0
        if (found & is_complaint).sum() < LEAST_PRECISION * found.sum():
            break
        chosen = shift
        if (found & is_complaint).sum() >= LEAST_RECALL * is_complaint.sum():
            break
    return chosen


def _temperature(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Return the divisor of the scores that gives the likeliest chances (Guo et al. 2017)."""

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chances = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-chances[np.arange(len(labels)), labels].mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)
