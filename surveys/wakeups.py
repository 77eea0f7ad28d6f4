"""Waking sweeps before their turn, by name: a page need not load what the sweep works with.

The names are those of the beat schedule. A sweep of the judging side is named, never imported. Calls within a
second share one run, so that a thousand answers cost a few sweeps: the run starts when the second is over and
so after each commit it was called for.
"""

from __future__ import annotations

import logging

from celery import current_app
from django.core.cache import cache
from django.db import transaction
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)

INTAKE_SWEEP = "surveys.tasks.apply_intake"
DECIDE_SWEEP = "surveys.tasks.decide_due_resolutions"
MAIL_SWEEP = "surveys.tasks.send_due_messages"
HOOK_SWEEP = "surveys.tasks.call_due_webhooks"
COMMENT_SWEEP = "surveys.tasks.score_new_comments"
EVIDENCE_SWEEP = "experience.tasks.refresh_evidence"
JOB_SWEEP = "experience.tasks.run_jobs"
SHARED_SECONDS = 1
# After the interval of the sweep a wake-up call says nothing new.
EXPIRES_SECONDS = 10


def wake(*names: str) -> None:
    """Run these sweeps within a second or two after the current transaction is committed; without a broker
    each runs in its turn.
    """
    transaction.on_commit(lambda: _send(names))


def _send(names: tuple[str, ...]) -> None:
    try:
        for name in names:
            if cache.add(f"woken:{name}", True, timeout=SHARED_SECONDS):
                current_app.send_task(name, countdown=SHARED_SECONDS, expires=EXPIRES_SECONDS, retry=False)
    except (OperationalError, RedisError) as error:
        logger.warning("No broker to wake %s (%s): check REDIS_URL.", ", ".join(names), error)
