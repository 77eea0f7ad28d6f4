from datetime import timedelta
from typing import Any

import pytest

from experience.services.contact_budget import allocate_contact_budget
from experience.services.evidence import rebuild_evidence
from surveys.models import BusinessService, SamplingShare
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    DecisionFactory,
    InvitationFactory,
    ResolutionFactory,
    ResponseFactory,
)

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


def resolved(service: BusinessService, count: int, ratings: tuple[int, ...] = ()) -> None:
    """Resolve `count` tickets of a service yesterday; the first ones are answered with these ratings."""
    for position in range(count):
        row = ResolutionFactory.create(on_service=service, resolved_at=NOW - timedelta(days=1))
        if position < len(ratings):
            ResponseFactory.create(
                invitation=InvitationFactory.create(resolution=row), rating=ratings[position]
            )
        else:
            DecisionFactory.create(resolution=row)
    rebuild_evidence(now=NOW)


@pytest.fixture
def two_services() -> list[BusinessService]:
    steady, torn = BusinessServiceFactory.create_batch(2)
    resolved(steady, 20, (4, 4, 4, 4))
    resolved(torn, 20, (1, 5, 1, 5))
    return [steady, torn]


def test_without_a_budget_nobody_gets_a_share(two_services: list[BusinessService]) -> None:
    SamplingShare.objects.create(service=two_services[0], share=0.5, is_allocated=True, set_at=NOW)

    assert allocate_contact_budget(TODAY, now=NOW) == 0

    assert not SamplingShare.objects.exists()


def test_with_nothing_resolved_nothing_is_shared(settings: Any) -> None:
    settings.CONTACT_BUDGET = 100

    assert allocate_contact_budget(TODAY, now=NOW) == 0


def test_sample_services_take_nothing_of_the_budget(
    two_services: list[BusinessService], settings: Any
) -> None:
    settings.CONTACT_BUDGET = 20
    resolved(BusinessServiceFactory.create(is_sample=True), 20, (1, 5, 1, 5))

    assert allocate_contact_budget(TODAY, now=NOW) == 2

    assert 20 * sum(SamplingShare.objects.values_list("share", flat=True)) == pytest.approx(20)


def test_the_service_with_the_wider_interval_is_asked_more(
    two_services: list[BusinessService], settings: Any
) -> None:
    settings.CONTACT_BUDGET = 20
    steady, torn = two_services

    assert allocate_contact_budget(TODAY, now=NOW) == 2

    shares = dict(SamplingShare.objects.values_list("service", "share"))
    assert shares[torn.pk] > shares[steady.pk]
    assert 20 * sum(shares.values()) == pytest.approx(20)
    assert allocate_contact_budget(TODAY, now=NOW) == 2


def test_a_share_set_by_hand_stays_and_is_taken_off_the_budget(
    two_services: list[BusinessService], settings: Any
) -> None:
    settings.CONTACT_BUDGET = 15
    steady, torn = two_services
    SamplingShare.objects.create(service=steady, share=0.5, set_at=NOW)

    allocate_contact_budget(TODAY, now=NOW)

    shares = dict(SamplingShare.objects.values_list("service", "share"))
    assert shares == {steady.pk: 0.5, torn.pk: pytest.approx(0.25)}
