"""Whether an action worked: judged against services on which nobody acted, after its window."""

from __future__ import annotations

from datetime import date, timedelta
from html import unescape

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import Gap, Improvement
from experience.services.evidence import refresh_changed_days
from experience.services.improvements import (
    ImprovementMovedError,
    Plan,
    carry_out,
    earliest_day,
    give_up,
    judge_improvements,
    plan_improvement,
    take_back,
)
from surveys.models import BusinessService, ServiceNotice, User
from tests.experience.factories import gap, measured, weekly
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
# Three months before, and the four weeks after, an action of 1 April on a gap of March, whose 28 days reach
# into February.
BEFORE = [
    NOW.replace(year=2025, month=11, day=10),
    NOW.replace(year=2025, month=12, day=10),
    NOW.replace(month=1, day=10),
]
AFTER = NOW.replace(month=4, day=20)
SO_SO, BETTER = [3, 3, 4, 4, 3, 4], [5, 5, 4, 5, 5, 5]


def planned(service: BusinessService, owner: User, opened_on: date = date(2026, 3, 20)) -> Improvement:
    plan = Plan("Replace the queue", "", owner, date(2026, 4, 1), 6.0)
    found = gap(service, opened_on=opened_on)
    return plan_improvement(found, plan, by=owner, now=NOW, today=TODAY)


def lived(service: BusinessService, after: list[int], turn: int = 0) -> None:
    for moment in BEFORE:
        answered(service, SO_SO[turn:] + SO_SO[:turn], resolved_at=moment)
    answered(service, after, resolved_at=AFTER)


@pytest.fixture
def acted(service: BusinessService, owner: User) -> Improvement:
    """An action that was carried out on 1 April."""
    improvement = planned(service, owner)
    carry_out(improvement, on=date(2026, 4, 1), by=owner, now=NOW)
    return improvement


def judged(improvement: Improvement) -> Improvement:
    refresh_changed_days(now=NOW)
    judge_improvements(today=TODAY, now=NOW)
    improvement.refresh_from_db()
    return improvement


def test_an_action_is_judged_after_a_week_of_pause_four_weeks_and_maturity(acted: Improvement) -> None:
    assert acted.judged_from == date(2026, 4, 1) + timedelta(days=7 + 28 + 7 + 1)

    judge_improvements(today=acted.judged_from - timedelta(days=1), now=NOW)
    acted.refresh_from_db()
    assert acted.state == Improvement.State.DONE


def test_what_changed_more_than_its_neighbours_has_improved(
    acted: Improvement, service: BusinessService
) -> None:
    agreed(service)
    lived(service, BETTER)
    for number in range(8):
        # Neighbours differ a little from one another, as they do in life.
        lived(BusinessServiceFactory.create(), SO_SO[: 5 + number % 2], number % 3)

    improvement = judged(acted)

    assert improvement.verdict == Improvement.Verdict.IMPROVED
    assert improvement.effect_low is not None
    assert improvement.effect_low > 0
    assert improvement.controls == 8


def test_the_bad_month_that_led_to_an_action_is_no_baseline(service: BusinessService, owner: User) -> None:
    # Found when March was closed: what follows a bad March is better without any action.
    improvement = planned(service, owner, opened_on=date(2026, 4, 8))
    carry_out(improvement, on=date(2026, 4, 8), by=owner, now=NOW)
    agreed(service)
    for each in (service, *(BusinessServiceFactory.create() for _ in range(8))):
        for month in (12, 1, 2, 4):
            moment = NOW.replace(year=2026 - month // 12, month=month, day=20)
            answered(each, SO_SO, resolved_at=moment)
    answered(service, [1, 1, 2, 1, 1, 2], resolved_at=NOW.replace(month=3, day=20))

    found = judged(improvement)

    assert found.effect == pytest.approx(0)


def test_sample_data_are_no_neighbours(acted: Improvement, service: BusinessService) -> None:
    agreed(service)
    lived(service, BETTER)
    for number in range(8):
        lived(BusinessServiceFactory.create(is_sample=number < 1), SO_SO, number % 3)

    assert judged(acted).verdict == Improvement.Verdict.NOT_COMPARABLE


def test_without_eight_neighbours_nothing_is_claimed(acted: Improvement, service: BusinessService) -> None:
    agreed(service)
    lived(service, BETTER)

    improvement = judged(acted)

    assert (improvement.verdict, improvement.effect) == (Improvement.Verdict.NOT_COMPARABLE, None)


def test_a_neighbour_on_which_somebody_acted_too_is_no_control(
    acted: Improvement, service: BusinessService, owner: User
) -> None:
    agreed(service)
    lived(service, BETTER)
    neighbours = [BusinessServiceFactory.create() for _ in range(8)]
    for number, neighbour in enumerate(neighbours):
        lived(neighbour, SO_SO, number % 3)
    other = planned(neighbours[0], owner)
    carry_out(other, on=date(2026, 4, 10), by=owner, now=NOW)

    assert judged(acted).verdict == Improvement.Verdict.NOT_COMPARABLE


def test_what_was_carried_out_can_be_taken_back_until_it_is_judged(acted: Improvement) -> None:
    take_back(acted)
    assert (acted.state, acted.done_on) == (Improvement.State.PLANNED, None)

    give_up(acted)
    with pytest.raises(ImprovementMovedError, match="Somebody was faster"):
        give_up(acted)


def test_the_verdict_is_told_in_words_with_what_could_have_been_seen(
    client: Client, owner: User, acted: Improvement
) -> None:
    Improvement.objects.update(
        state="judged", verdict="no_evidence", judged_at=NOW,
        effect=1.2, effect_low=-3.0, effect_high=5.4, detectable=5.9, controls=12,
    )  # fmt: skip
    client.force_login(owner)

    words = client.get(reverse("gap", args=[acted.gap_id])).content.decode()

    assert "+1.2 points</b> against 12 other services (95 % interval −3.0 to +5.4)" in words
    assert "Only an effect of about +5.9 points or more would have been seen." in words


def test_an_action_is_marked_on_the_charts_of_its_service(
    client: Client, owner: User, acted: Improvement, service: BusinessService
) -> None:
    measured(service)
    weekly(service, [3.5, 3.6, 3.7])
    Improvement.objects.update(done_on=TODAY - timedelta(days=14))
    client.force_login(owner)

    words = unescape(client.get(reverse("service-tab", args=[service.key, "time"])).content.decode())

    assert '"marks": [{"index": 1, "number": "1", "label": "Replace the queue"}]' in words
    assert "<b>1</b> Replace the queue" in words
    assert words.count('<line class="weeks__mark"') == 3  # drawn for print and for readers without script


def test_an_action_is_marked_on_the_charts_of_the_review_of_its_month(
    client: Client, owner: User, acted: Improvement, service: BusinessService
) -> None:
    measured(
        service, period="month", starts_on=TODAY.replace(month=5, day=1), ends_on=TODAY - timedelta(days=1)
    )
    weekly(service, [3.5, 3.6, 3.7])
    Improvement.objects.update(done_on=TODAY - timedelta(days=14))
    client.force_login(owner)

    words = client.get(reverse("review", args=[service.key, "2026-05"])).content.decode()

    assert '<line class="weeks__mark"' in words
    assert "<b>1</b> Replace the queue" in words


def test_the_day_it_was_done_cannot_lie_ahead(client: Client, owner: User, service: BusinessService) -> None:
    improvement = planned(service, owner)
    client.force_login(owner)

    address = reverse("improvement-step", args=[improvement.pk, "done"])
    words = client.post(address, {"on": "2999-01-01"}, follow=True).content.decode()

    assert "This day is still to come." in words
    improvement.refresh_from_db()
    assert improvement.state == Improvement.State.PLANNED
    assert Gap.objects.get().state == Gap.State.ACKNOWLEDGED


def test_the_day_it_was_done_cannot_lie_before_what_it_is_compared_with(
    client: Client, owner: User, service: BusinessService
) -> None:
    improvement = planned(service, owner)
    client.force_login(owner)
    address = reverse("improvement-step", args=[improvement.pk, "done"])

    for day in (date(1, 1, 1), earliest_day(improvement) - timedelta(days=1)):
        words = client.post(address, {"on": day}, follow=True).content.decode()
        assert "the gap was not there yet" in words
        assert Improvement.objects.get().state == Improvement.State.PLANNED

    client.post(address, {"on": earliest_day(improvement)})
    assert Improvement.objects.get().state == Improvement.State.DONE


def test_those_who_answer_read_what_was_done_until_it_is_taken_back(
    service: BusinessService, owner: User
) -> None:
    plan = Plan("Replace the queue", "", owner, TODAY, 6.0, notice="You waited too long. We added people.")
    improvement = plan_improvement(gap(service), plan, by=owner, now=NOW, today=TODAY)
    assert not ServiceNotice.objects.exists()

    carry_out(improvement, on=TODAY, by=owner, now=NOW)
    notice = ServiceNotice.objects.get(service=service)
    assert (notice.wording, notice.shown_from) == ({"en": "You waited too long. We added people."}, TODAY)

    take_back(improvement)
    assert not ServiceNotice.objects.exists()
