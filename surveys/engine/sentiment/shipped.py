"""The model and lexicons that come with the package; the only part of the engine that reads files, once."""

from __future__ import annotations

import hashlib
import json
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path

from surveys.engine.language import SCORED_LANGUAGES
from surveys.engine.sentiment.features import FEATURES_VERSION
from surveys.engine.sentiment.lexicon import Lexicon, parse_lexicon
from surveys.engine.sentiment.meanings import parse_meanings
from surveys.engine.sentiment.model import ModelError, SentimentModel, load_model
from surveys.engine.sentiment.scorer import Scorer

SENTIMENT_FOLDER = Path(__file__).resolve().parents[2] / "data" / "sentiment"
MODEL_PATH = SENTIMENT_FOLDER / "model.npz"


def _texts(kind: str) -> dict[str, str]:
    """Return the text of each scored language's file of a kind: lexicon or meanings."""
    return {
        path.stem: path.read_text(encoding="utf-8")
        for path in sorted((SENTIMENT_FOLDER / kind).iterdir())
        if path.stem in SCORED_LANGUAGES
    }


def feature_facts() -> dict[str, str]:
    """Return what the features depend on beside the code: two models with equal facts read alike."""
    joined = json.dumps([_texts("lexicon"), _texts("meanings")], ensure_ascii=False)
    return {
        "features_version": str(FEATURES_VERSION),
        "lexicons_sha256": hashlib.sha256(joined.encode()).hexdigest(),
        "nltk": version("nltk"),
        "textblob": version("textblob"),
    }


def check_features(model: SentimentModel) -> None:
    """Refuse a model that was trained on other features than the code would make now.

    Raises ModelError, because scores would change under an unchanged model version.
    """
    now = feature_facts()
    if model.facts["features"] != now:
        raise ModelError(
            f"the model was trained with {model.facts['features']}, here is {now}; "
            "install the pinned requirements or run manage.py train_sentiment."
        )


@lru_cache(maxsize=1)
def shipped_lexicons() -> dict[str, Lexicon]:
    """Return the lexicons of all scored languages."""
    meanings = parse_meanings(_texts("meanings"))
    return {code: parse_lexicon(text, meanings[code]) for code, text in _texts("lexicon").items()}


@lru_cache(maxsize=1)
def shipped_scorer() -> Scorer:
    """Return the scorer with the shipped model; loaded once per process.

    Raises ModelError when the model file does not fit the lexicons or the installed TextBlob.
    """
    model = load_model(MODEL_PATH.read_bytes())
    check_features(model)
    return Scorer(model, shipped_lexicons(), shipped_function_words())


@lru_cache(maxsize=1)
def shipped_function_words() -> frozenset[str]:
    """Return the words of all scored languages that carry no topic, for `surveys.engine.themes`."""
    lines = (SENTIMENT_FOLDER / "function_words.txt").read_text(encoding="utf-8").splitlines()
    listed = (line.partition(": ")[2].split() for line in lines if not line.startswith("#"))
    return frozenset(word for words in listed for word in words)
