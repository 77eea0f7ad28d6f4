import pytest

from surveys.engine.response_class import target_minutes
from surveys.models import ResolutionTarget
from surveys.selectors.resolution_targets import ResolutionTargets
from tests.factories import BusinessServiceFactory

pytestmark = pytest.mark.django_db


def test_without_an_agreement_the_usual_target_holds() -> None:
    assert ResolutionTargets.stored().minutes(1, 2) == target_minutes(2)


def test_the_target_of_the_service_stands_before_that_of_all() -> None:
    own, other = BusinessServiceFactory.create_batch(2)
    ResolutionTarget.objects.create(service=own, priority=1, minutes=60)
    ResolutionTarget.objects.create(priority=1, minutes=90)

    targets = ResolutionTargets.stored()

    assert [targets.minutes(service.pk, 1) for service in (own, other)] == [60, 90]
    assert targets.minutes(own.pk, None) == target_minutes(None)
