"""A small sample to look around in, beside whatever an installation holds; removed, it leaves no trace.

It is a slice of the demo (see load.py) under names of its own: services whose keys begin with "sample-",
people under example.test, its own survey and agreement. Nobody signs in with it and nothing of it is mailed.
Results of other services do not move: sample services are tested and estimated apart from them.
"""

from __future__ import annotations

import csv
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

from django.utils.translation import gettext_noop

from experience.demo.answers import send_answers
from experience.demo.catalogue import first_sound_day, write_rule
from experience.demo.signals import outages_until, response_times_until
from experience.demo.story import HOUR_COST, SAMPLE_NOTE, SAMPLES, Sample, sample_of_category
from experience.demo.tickets import MISSING, Row, read_log, rows_until, shared_accounts
from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms
from experience.engine.periods import Period
from experience.models import Agreement, Measurement, Sla
from experience.selectors.maturity import is_final
from experience.selectors.set_up import SAMPLE_PREFIX as PREFIX
from experience.services.agreements import publish, write_draft
from experience.services.evidence import counted_changes, forget_changes, refresh_changed_days
from experience.services.gaps import close_month, evaluate_week, refresh_gaps
from experience.services.library import install_indicators
from experience.services.measure import judged_live_views, measure_all
from experience.services.receive_signals import receive_signals
from experience.services.starter import AMBITION, COUNTED, SHOWN
from surveys.models import BusinessService, ServiceUserCount, Survey, User
from surveys.services.audit import record_change
from surveys.services.decide import decide_resolutions
from surveys.services.default_survey import create_default_survey
from surveys.services.import_tickets import import_tickets
from surveys.services.jobs import JobRefusedError, Progress
from xla_service.moments import organisation_day

SOURCE = "sample"
MONITOR = "sample-monitor"
SURVEY = "sample-survey"
AGREEMENT = "sample-agreement"
KEYS = ("digital-workplace", "room-booking", "e-mail-and-calendar", "printing", "customer-portal")
CALLER = "Sample caller"
# Everything was due and decided before the sample is there, so that nothing of it can be mailed.
ENDS_BEFORE = timedelta(days=1)
_CHOSEN = {sample.key: sample for sample in SAMPLES if sample.key in KEYS}


def load_sample(*, now: datetime, by: User | None, progress: Progress) -> dict[str, int]:
    """Load the sample and judge its past; return what it holds. `progress` hears of every stage.

    Raises JobRefusedError where the sample, or the demo, is loaded already.
    """
    if BusinessService.objects.filter(is_sample=True, lifecycle=BusinessService.Lifecycle.LIVE).exists():
        raise JobRefusedError("There is sample data already. Remove it before you load it again.")
    end = now - ENDS_BEFORE
    progress(gettext_noop("Creating services"), 0, 0)
    services = _write_catalogue(now)
    _import(end, now, progress)
    progress(gettext_noop("Asking and answering"), 0, 0)
    decide_resolutions(now=now, as_it_happened=True, services=[service.pk for service in services])
    answers = send_answers(now, source=SOURCE)
    progress(gettext_noop("Reading comments"), 0, 0)
    # Only here, because a web process should start without what reads comments.
    from surveys.services.score_comments import score_comments

    score_comments(now=now)
    _send_signals(end, now)
    progress(gettext_noop("Counting and judging"), 0, 0)
    refresh_changed_days(now=now)
    BusinessService.objects.filter(pk__in=[s.pk for s in services]).update(
        lifecycle=BusinessService.Lifecycle.LIVE
    )
    _judge(services, now)
    own = {service.pk for service in services}
    forget_changes([pk for pk, (service, _) in counted_changes().items() if service in own])
    record_change("sample data", "Loaded", by=by, now=now)
    return {"services": len(services), "answers": answers}


def _write_catalogue(now: datetime) -> list[BusinessService]:
    """Create the services, in the pipeline until they are complete, with survey, SLAs and user counts."""
    survey = create_default_survey(now=now, key=SURVEY, name="Sample survey").survey
    write_rule(survey, now)
    services = [_service(sample, survey) for sample in _CHOSEN.values()]
    for service, sample in zip(services, _CHOSEN.values(), strict=True):
        if sample.sla_target is not None:
            Sla.objects.get_or_create(
                service=service,
                valid_from=first_sound_day(now),
                defaults={"target_share": sample.sla_target},
            )
        ServiceUserCount.objects.get_or_create(
            service=service, valid_from=first_sound_day(now), defaults={"user_count": sample.user_count}
        )
    return services


def _service(sample: Sample, survey: Survey) -> BusinessService:
    return BusinessService.objects.get_or_create(
        key=PREFIX + sample.key,
        defaults={
            "name": f"Sample: {sample.name}",
            "description": SAMPLE_NOTE,
            "lifecycle": BusinessService.Lifecycle.PIPELINE,
            "value_stream": sample.value_stream,
            "supplier": sample.supplier,
            "survey": survey,
            "hour_cost": HOUR_COST,
            "is_sample": True,
        },
    )[0]


def _import(end: datetime, now: datetime, progress: Progress) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sample.csv"
        _write(path, end)
        import_tickets(path, source=SOURCE, now=now, progress=progress)


def _write(path: Path, end: datetime) -> None:
    log = read_log()
    shared = shared_accounts(log)
    rows = list(_rows(end, [row for row in log if row["caller_id"] not in shared]))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def _rows(end: datetime, log: list[Row]) -> Iterator[Row]:
    """Yield the rows of the chosen services as an export taken at `end` would hold them."""
    chosen = [row for row in log if sample_of_category(row["category"]).key in _CHOSEN]
    for row in rows_until(end, chosen):
        caller = row["caller_id"]
        yield row | {
            "caller_id": caller if caller == MISSING else caller.replace("Caller", CALLER),
            "business_service": PREFIX + sample_of_category(row["category"]).key,
        }


def _send_signals(end: datetime, now: datetime) -> None:
    outages = (replace(o, service=PREFIX + o.service) for o in outages_until(end) if o.service in _CHOSEN)
    times = (
        replace(t, service=PREFIX + t.service) for t in response_times_until(end) if t.service in _CHOSEN
    )
    receive_signals([*outages, *times], batch_id="sample", source=MONITOR, now=now)


def _judge(services: list[BusinessService], now: datetime) -> None:
    """Agree on starter terms for the sample alone, and measure and test its weeks and months."""
    install_indicators()
    start, today = first_sound_day(now), organisation_day(now)
    if not Agreement.objects.filter(key=AGREEMENT).exists():
        publish(write_draft(_terms(services, start), by=None), by=None, now=now)
    days = [start + timedelta(days=step) for step in range((today - start).days + 1)]
    measured = measure_all(as_of=today, now=now, services={s.pk for s in services}, changed_days=days)
    rolling = judged_live_views(measured)
    refresh_gaps(rolling, as_of=today, now=now)
    for month in sorted({m.starts_on for m in measured if m.period == Measurement.Period.MONTH}):
        _close(month, measured, today, now)
    evaluate_week(rolling, as_of=today, now=now)


def _close(month: date, measured: list[Measurement], today: date, now: datetime) -> None:
    months = [m for m in measured if m.period == Measurement.Period.MONTH and m.starts_on == month]
    if is_final(Period(month, months[0].ends_on), today):
        close_month(months, as_of=today, now=now)


def _terms(services: list[BusinessService], valid_from: date) -> AgreementTerms:
    weights = COUNTED | dict.fromkeys(SHOWN, 0.0)
    return AgreementTerms(
        key=AGREEMENT,
        name="Sample agreement",
        valid_from=valid_from,
        ambition=AMBITION,
        services=tuple(sorted(service.key for service in services)),
        indicators=tuple(AgreedIndicator(key, weight) for key, weight in weights.items()),
        note="Of the sample data; goes with it.",
    )
