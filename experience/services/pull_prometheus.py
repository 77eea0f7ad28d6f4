"""Pulling Prometheus: each query is asked every minute, and each minute of its answers counts once.

The question is asked outside any transaction; what it brings is counted by whoever moves `asked_until` on.
"""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode

from django.db import transaction
from django.utils.translation import gettext_noop

from experience.engine.observations import OutageReport
from experience.engine.prometheus import AnswerError, Series, outages, read_series, response_times
from experience.models import Outage, PrometheusQuery
from experience.services.receive_signals import fold_samples, keep_outages
from surveys.models import BusinessService, User
from surveys.services.audit import record_change
from xla_service.outbound import REDIRECTS, UNREACHED, call, led_to, reason_of
from xla_service.stored_words import stored

SOURCE = "prometheus"
STEP = timedelta(minutes=1)
# Targets are scraped by then; what comes later is left out.
DELAY = timedelta(minutes=1)
# What is made up for at once after a time without answers.
LONGEST = timedelta(hours=6)
TRIAL = timedelta(minutes=10)
TIMEOUT_SECONDS = 10
_MOST_BYTES = 16 * 1024 * 1024
_MOVED = stored(
    gettext_noop("The address leads elsewhere (%(status)s, %(address)s). Write that address down instead.")
)
_REFUSED = stored(gettext_noop("Prometheus refused it: %(reason)s"))
_UNREACHED = stored(
    gettext_noop("It cannot be reached (%(reason)s). Check the address and what stands between.")
)
_NO_PROMETHEUS = stored(gettext_noop("What answers there is no Prometheus (%(status)s). Check the address."))


class PullError(Exception):
    """A query got no answer; the message says what to do."""


class SilentError(PullError):
    """Nothing answers at the address."""


def pull_prometheus(*, now: datetime) -> int:
    """Ask every query about a live service for the minutes since; return how many were answered.

    A server that does not answer is asked once.
    """
    silent: dict[str, str] = {}
    answered = 0
    live = PrometheusQuery.objects.filter(service__lifecycle=BusinessService.Lifecycle.LIVE)
    for query in live.select_related("service").order_by("asked_until", "pk"):
        until = min(_minute(now) - DELAY, query.asked_until + LONGEST)
        if until <= query.asked_until:
            continue
        try:
            if query.address in silent:
                raise SilentError(silent[query.address])
            answered += _take(query, ask(query, query.asked_until + STEP, until), until, now)
        except PullError as error:
            if isinstance(error, SilentError):
                silent[query.address] = str(error)
            PrometheusQuery.objects.filter(pk=query.pk).update(error=str(error)[:300])
    return answered


def ask(query: PrometheusQuery, first: datetime, last: datetime) -> list[Series]:
    """Return what Prometheus answers for these minutes. Raises PullError."""
    asked = {"query": query.expression, "start": first.timestamp(), "end": last.timestamp()}
    url = f"{query.address.rstrip('/')}/api/v1/query_range?{urlencode(asked | {'step': STEP.seconds})}"
    try:
        request = urllib.request.Request(url, headers={"Accept": "application/json"})
        if query.token:
            request.add_unredirected_header("Authorization", f"Bearer {query.token}")
        with call(request, seconds=TIMEOUT_SECONDS) as answer:
            return read_series(json.loads(answer.read(_MOST_BYTES)))
    except HTTPError as error:
        raise PullError(_refusal(error)) from error
    except AnswerError as error:
        raise PullError(_REFUSED % {"reason": error}) from error
    except json.JSONDecodeError as error:
        raise PullError(_NO_PROMETHEUS % {"status": 200}) from error
    except UNREACHED as error:
        raise SilentError(_UNREACHED % {"reason": reason_of(error)}) from error


def _refusal(error: HTTPError) -> str:
    if error.code in REDIRECTS:
        return _MOVED % {"status": error.code, "address": led_to(error)}
    try:
        said: Any = json.loads(error.read(_MOST_BYTES))
        return _REFUSED % {"reason": said["error"]}
    except (ValueError, TypeError, KeyError):
        return _NO_PROMETHEUS % {"status": error.code}


def try_query(query: PrometheusQuery, *, now: datetime) -> list[Series]:
    """Return what a query that is not stored yet brings for the last ten minutes. Raises PullError."""
    return ask(query, _minute(now) - TRIAL, _minute(now))


@transaction.atomic
def add_query(query: PrometheusQuery, *, by: User, now: datetime) -> PrometheusQuery:
    """Ask this query from now on."""
    query.asked_until = _minute(now) - DELAY
    query.save()
    details = [("address", None, query.address), ("expression", None, query.expression)]
    record_change(_subject(query), gettext_noop("Added"), by=by, now=now, details=details)
    return query


@transaction.atomic
def remove_query(query: PrometheusQuery, *, by: User, now: datetime) -> None:
    """Ask no more; what was counted stays, and an outage that lasted ends where the last answer did."""
    lasting = _lasting(query)
    if lasting is not None:
        ended_at = max(query.asked_until, lasting.started_at)
        report = OutageReport(query.service.key, lasting.external_key, lasting.started_at, ended_at)
        keep_outages([(query.service, report)], source=SOURCE, now=now)
    details = [("address", query.address, None), ("expression", query.expression, None)]
    record_change(_subject(query), gettext_noop("Taken away"), by=by, now=now, details=details)
    query.delete()


@transaction.atomic
def _take(query: PrometheusQuery, lines: Sequence[Series], until: datetime, now: datetime) -> bool:
    """Count an answer, unless another sweep was first."""
    mine = PrometheusQuery.objects.filter(pk=query.pk, asked_until=query.asked_until)
    if not mine.update(asked_until=until, answered_at=now, error=""):
        return False
    service = query.service
    if query.kind == PrometheusQuery.Kind.UP:
        lasting = _lasting(query)
        since = lasting.started_at if lasting else None
        found = outages(lines, service=service.key, key=str(query.pk), since=since)
        keep_outages([(service, report) for report in found], source=SOURCE, now=now)
    else:
        fold_samples([(service, seen) for seen in response_times(lines, service=service.key)])
    return True


def _lasting(query: PrometheusQuery) -> Outage | None:
    mine = Outage.objects.filter(source=SOURCE, external_key__startswith=f"{query.pk}@", ended_at=None)
    return mine.order_by("started_at").last()


def _minute(moment: datetime) -> datetime:
    return moment.replace(second=0, microsecond=0)


def _subject(query: PrometheusQuery) -> str:
    return f"Prometheus query of {query.service.name}"
