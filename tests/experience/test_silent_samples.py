"""A random sample of the silent on the pages: how many, the list, the figure, and who reads what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from experience.engine.follow_up import follow_up
from experience.models import Measurement
from experience.selectors.answers import answer_count
from experience.selectors.raw_rows import resolution_facts
from experience.selectors.silent_samples import month_to_draw, newest_sample, sample_figure
from experience.sentences import follow_up_sentence
from surveys.models import BusinessService, Invitation, OptOut, SilentSample, User
from surveys.services.answer import Answer
from surveys.services.silent_samples import answer_again
from tests.experience.factories import measured
from tests.factories import InvitationFactory, PersonFactory, ResolutionFactory, ResponseFactory

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
IN_MAY = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)
MONTH = "2026-05"


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    client.force_login(owner)
    return client


def asked(service: BusinessService, *, silent: int, ratings: Sequence[int] = ()) -> None:
    for number in range(silent + len(ratings)):
        resolution = ResolutionFactory.create(
            on_service=service,
            requester=PersonFactory.create(name=f"Caller {number}"),
            resolved_at=IN_MAY,
        )
        invitation = InvitationFactory.create(resolution=resolution, state=Invitation.State.CLOSED)
        if number < len(ratings):
            ResponseFactory.create(invitation=invitation, rating=ratings[number])


def in_may(service: BusinessService) -> Measurement:
    return measured(
        service,
        period=Measurement.Period.MONTH,
        starts_on=date(2026, 5, 1),
        ends_on=date(2026, 5, 31),
    )


def place(service: BusinessService) -> str:
    return reverse("silent-sample", args=[service.key, MONTH])


def draw(page: Client, service: BusinessService, count: int) -> SilentSample:
    page.post(reverse("silent-draw", args=[service.key]), {"count": count})
    return SilentSample.objects.get()


def reached(sample: SilentSample, ratings: Sequence[int]) -> None:
    for line, rating in zip(sample.lines.order_by("pk"), ratings, strict=False):
        answer_again(line.pk, Answer(rating, comment=f"Said {rating}"), language="en", now=NOW)


def step(page: Client, service: BusinessService, name: str) -> None:
    page.post(reverse("silent-step", args=[service.key, MONTH, name]))


@pytest.mark.parametrize(
    ("today", "month"),
    [(date(2026, 6, 7), 4), (date(2026, 6, 8), 5), (date(2026, 7, 7), 5), (date(2026, 7, 8), 6)],
)
def test_the_newest_month_whose_late_answers_are_in_is_drawn(today: date, month: int) -> None:
    assert month_to_draw(today).first_on == date(2026, month, 1)


def test_the_page_says_what_each_number_buys(page: Client, service: BusinessService) -> None:
    in_may(service)
    asked(service, silent=30, ratings=[5] * 10)

    words = page.get(place(service)).content.decode()

    assert "40 were asked; 30 of them did not answer and may be asked again." in words
    assert "Left out" not in words
    assert "20 people" in words
    assert "good to about ±0.4 stars if all of them answer, ±0.6 stars if half do" in words
    assert "30 people" in words


def test_with_nobody_asked_the_page_says_so(page: Client, service: BusinessService) -> None:
    assert "No survey with names asked anybody" in page.get(place(service)).content.decode()


def test_four_silent_are_too_few_for_a_figure(page: Client, service: BusinessService) -> None:
    asked(service, silent=4)

    assert "Too few for a figure" in page.get(place(service)).content.decode()


def test_the_list_shows_person_ticket_and_link(page: Client, service: BusinessService) -> None:
    asked(service, silent=6)
    sample = draw(page, service, 5)
    line = sample.lines.select_related("invitation__person", "invitation__resolution__ticket").first()
    assert line is not None

    words = page.get(place(service)).content.decode()
    table = page.get(reverse("silent-list", args=[service.key, MONTH])).content.decode()

    for text in (str(line.invitation.person), f"/s/{line.invitation.token}/again/"):
        assert text in words
        assert text in table
    assert len(table.splitlines()) == 6


def test_who_unsubscribed_since_is_not_to_be_asked(page: Client, service: BusinessService) -> None:
    asked(service, silent=5)
    sample = draw(page, service, 5)
    OptOut.objects.create(person=sample.lines.all()[0].invitation.person, opted_out_at=NOW)

    assert "does not want surveys" in page.get(place(service)).content.decode()
    assert len(page.get(reverse("silent-list", args=[service.key, MONTH])).content.splitlines()) == 5


def test_nothing_that_was_said_shows_before_the_end(page: Client, service: BusinessService) -> None:
    in_may(service)
    asked(service, silent=20, ratings=[4] * 5)
    sample = draw(page, service, 20)
    reached(sample, [1, 2, 3, 4, 5, 5])

    words = page.get(place(service)).content.decode()

    assert sample_figure(sample, now=NOW).found is None
    assert "6 of 20 reached" in words
    assert "Said 1" not in words
    assert "with the follow-up" not in words


def test_the_figure_follows_from_the_stored_rows(page: Client, service: BusinessService) -> None:
    in_may(service)
    measured(service, ends_on=NOW.date(), starts_on=NOW.date() - timedelta(days=27))
    asked(service, silent=20, ratings=[1, 3, 4, 4, 5])
    reached(draw(page, service, 20), [1, 2, 3, 4, 5, 5, 5, 5])

    step(page, service, "end")

    sample = SilentSample.objects.get()
    found = sample_figure(sample, now=NOW).found
    assert found == follow_up(
        asked=sample.asked_count, first=sample.rating_counts, second=[1, 1, 1, 1, 4], lo=1, hi=5, pooled=1.5
    )
    shown = page.get(reverse("service", args=[service.key])).content.decode()
    assert "May 2026 with the follow-up: 3.7 of 5 (2.7–4.4)</b>, from 8 of 20 reached." in shown
    assert "That month without it: 3.7 adjusted, 3.9 as answered." in shown
    assert "It points the same way as the answers alone, but the interval holds the agreed 4.2" in shown
    assert "Said 1" in page.get(place(service)).content.decode()


def test_fewer_than_five_reached_give_no_figure(page: Client, service: BusinessService) -> None:
    asked(service, silent=20)
    sample = draw(page, service, 20)
    reached(sample, [1, 2, 3, 4])

    step(page, service, "end")

    sample.refresh_from_db()
    assert sample_figure(sample, now=NOW).found is None
    assert "Fewer than 5 people were reached" in page.get(place(service)).content.decode()


def test_five_answers_of_four_people_give_no_figure(page: Client, service: BusinessService) -> None:
    asked(service, silent=8)
    sample = draw(page, service, 8)
    reached(sample, [1, 2, 3, 4, 5])
    first, second = sample.lines.order_by("pk")[:2]
    Invitation.objects.filter(pk=second.invitation_id).update(person=first.invitation.person_id)
    SilentSample.objects.update(closes_at=NOW)
    sample.refresh_from_db()

    assert sample_figure(sample, now=NOW).found is None


def test_the_answers_of_the_month_stay_as_they_were(page: Client, service: BusinessService) -> None:
    asked(service, silent=5, ratings=[4])
    reached(draw(page, service, 5), [1, 1, 1, 1, 1])

    facts = resolution_facts({(service.pk, IN_MAY.date())})

    ratings = [fact.answer.rating for fact in facts[service.pk, IN_MAY.date()] if fact.answer]
    assert (ratings, answer_count(service).total) == ([4], 1)


def test_a_cancelled_draw_leads_back_to_the_service(page: Client, service: BusinessService) -> None:
    asked(service, silent=5)
    draw(page, service, 5)

    step(page, service, "cancel")

    assert not SilentSample.objects.exists()


def test_after_an_answer_the_draw_stays(page: Client, service: BusinessService) -> None:
    asked(service, silent=5)
    reached(draw(page, service, 5), [3])

    step(page, service, "cancel")

    assert SilentSample.objects.exists()
    assert "Somebody has answered" in page.get(place(service)).content.decode()


def test_an_old_sample_leaves_the_service_page(page: Client, service: BusinessService) -> None:
    asked(service, silent=5)
    sample = draw(page, service, 5)

    assert newest_sample(service, today=date(2026, 7, 20)) == sample
    assert newest_sample(service, today=date(2026, 8, 20)) is None


def test_those_who_only_look_are_not_led_to_the_list(
    client: Client, viewer: User, service: BusinessService
) -> None:
    measured(service, ends_on=NOW.date())
    client.force_login(viewer)

    assert place(service) not in client.get(reverse("service", args=[service.key])).content.decode()


@pytest.mark.parametrize(
    ("value", "low", "high", "before", "said"),
    [
        (3.6, 3.3, 3.9, 3.7, "The verdict stays as it is: below the agreed 4.2"),
        (4.5, 4.3, 4.7, 4.4, "The verdict stays as it is: the agreed 4.2 is reached"),
        (4.5, 4.3, 4.7, 3.7, "The verdict would change: with the silent included the agreed 4.2 is reached"),
        (3.6, 3.3, 3.9, 4.4, "The verdict would change: with the silent included it is below the agreed 4.2"),
        (
            4.0,
            3.7,
            4.4,
            3.7,
            "It points the same way as the answers alone, but the interval holds the agreed 4.2",
        ),
        (4.3, 4.0, 4.5, 3.7, "It points the other way than the answers alone"),
        (4.3, None, None, 3.7, "Too few were reached for an interval"),
    ],
)
def test_the_page_says_whether_the_verdict_would_change(
    value: float, low: float | None, high: float | None, before: float, said: str
) -> None:
    assert follow_up_sentence(value, low, high, 4.2, before).startswith(said)


def test_where_nothing_was_agreed_there_is_no_verdict_to_change() -> None:
    assert follow_up_sentence(3.6, 3.3, 3.9, None, 3.7) == ""


def test_where_too_few_answered_the_page_still_leads_to_the_draw(
    page: Client, service: BusinessService
) -> None:
    measured(service, answered=3, status=Measurement.Status.HIDDEN, ends_on=NOW.date())

    assert place(service) in page.get(reverse("service", args=[service.key])).content.decode()


def test_an_installation_may_ask_for_more_people_behind_a_figure(
    page: Client, service: BusinessService, settings: Any
) -> None:
    settings.PRIVACY_MINIMUM = 10
    asked(service, silent=20)
    sample = draw(page, service, 20)
    reached(sample, [4] * 9)

    step(page, service, "end")

    assert "Fewer than 10 people were reached" in page.get(place(service)).content.decode()
