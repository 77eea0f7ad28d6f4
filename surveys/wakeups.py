"""Waking sweeps before their turn, by name: a page need not load what the sweep works with.

The names are those of the beat schedule. A sweep of the judging side is named, never imported.
"""

from __future__ import annotations

import logging

from celery import current_app
from django.db import transaction
from kombu.exceptions import OperationalError

logger = logging.getLogger(__name__)

INTAKE_SWEEP = "surveys.tasks.apply_intake"
DECIDE_SWEEP = "surveys.tasks.decide_due_resolutions"
COMMENT_SWEEP = "surveys.tasks.score_new_comments"
EVIDENCE_SWEEP = "experience.tasks.refresh_evidence"
# Seconds; after the interval of the sweep a wake-up call says nothing new.
EXPIRES = 10


def wake(*names: str) -> None:
    """Run these sweeps as soon as the current transaction is committed; without a broker each runs in its
    turn.
    """
    transaction.on_commit(lambda: _send(names))


def _send(names: tuple[str, ...]) -> None:
    try:
        for name in names:
            current_app.send_task(name, expires=EXPIRES, retry=False)
    except OperationalError as error:
        logger.warning("No broker to wake %s (%s): check REDIS_URL.", ", ".join(names), error)
