"""The trained model as numbers: weights per feature and class, class offsets, and the language detector.

A file is a NumPy archive without pickles: arrays, and a JSON header with the version, the hashes of all
training data and lexicons, and the figures measured on the comments kept apart.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from surveys.engine.language import LanguageModel

LABELS = ("negative", "neutral", "positive", "mixed")
FORMAT = 1


class ModelError(ValueError):
    """A model file cannot be used; the message says why and what to run."""


@dataclass(frozen=True)
class SentimentModel:
    """One linear model over named features. `weights` has one row per feature, one column per label."""

    names: tuple[str, ...]
    weights: npt.NDArray[np.float32]
    offsets: npt.NDArray[np.float32]
    temperature: float
    language_model: LanguageModel
    facts: Mapping[str, Any]

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Return the row of each feature."""
        return {name: row for row, name in enumerate(self.names)}

    @cached_property
    def version(self) -> str:
        """Return the name of this model: the first twelve digits of the hash of everything that decides."""
        digest = hashlib.sha256()
        digest.update("\n".join(self.names).encode())
        for array in (self.weights, self.offsets, self.language_model.weights):
            digest.update(np.ascontiguousarray(array, dtype=np.float32).tobytes())
        digest.update("\n".join(self.language_model.groups).encode())
        digest.update(json.dumps([self.temperature, self.facts["features"]], sort_keys=True).encode())
        return f"s{FORMAT}-{digest.hexdigest()[:12]}"

    def probabilities(self, features: Mapping[str, float]) -> npt.NDArray[np.float32]:
        """Return the probability of each label, in the order of LABELS."""
        rows, values = self._known(features)
        scores = (values @ self.weights[rows] + self.offsets) / self.temperature
        spread = np.exp(scores - scores.max())
        return np.asarray(spread / spread.sum(), dtype=np.float32)

    def leaning(self, name: str) -> float:
        """Return how far one unit of a feature pulls to praise (positive) or to complaint (negative)."""
        row = self.row_of.get(name)
        return 0.0 if row is None else float(self._leanings[row])

    @cached_property
    def _leanings(self) -> npt.NDArray[np.float32]:
        negative, _, positive, mixed = self.weights.T
        lean = np.where(positive > 0, positive - np.maximum(negative, mixed), positive - negative)
        return np.asarray(lean, dtype=np.float32)

    def _known(self, features: Mapping[str, float]) -> tuple[list[int], npt.NDArray[np.float32]]:
        row_of = self.row_of.get
        known = [(row, value) for name, value in features.items() if (row := row_of(name)) is not None]
        return [row for row, _ in known], np.array([value for _, value in known], dtype=np.float32)


def dump_model(model: SentimentModel) -> bytes:
    """Return the file of a model; equal models give equal arrays."""
    header = {
        "format": FORMAT,
        "version": model.version,
        "temperature": model.temperature,
        "languages": model.language_model.languages,
        **model.facts,
    }
    buffer = io.BytesIO()
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        header=_letters(json.dumps(header, sort_keys=True, indent=1)),
        names=_letters("\n".join(model.names)),
        weights=model.weights.astype(np.float16),
        offsets=model.offsets,
        groups=_letters("\n".join(model.language_model.groups)),
        language_weights=model.language_model.weights.astype(np.float16),
    )
    return buffer.getvalue()


def load_model(content: bytes) -> SentimentModel:
    """Read a model file.

    Raises ModelError when the file is not one, or its content does not give the version in its header.
    """
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            parts = {name: arrays[name] for name in arrays.files}
    except (ValueError, OSError, EOFError, BadZipFile) as error:
        raise ModelError("not a sentiment model file; run manage.py train_sentiment.") from error
    header = json.loads(_text(parts["header"]))
    if header["format"] != FORMAT:
        raise ModelError(f"model format {header['format']} is not {FORMAT}; run manage.py train_sentiment.")
    own = ("format", "version", "temperature", "languages")
    model = SentimentModel(
        names=tuple(_text(parts["names"]).split("\n")),
        weights=parts["weights"].astype(np.float32),
        offsets=parts["offsets"].astype(np.float32),
        temperature=float(header["temperature"]),
        language_model=LanguageModel(
            languages=tuple(header["languages"]),
            groups=tuple(_text(parts["groups"]).split("\n")),
            weights=parts["language_weights"].astype(np.float32),
        ),
        facts={key: value for key, value in header.items() if key not in own},
    )
    if model.version != header["version"]:
        raise ModelError(f"the file says {header['version']} but holds {model.version}; restore it from git.")
    return model


def _letters(text: str) -> npt.NDArray[np.uint8]:
    return np.frombuffer(text.encode(), dtype=np.uint8)


def _text(letters: npt.NDArray[np.uint8]) -> str:
    return letters.tobytes().decode()
