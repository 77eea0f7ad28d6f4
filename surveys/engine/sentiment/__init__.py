"""Sentiment of comments about IT support. Start here: `score_comment("Still not working")`."""

from __future__ import annotations

from collections.abc import Iterable

from surveys.engine.sentiment.analyzer import CommentAnalyzer
from surveys.engine.sentiment.cues import Cue
from surveys.engine.sentiment.model import ModelError, SentimentModel, dump_model, load_model
from surveys.engine.sentiment.scorer import Label, Scorer, Sentiment
from surveys.engine.sentiment.shipped import shipped_function_words, shipped_lexicons, shipped_scorer

__all__ = [
    "CommentAnalyzer",
    "Cue",
    "Label",
    "ModelError",
    "Scorer",
    "Sentiment",
    "SentimentModel",
    "current_model_version",
    "dump_model",
    "load_model",
    "score_comment",
    "score_comments",
    "shipped_function_words",
    "shipped_lexicons",
    "shipped_scorer",
]


def score_comment(text: str, language: str | None = None, *, scorer: Scorer | None = None) -> Sentiment:
    """Return the sentiment of one comment.

    `language` is the survey's (ISO 639-1 or BCP 47); without it the language is detected. `scorer` replaces
    the shipped model, e.g. by one refined on an organisation's own rated comments.
    """
    return (scorer or shipped_scorer()).score(text, language)


def score_comments(
    comments: Iterable[tuple[str, str | None]], *, scorer: Scorer | None = None
) -> list[Sentiment]:
    """Return the sentiment of each (text, language or None) pair, in order."""
    return (scorer or shipped_scorer()).score_all(comments)


def current_model_version() -> str:
    """Return the version of the shipped model; the same text has the same score for ever under it."""
    return shipped_scorer().model.version
