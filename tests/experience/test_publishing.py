"""Published results wait for 5 more people; what is judged by, and the count of answers, do not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import Measurement
from experience.services.evidence import refresh_changed_days
from experience.services.measure import measure_all
from experience.services.verify import verify
from surveys.models import BusinessService, Response, User
from tests.experience.scenes import agreed, answered
from tests.factories import NOW

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
RESOLVED_ON = NOW.date() - timedelta(days=3)


@pytest.fixture
def shown(service: BusinessService) -> Measurement:
    """The first result of a service: ten people, all happy."""
    from surveys.services.default_survey import create_default_survey

    service.survey = create_default_survey(now=NOW).survey
    service.save()
    agreed(service)
    answered(service, [5] * 10)
    return judged(service, NOW + timedelta(minutes=10))


def judged(service: BusinessService, now: object) -> Measurement:
    """Measure and return what is judged by from now on."""
    refresh_changed_days(now=LATER)
    measured = measure_all(as_of=NOW.date(), now=now)  # type: ignore[arg-type]
    return next(m for m in measured if m.period == "rolling" and m.service_id == service.pk)


def more(service: BusinessService, ratings: list[int]) -> None:
    for response in answered(service, ratings):
        Response.objects.filter(pk=response.pk).update(answered_at=LATER)


def published(service: BusinessService) -> Measurement:
    return Measurement.objects.published().get(service=service, period="rolling")


@pytest.mark.parametrize("period", ["rolling", "month"])
def test_four_more_people_are_judged_and_not_shown(
    shown: Measurement, service: BusinessService, period: str
) -> None:
    more(service, [1] * 4)

    judged(service, LATER)

    results = Measurement.objects.filter(service=service, period=period)
    of_their_day = results.filter(starts_on__lte=RESOLVED_ON, ends_on__gte=RESOLVED_ON)
    now, before = of_their_day.get(is_current=True), of_their_day.get(is_published=True)
    assert (now.n_answered, now.is_published) == (14, False)
    assert (before.n_answered, before.rating) == (10, 5.0)


def test_the_fifth_person_brings_all_of_them_at_once(shown: Measurement, service: BusinessService) -> None:
    more(service, [1] * 4)
    judged(service, LATER)
    more(service, [1])

    result = judged(service, LATER)

    assert (result.pk, result.is_published, result.n_answered) == (shown.pk, True, 15)
    assert published(service) == result
    assert Measurement.objects.filter(service=service, period="rolling").count() == 1


def test_five_answers_of_one_person_are_one_person(shown: Measurement, service: BusinessService) -> None:
    more(service, [1] * 5)
    newest = Response.objects.filter(answered_at=LATER)
    person = newest[0].resolution.person
    for response in newest:
        response.resolution.person = person
        response.resolution.save()

    assert not judged(service, LATER).is_published


def test_without_new_answers_tickets_and_sla_move_on_at_once(
    shown: Measurement, service: BusinessService
) -> None:
    from tests.experience.scenes import silent

    silent(service, 3, resolved_at=NOW - timedelta(days=2))

    result = judged(service, LATER)

    assert (result.is_published, result.n_resolved, published(service).pk) == (True, 13, shown.pk)


def test_a_result_that_waits_can_be_proved_too(shown: Measurement, service: BusinessService) -> None:
    more(service, [1] * 2)
    judged(service, LATER)

    assert list(verify(Measurement.objects.all())) == []


def test_the_page_counts_the_answer_and_keeps_the_rating(
    shown: Measurement, service: BusinessService, client: Client, owner: User
) -> None:
    more(service, [1] * 3)
    judged(service, LATER)
    client.force_login(owner)

    tickets = client.get(reverse("service-tab", args=[service.key, "tickets"])).content.decode()
    words = client.get(reverse("service", args=[service.key])).content.decode().replace("\u00a0", " ")

    assert '<span class="bars__figure figure">13</span>' in tickets
    assert "Users rate it 5.0 of 5" in words
