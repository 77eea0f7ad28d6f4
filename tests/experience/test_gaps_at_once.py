"""People and sweeps move the same gap at the same time: one wins, the other is told or judges afresh."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection

from experience.models import Gap, GapEvent, Measurement
from experience.services import measure
from experience.services.gap_actions import GapMovedError, acknowledge_gap, assign_gap, dismiss_gap
from experience.services.gaps import close_month, evaluate_week, refresh_gaps
from experience.services.improvements import Plan, plan_improvement
from experience.services.judge import refresh
from experience.services.parameters import parameter_set_for
from surveys.models import User
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db(transaction=True)
TODAY = NOW.date()
UNHAPPY, HAPPY = [1] * 20 + [2] * 10 + [4] * 10, [5] * 60
Step = Callable[[Gap, User], object]
STEPS: dict[str, Step] = {
    "take in hand": lambda gap, user: acknowledge_gap(gap, by=user, now=NOW),
    "dismiss": lambda gap, user: dismiss_gap(gap, by=user, reason="One team moved house", now=NOW),
    "give": lambda gap, user: assign_gap(gap, to=user, by=user, now=NOW),
    "plan": lambda gap, user: plan_improvement(
        gap, Plan("Replace the queue", "", user, TODAY, 5.0), by=user, now=NOW, today=TODAY
    ),
}


@pytest.fixture
def gap() -> Gap:
    service = BusinessServiceFactory.create()
    agreed(service)
    answered(service, UNHAPPY)
    refresh(now=NOW)
    return Gap.objects.get()


def rolling() -> list[Measurement]:
    return list(Measurement.objects.current().filter(period="rolling").order_by("pk"))


def in_a_thread(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


@contextmanager
def once_the_gaps_are_read(act: Callable[[], object]) -> Iterator[None]:
    """Let somebody act on a connection of their own after this thread read the gaps, before it writes."""
    acted = []

    def watch(execute: Callable[..., Any], sql: str, *rest: Any) -> Any:
        result = execute(sql, *rest)
        if sql.startswith("SELECT") and 'FROM "experience_gap"' in sql and not acted:
            acted.append(True)
            in_a_thread(act).join()
        return result

    with connection.execute_wrapper(watch):
        yield
    assert acted


def assert_its_history_is_whole(gap: Gap, steps: int) -> None:
    """Every step is one event that begins where the one before ended, and the last is where it stands."""
    events = list(GapEvent.objects.filter(gap=gap).order_by("pk"))
    states = [event.to_state for event in events]
    assert [event.from_state for event in events] == ["", *states[:-1]]
    assert (len(events), states[-1]) == (steps, Gap.objects.get(pk=gap.pk).state)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("take in hand", "take in hand"),
        ("take in hand", "dismiss"),
        ("take in hand", "give"),
        ("take in hand", "plan"),
        ("dismiss", "plan"),
        ("give", "give"),
        ("give", "dismiss"),
    ],
)
def test_of_two_people_at_once_one_wins_and_the_other_is_told(
    gap: Gap, owner: User, teammate: User, first: str, second: str
) -> None:
    together = threading.Barrier(2)
    won: list[User] = []
    told: list[str] = []

    def act(step: Step, user: User) -> None:
        read = Gap.objects.get(pk=gap.pk)
        together.wait(timeout=20)
        try:
            step(read, user)
        except GapMovedError as error:
            told.append(str(error))
        else:
            won.append(user)

    people = [
        in_a_thread(lambda: act(STEPS[first], owner)),
        in_a_thread(lambda: act(STEPS[second], teammate)),
    ]
    for person in people:
        person.join()

    assert told == ["Somebody was faster. The page now shows where this gap stands."]
    assert GapEvent.objects.filter(gap=gap).order_by("pk").last().actor == won[0]
    assert_its_history_is_whole(gap, steps=2)
    assert gap.improvements.count() == (won[0] == teammate and second == "plan")


@pytest.mark.parametrize(
    ("step", "ends", "events"),
    [("take in hand", "recovered", 3), ("dismiss", "dismissed", 2), ("give", "recovered", 3)],
)
def test_the_weekly_evaluation_counts_its_week_and_the_person_keeps_the_step(
    gap: Gap, owner: User, step: str, ends: str, events: int
) -> None:
    answered(gap.service, HAPPY * 3, resolved_at=NOW - timedelta(days=1))
    refresh(now=NOW)

    with once_the_gaps_are_read(lambda: STEPS[step](Gap.objects.get(), owner)):
        evaluate_week(rolling(), as_of=TODAY, now=NOW)

    found = Gap.objects.get()
    assert (found.state, found.weeks_at_target, found.evaluated_on) == (ends, 1, TODAY)
    assert (found.is_acknowledged, found.assignee == owner) == (step == "take in hand", step != "dismiss")
    assert_its_history_is_whole(found, steps=events)


def test_a_refresh_that_read_before_the_weekly_evaluation_takes_no_week_back(gap: Gap) -> None:
    monday = TODAY + timedelta(days=7)
    results = rolling()
    Measurement.objects.update(sla_status="red")

    def evaluate() -> None:
        evaluate_week(rolling(), as_of=monday, now=NOW)

    with once_the_gaps_are_read(evaluate):
        refresh_gaps(results, as_of=monday, now=NOW)

    found = Gap.objects.get()
    assert (found.sla_weeks, found.evaluated_on) == (1, monday)


def test_two_sweeps_that_open_the_same_gap_open_one(gap: Gap) -> None:
    Gap.objects.all().delete()
    results = rolling()

    with once_the_gaps_are_read(lambda: refresh_gaps(rolling(), as_of=TODAY, now=NOW)):
        refresh_gaps(results, as_of=TODAY, now=NOW)

    assert_its_history_is_whole(Gap.objects.get(), steps=1)


def test_two_sweeps_that_measure_the_same_for_the_first_time_store_one_result(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    agreed(BusinessServiceFactory.create())
    together, results_now, failed = threading.Barrier(2), measure.results_now, []

    def both_read(*read: Any, **given: Any) -> list[Measurement]:
        found = results_now(*read, **given)
        with suppress(threading.BrokenBarrierError):
            together.wait(timeout=1)
        return found

    def sweep() -> None:
        try:
            measure.measure_all(as_of=TODAY, now=NOW)
        except Exception as error:
            failed.append(error)
            raise

    parameter_set_for(TODAY, now=NOW)
    monkeypatch.setattr(measure, "results_now", both_read)
    for thread in [in_a_thread(sweep), in_a_thread(sweep)]:
        thread.join()

    assert not failed
    assert len(rolling()) == 1


def test_a_month_that_is_closed_while_somebody_acts_is_counted(gap: Gap, owner: User) -> None:
    later = datetime.combine(TODAY + timedelta(days=40), time(9), UTC)
    month = rolling()[0]
    month.period, month.n_answered, month.ends_on = "month", 2, later.date()

    with once_the_gaps_are_read(lambda: STEPS["take in hand"](Gap.objects.get(), owner)):
        close_month([month], as_of=later.date(), now=later)

    found = Gap.objects.get()
    assert (found.state, found.thin_periods, found.counted_month) == ("acknowledged", 1, month.starts_on)
    assert_its_history_is_whole(found, steps=2)
