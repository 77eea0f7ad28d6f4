"""The Celery application and its schedule.

Each entry only wakes a sweep that reads due rows from the database; a lost or doubled message costs nothing.
Every entry expires within its interval, so that a worker that was away does not find a heap of old calls.
"""

from __future__ import annotations

import os
from typing import Any

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xla_service.settings")

app = Celery("xla_service")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

RETENTION_SWEEP = "forget-old-data"


def every(seconds: int, task: str) -> dict[str, Any]:
    """Return a schedule entry that runs `task` each `seconds` and expires before the next one."""
    return {"task": task, "schedule": seconds, "options": {"expires": max(1, seconds - 1)}}


app.conf.beat_schedule = {
    "apply-intake": every(10, "surveys.tasks.apply_intake"),
    "decide": every(30, "surveys.tasks.decide_due_resolutions"),
    "send-mail": every(10, "surveys.tasks.send_due_messages"),
    "close-invitations": every(300, "surveys.tasks.close_due_invitations"),
    "settle-answers": every(30, "surveys.tasks.settle_answers"),
    "read-bounces": every(300, "surveys.tasks.read_bounces"),
    "propose-exclusions": every(21_600, "surveys.tasks.propose_shared_accounts"),
    "call-webhooks": every(10, "surveys.tasks.call_due_webhooks"),
    "score-comments": every(10, "surveys.tasks.score_new_comments"),
    "run-jobs": every(10, "experience.tasks.run_jobs"),
    "refresh-evidence": every(10, "experience.tasks.refresh_evidence"),
    "pull-prometheus": every(60, "experience.tasks.pull_prometheus"),
    "nightly": every(3600, "experience.tasks.run_nightly"),
    "calibrate-sentiment": every(86_400, "experience.tasks.calibrate_sentiment"),
    RETENTION_SWEEP: every(3600, "xla_service.tasks.forget_old_data"),
}
