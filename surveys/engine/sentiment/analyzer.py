"""TextBlob's analyzer interface: `TextBlob(text, analyzer=CommentAnalyzer()).sentiment`."""

from __future__ import annotations

from textblob.base import BaseSentimentAnalyzer
from textblob.sentiments import CONTINUOUS

from surveys.engine.sentiment.scorer import Scorer, Sentiment
from surveys.engine.sentiment.shipped import shipped_scorer


class CommentAnalyzer(BaseSentimentAnalyzer):  # type: ignore[misc]
    """Scores IT-support comments inside TextBlob.

    Use `.sentiment` of the blob; TextBlob's `.words`, `.sentences` and `.tags` need corpora that the product
    does not ship. `language` is the survey's; None detects it.
    """

    kind = CONTINUOUS

    def __init__(self, language: str | None = None, scorer: Scorer | None = None) -> None:
        super().__init__()
        self.language = language
        self.scorer = scorer

    def analyze(self, text: str) -> Sentiment:
        """Return the sentiment of one comment."""
        return (self.scorer or shipped_scorer()).score(text, self.language)
