"""When what is judged: after every change the live views, each night the whole day, each Monday the week.

A gap closes after two evaluations in a row, so a Monday without a worker is made up for as of its evidence.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import Max, Q

from experience.engine.periods import Period, month_of, previous_month
from experience.models import Measurement, NightlyRun
from experience.selectors.maturity import is_final, provisional_until
from experience.selectors.raw_rows import ServiceDay
from experience.services.evidence import counted_changes, forget_changes, refresh_changed_days
from experience.services.gaps import close_month, evaluate_week, leave_unwatched, refresh_gaps
from experience.services.measure import judged_live_views, measure_all
from experience.services.service_groups import refresh_service_groups
from surveys.services.anonymous import mark_anonymous_weeks
from xla_service.moments import organisation_day

MONDAY = 0
_LEASE = timedelta(hours=1)


def refresh(*, now: datetime) -> set[ServiceDay]:
    """Recompute changed service-days, the results that use them, and the early lane; return those days.

    What a sweep counted that was killed before it had measured is measured by the next.
    """
    refresh_changed_days(now=now)
    counted = counted_changes()
    changed = set(counted.values())
    if changed:
        today = organisation_day(now)
        services = {service for service, _ in changed}
        measured = measure_all(
            as_of=today, now=now, services=services, changed_days={day for _, day in changed}
        )
        refresh_gaps(judged_live_views(measured), as_of=today, now=now)
        forget_changes(list(counted))
    return changed


def judge_day(day: date, *, now: datetime) -> bool:
    """Judge a day once: results, period close, on Mondays the week. Return False when it was done already."""
    if not _claim(day, now):
        return False
    _judge(day, now)
    NightlyRun.objects.filter(day=day).update(finished_at=now)
    return True


def send_digest_of_week(day: date, *, now: datetime, send: Callable[[date], int]) -> int:
    """Let the digest of the newest Monday go out once its day is judged; return how many mails.

    One that nobody sent, because no worker was there on its Monday, goes out on the first day that is judged
    afterwards, and of several the newest alone. What was never watched on its day, as after loading a
    history, is no missed one.
    """
    monday = day - timedelta(days=day.weekday())
    was_sent = NightlyRun.objects.filter(digest_of=monday).exists()
    if was_sent or not was_judged(day) or not (day == monday or _was_missed(monday)):
        return 0
    mails = send(monday)
    NightlyRun.objects.filter(day=day).update(digest_of=monday)
    return mails


def _was_missed(monday: date) -> bool:
    """Say whether the service was at work before this Monday and not on it."""
    was_at_work = NightlyRun.objects.filter(day__lt=monday, finished_at__isnull=False).exists()
    return was_at_work and not was_judged(monday)


def was_judged(day: date) -> bool:
    """Say whether the judgement of a day is complete."""
    return NightlyRun.objects.filter(day=day, finished_at__isnull=False).exists()


def _claim(day: date, now: datetime) -> bool:
    """Take the day for this process.

    One that was begun and not finished is taken over after its lease, and one that was begun in the future,
    by a clock that was wrong for a while, is judged again in its time.
    """
    _, is_new = NightlyRun.objects.get_or_create(day=day, defaults={"started_at": now})
    of_day = NightlyRun.objects.filter(day=day)
    unfinished = Q(finished_at=None, started_at__lt=now - _LEASE)
    stale = of_day.filter(unfinished | Q(started_at__gt=now + _LEASE))
    return is_new or bool(stale.update(started_at=now, finished_at=None))


def _judge(day: date, now: datetime) -> None:
    refresh_service_groups(today=day)
    mark_anonymous_weeks(day)
    refresh(now=now)
    for monday in _missed_mondays(day):
        _judge_week(judged_live_views(measure_all(as_of=monday, now=now)), monday, now)
    last_month = previous_month(month_of(day))
    measured = measure_all(as_of=day, now=now, changed_days={last_month.last_on, day - timedelta(days=7)})
    rolling = judged_live_views(measured)
    refresh_gaps(rolling, as_of=day, now=now)
    if is_final(last_month, day) and not _was_closed(last_month):
        months = [m for m in measured if m.period == m.Period.MONTH and m.starts_on == last_month.first_on]
        close_month(months, as_of=day, now=now)
    if day.weekday() == MONDAY:
        _judge_week(rolling, day, now)


def _judge_week(rolling: Sequence[Measurement], monday: date, now: datetime) -> None:
    evaluate_week(rolling, as_of=monday, now=now)
    leave_unwatched(rolling, as_of=monday, now=now)


def _missed_mondays(day: date) -> list[date]:
    """Return the Mondays since the last judged day on which nobody was there to judge the week."""
    judged = NightlyRun.objects.filter(day__lt=day, finished_at__isnull=False).aggregate(last=Max("day"))
    last = judged["last"] or day
    days = (last + timedelta(days=step) for step in range(1, (day - last).days))
    return [missed for missed in days if missed.weekday() == MONDAY]


def _was_closed(month: Period) -> bool:
    """Say whether an earlier finished run came after the month was final: then its family was tested."""
    return NightlyRun.objects.filter(day__gt=provisional_until(month), finished_at__isnull=False).exists()


def replay(first: date, last: date) -> int:
    """Judge the Mondays from `first` to `last`, then `last`, each as of its evening; return the days judged.

    For history that was loaded at once: trends and gaps get the past they would have had.
    """
    days = [first + timedelta(days=step) for step in range((last - first).days)]
    judged = [day for day in days if day.weekday() == MONDAY] + [last]
    return sum(judge_day(day, now=datetime.combine(day, time(22), UTC)) for day in judged)
