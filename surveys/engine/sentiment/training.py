"""Fitting the model. Needs scikit-learn; scoring does not.

One multinomial logistic regression over all features. Training comments about IT support weigh 1; public
texts about other things weigh little, because they know praise and blame but not what a ticket is.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize_scalar
from scipy.sparse import csr_matrix

from surveys.engine.language import LanguageModel
from surveys.engine.sentiment.features import comment_features
from surveys.engine.sentiment.lexicon import Lexicon
from surveys.engine.sentiment.model import LABELS, SentimentModel
from surveys.engine.sentiment.noise import blank_noise
from surveys.engine.sentiment.reading import read_comment

FOLDS = 5
PENALTY = 1.0
HELD_OUT_SHARE = 5


@dataclass(frozen=True, slots=True)
class LabelledComment:
    """A text with its label and language. `group` keeps near-duplicates on one side of every split."""

    text: str
    label: str
    language: str
    group: str
    weight: float = 1.0


def is_kept_apart(comment: LabelledComment) -> bool:
    """Say whether the comment's scenario belongs to the fifth that is never trained on."""
    digest = hashlib.sha256(f"{comment.language}/{comment.group}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % HELD_OUT_SHARE == 0


def features_of(comment: LabelledComment, lexicons: Mapping[str, Lexicon]) -> dict[str, float]:
    """Return the features of a comment as the scorer would make them."""
    words = blank_noise(comment.text)
    return comment_features(words, read_comment(words, lexicons[comment.language]), comment.language)


def kept_names(rows: Sequence[Mapping[str, float]], weights: Sequence[float]) -> list[str]:
    """Return the feature names to learn: words and letters need two IT comments or ten public texts."""
    seen: Counter[str] = Counter()
    for row, weight in zip(rows, weights, strict=True):
        seen.update(dict.fromkeys(row, 5 if weight == 1.0 else 1))
    learned = (":w:", ":c:")
    return sorted(name for name, count in seen.items() if count >= 10 or not any(mark in name for mark in learned))


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
    lexicons: Mapping[str, Lexicon],
    language_model: LanguageModel,
    facts: Mapping[str, Any],
) -> SentimentModel:
    """Return a model fitted on the comments, its chances calibrated on folds of whole groups."""
    rows = [features_of(comment, lexicons) for comment in comments]
    weights = np.array([comment.weight for comment in comments])
    names = kept_names(rows, list(weights))
    matrix = matrix_of(rows, names)
    labels = np.array([LABELS.index(comment.label) for comment in comments])
    scores, known = _scores_out_of_fold(matrix, labels, weights, [comment.group for comment in comments])
    coefficients, offsets = _fit(matrix, labels, weights)
    return SentimentModel(
        names=tuple(names),
        weights=coefficients.T.astype(np.float16).astype(np.float32),
        offsets=offsets.astype(np.float32),
        temperature=round(_temperature(scores[known], labels[known]), 3),
        language_model=language_model,
        facts=facts,
    )


def _fit(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], weights: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=PENALTY, max_iter=400).fit(matrix, labels, sample_weight=weights)
    return fitted.coef_, fitted.intercept_


def _scores_out_of_fold(
    matrix: csr_matrix, labels: npt.NDArray[np.int64], weights: npt.NDArray[np.float64], groups: Iterable[str]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    fold_of = np.array([hashlib.sha256(group.encode()).digest()[0] % FOLDS for group in groups])
    scores = np.zeros((matrix.shape[0], len(LABELS)))
    judged = weights == 1.0
    for fold in range(FOLDS):
        inside = ~judged | (fold_of != fold)
        outside = judged & (fold_of == fold)
        coefficients, offsets = _fit(matrix[inside], labels[inside], weights[inside])
        scores[outside] = matrix[outside] @ coefficients.T + offsets
    return scores, judged


def _temperature(scores: npt.NDArray[np.float64], labels: npt.NDArray[np.int64]) -> float:
    """Return the divisor of the scores that gives the likeliest chances (temperature scaling, Guo et al. 2017)."""

    def loss(temperature: float) -> float:
        scaled = scores / temperature
        scaled = scaled - scaled.max(axis=1, keepdims=True)
        chances = scaled - np.log(np.exp(scaled).sum(axis=1, keepdims=True))
        return float(-chances[np.arange(len(labels)), labels].mean())

    return float(minimize_scalar(loss, bounds=(0.2, 5.0), method="bounded").x)
