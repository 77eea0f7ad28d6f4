"""Jobs: run once each, taken over from a worker that died, and honest about how they ended."""

from __future__ import annotations

from datetime import timedelta
from errno import ENOSPC
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client
from django.urls import reverse

from surveys.models import Job, User
from surveys.services.jobs import LEASE, PATIENCE, JobRefusedError, Progress, run_due_jobs, start_job
from tests.factories import NOW

pytestmark = pytest.mark.django_db
KIND = Job.Kind.TICKET_IMPORT


def counting(job: Job, progress: Progress) -> dict[str, Any]:
    progress("Reading", 3, 9)
    return {"rows": 9}


def refusing(job: Job, progress: Progress) -> dict[str, Any]:
    raise JobRefusedError("There is no column 'number'.")


def breaking(job: Job, progress: Progress) -> dict[str, Any]:
    raise ZeroDivisionError


def test_a_job_is_run_once_and_says_what_came_of_it() -> None:
    start_job(KIND, by=None, now=NOW, content=b"file")

    assert run_due_jobs({KIND: counting}, now=NOW) == 1
    assert run_due_jobs({KIND: counting}, now=NOW) == 0

    job = Job.objects.get()
    assert (job.state, job.outcome, job.stage, job.done_count) == ("done", {"rows": 9}, "Reading", 3)
    assert bytes(job.content) == b""


def test_only_one_job_of_a_kind_is_unfinished() -> None:
    start_job(KIND, by=None, now=NOW)

    with pytest.raises(JobRefusedError, match="still running"):
        start_job(KIND, by=None, now=NOW)

    run_due_jobs({KIND: counting}, now=NOW)
    assert start_job(KIND, by=None, now=NOW).pk


def test_a_job_whose_worker_died_is_taken_over_after_its_lease() -> None:
    job = start_job(KIND, by=None, now=NOW)
    Job.objects.update(state=Job.State.RUNNING, lease_until=NOW + LEASE)

    assert run_due_jobs({KIND: counting}, now=NOW) == 0
    assert run_due_jobs({KIND: counting}, now=NOW + LEASE + timedelta(seconds=1)) == 1
    job.refresh_from_db()
    assert job.state == Job.State.DONE


def test_a_job_that_refuses_says_why() -> None:
    start_job(KIND, by=None, now=NOW)

    run_due_jobs({KIND: refusing}, now=NOW)

    job = Job.objects.get()
    assert (job.state, job.problem) == ("failed", "There is no column 'number'.")


def test_a_job_that_breaks_is_marked_failed_and_the_error_is_raised() -> None:
    start_job(KIND, by=None, now=NOW)

    with pytest.raises(ZeroDivisionError):
        run_due_jobs({KIND: breaking}, now=NOW)

    assert Job.objects.get().state == Job.State.FAILED


@pytest.mark.parametrize(
    "error", [OperationalError("shutting down"), InterfaceError(), OSError(ENOSPC, "full")]
)
def test_a_job_that_the_machine_stopped_keeps_its_file_and_is_begun_again(error: Exception) -> None:
    def stopped(job: Job, progress: Progress) -> dict[str, Any]:
        raise error

    start_job(KIND, by=None, now=NOW, content=b"file")
    with pytest.raises(type(error)):
        run_due_jobs({KIND: stopped}, now=NOW)

    assert run_due_jobs({KIND: counting}, now=NOW) == 0
    assert bytes(Job.objects.get().content) == b"file"
    assert run_due_jobs({KIND: counting}, now=NOW + LEASE) == 1
    assert Job.objects.get().state == Job.State.DONE


def test_a_job_that_the_machine_can_never_do_is_given_up() -> None:
    def stopped(job: Job, progress: Progress) -> dict[str, Any]:
        raise OSError(ENOSPC, "read-only")

    start_job(KIND, by=None, now=NOW, content=b"file")
    with pytest.raises(OSError, match="read-only"):
        run_due_jobs({KIND: stopped}, now=NOW + PATIENCE + LEASE)

    job = Job.objects.get()
    assert job.state == Job.State.FAILED
    assert "for hours" in job.problem


def test_whoever_watches_sees_the_progress_and_reloads_when_it_is_over(
    client: Client, agreement_admin: User
) -> None:
    job = start_job(KIND, by=None, now=NOW)
    Job.objects.update(state="running", lease_until=NOW, stage="Reading", done_count=1200, total_count=4000)
    client.force_login(agreement_admin)
    address = reverse("job", args=[job.pk])

    watched = client.get(address, headers={"HX-Request": "true"})
    Job.objects.update(state="done", lease_until=None)
    over = client.get(address, headers={"HX-Request": "true"})

    assert 'max="4000" value="1200"' in watched.content.decode()
    assert "HX-Refresh" not in watched.headers
    assert over.headers["HX-Refresh"] == "true"
    assert client.get(address).headers["Location"] == reverse("setup-tickets")
