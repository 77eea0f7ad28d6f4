"""Train the shipped sentiment model from the data in the repository."""

from __future__ import annotations

import hashlib
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from surveys.engine.language import fit_language_model
from surveys.engine.sentiment import dump_model, shipped_lexicons
from surveys.engine.sentiment.corpus import language_texts, read_comments, read_public_texts, training_files
from surveys.engine.sentiment.shipped import MODEL_PATH, feature_facts
from surveys.engine.sentiment.training import is_kept_apart, train


class Command(BaseCommand):
    """Train from surveys/data without the fifth kept apart; needs scikit-learn."""

    help = "Train the sentiment model from surveys/data and write it; the same data give the same model."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Name the file to write."""
        parser.add_argument("--output", default=str(MODEL_PATH), help="where to write the model file")

    def handle(self, *args: Any, **options: Any) -> None:
        """Train and write the model."""
        comments = [comment for comment in read_comments() if not is_kept_apart(comment)]
        model = train(
            comments,
            read_public_texts(),
            shipped_lexicons(),
            fit_language_model(language_texts(comments)),
            {
                "features": feature_facts(),
                "data_sha256": {
                    path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in training_files()
                },
                "comments": len(comments),
            },
        )
        with open(options["output"], "wb") as file:
            file.write(dump_model(model))
        self.stdout.write(f"{model.version}: {len(model.names)} features from {len(comments)} comments.")
