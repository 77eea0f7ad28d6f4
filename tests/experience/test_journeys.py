"""A journey through several services is one result, with gaps, receipt and corrections of its own."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from django.core.management import call_command
from django.test import Client
from django.urls import reverse

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms
from experience.models import AgreementVersion, Gap, Measurement
from experience.services.agreements import publish, write_draft
from experience.services.evidence import refresh_changed_days
from experience.services.judge import refresh
from experience.services.measure import measure_all
from experience.services.verify import corrections_due, verify
from surveys.models import BusinessService, Response, User
from surveys.services.changes import mark_changed
from tests.experience.scenes import LAST_YEAR, agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
UNHAPPY = [1] * 20 + [2] * 10 + [4] * 10


@pytest.fixture
def laptop(service: BusinessService) -> BusinessService:
    """The second service of the journey; `service` is the first."""
    made = BusinessServiceFactory.create(key="laptop", name="Laptop")
    service.survey = made.survey
    service.save()
    agreed(service)
    return made


@pytest.fixture
def journey(service: BusinessService, laptop: BusinessService) -> AgreementVersion:
    terms = AgreementTerms(
        key="new-joiner",
        name="First week",
        valid_from=LAST_YEAR,
        ambition="Everything works on the first morning.",
        is_primary=False,
        journey="new joiner",
        services=(laptop.key, service.key),
        weights=(("X", 1.0),),
        indicators=(AgreedIndicator("rating"),),
    )
    return publish(write_draft(terms, by=None), by=None, now=NOW)


def whole(period: str = "rolling") -> Measurement:
    return Measurement.objects.current().whole_journeys().get(period=period, ends_on__gte=TODAY)


def test_a_journey_has_one_result_beside_those_of_its_services(
    journey: AgreementVersion, service: BusinessService, laptop: BusinessService
) -> None:
    first = answered(service, [5] * 6)
    second = answered(laptop, [1] * 6)
    for here, there in zip(first, second, strict=True):
        there.resolution.person = here.resolution.person
        there.resolution.save()

    refresh(now=NOW)

    result = whole()
    assert (result.n_answered, result.rating_raw, result.sla_status) == (12, 3.0, "none")
    assert result.inputs["people"] == [6, 12, 24]
    own = Measurement.objects.current().filter(
        agreement_version=journey, period="rolling", ends_on=TODAY, service__isnull=False
    )
    assert {m.service for m in own} == {service, laptop}


def test_measuring_a_journey_again_changes_nothing(
    journey: AgreementVersion, service: BusinessService
) -> None:
    answered(service, [5] * 6)
    refresh(now=NOW)
    before = whole()

    measure_all(as_of=TODAY, now=NOW)

    assert (whole().pk, whole().computed_at) == (before.pk, before.computed_at)


def test_an_unhappy_journey_opens_a_gap_of_its_own_and_its_owner_is_named(
    journey: AgreementVersion, service: BusinessService, laptop: BusinessService
) -> None:
    answered(service, UNHAPPY[::2])
    answered(laptop, UNHAPPY[1::2])

    refresh(now=NOW)

    gap = Gap.objects.get(service=None)
    assert (gap.agreement, gap.kind, gap.state) == (journey.agreement, "blind_spot", "open")
    assert gap.subject_name == "First week"
    assert gap.affected_people == 40


@pytest.fixture
def journey_gap(journey: AgreementVersion, service: BusinessService, laptop: BusinessService) -> Gap:
    answered(service, UNHAPPY[::2])
    answered(laptop, UNHAPPY[1::2])
    refresh(now=NOW)
    return Gap.objects.get(service=None)


def test_who_owns_a_service_of_a_journey_takes_its_gap_in_hand_gives_it_and_dismisses_it(
    journey_gap: Gap, client: Client, owner: User, laptop: BusinessService, stranger: User
) -> None:
    BusinessService.objects.filter(pk=laptop.pk).update(owner=stranger)
    client.force_login(owner)
    inbox = client.get(reverse("gaps"), {"q": "first week", "mine": "1"}).content.decode()
    for name, given in [("take", {}), ("give", {"to": stranger.pk}), ("set-aside", {"reason": "One team"})]:
        client.post(reverse(f"gap-{name}", args=[journey_gap.pk]), given)
    page = client.get(reverse("gap", args=[journey_gap.pk])).content.decode()

    journey_gap.refresh_from_db()
    assert (journey_gap.state, journey_gap.assignee) == ("dismissed", stranger)
    assert reverse("gap-take", args=[journey_gap.pk]) in inbox
    assert "Blind spot: First week" in page
    assert "Start it on the gap of the one that has to change" in page
    assert reverse("service", args=["e-mail"]) in page
    assert "Start an action" not in page
    assert client.post(reverse("gap-plan", args=[journey_gap.pk])).status_code == 404


@pytest.mark.parametrize(
    ("who", "sees", "acts"),
    [
        ("agreement_admin", 200, 302),
        ("administrator", 200, 302),
        ("viewer", 200, 403),
        ("teammate", 200, 403),
        ("stranger", 404, 404),
    ],
)
def test_the_gap_of_a_journey_is_for_owners_and_administration(
    journey_gap: Gap, client: Client, who: str, sees: int, acts: int, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))

    inbox = client.get(reverse("gaps")).content.decode()
    seen = client.get(reverse("gap", args=[journey_gap.pk])).status_code
    done = client.post(reverse("gap-take", args=[journey_gap.pk])).status_code

    assert ("First week" in inbox, seen, done) == (sees == 200, sees, acts)


def test_a_journeys_result_can_be_proved_and_is_corrected_beside_the_final_one(
    journey: AgreementVersion, service: BusinessService, capsys: pytest.CaptureFixture[str]
) -> None:
    april = NOW.replace(month=4, day=10)
    response = answered(service, [5] * 12, resolved_at=april)[0]
    refresh_changed_days(now=NOW)
    measure_all(as_of=TODAY, now=NOW, changed_days=[april.date()])
    assert list(verify(Measurement.objects.all())) == []
    assert list(corrections_due(Measurement.objects.all(), now=NOW)) == []

    Response.objects.filter(pk=response.pk).update(rating=1)
    mark_changed({(service.pk, april.date())})
    refresh_changed_days(now=NOW)

    call_command("verify")
    told = capsys.readouterr()
    assert "0 differences, 3 corrections due." in told.out
    assert "(new-joiner, 2026-04-01 to 2026-04-30): Correction due" in told.err
    measure_all(as_of=TODAY, now=NOW, changed_days=[april.date()])
    new = Measurement.objects.published().whole_journeys().get(starts_on=date(2026, 4, 1))
    assert new.corrects is not None
    assert not new.corrects.is_published
    assert list(corrections_due(Measurement.objects.all(), now=NOW)) == []


def test_who_reads_one_of_its_services_reads_the_journey_and_nobody_else(
    journey: AgreementVersion,
    service: BusinessService,
    laptop: BusinessService,
    client: Client,
    owner: User,
    stranger: User,
) -> None:
    answered(service, [1] * 12)
    refresh(now=NOW)
    address = reverse("agreement-results", args=["new-joiner"])

    client.force_login(owner)
    page = client.get(address).content.decode()
    on_service = client.get(reverse("service-tab", args=[service.key, "why"])).content.decode()
    client.force_login(stranger)

    assert "The journey as one" in page
    assert f'<a href="{reverse("service", args=[service.key])}">{service.name}</a>' in page
    assert laptop.name not in page
    assert "Everything works on the first morning." in page
    assert "Also agreed here" in on_service
    assert address in on_service
    assert client.get(address).status_code == 404
    assert Measurement.objects.visible_to(owner).whole_journeys().exists()
    assert not Measurement.objects.visible_to(stranger).exists()
    assert not Gap.objects.visible_to(stranger).exists()


def test_an_agreement_for_some_sites_says_what_it_counts_for_everybody(service: BusinessService) -> None:
    from experience.selectors.agreements import indicators_for_everybody

    agreed(service)
    terms = AgreementTerms(
        key="oslo",
        name="Oslo",
        valid_from=TODAY - timedelta(days=90),
        ambition="Oslo works.",
        is_primary=False,
        sites=("Oslo",),
        services=(service.key,),
        weights=(("X", 0.5), ("T", 0.5)),
        indicators=(AgreedIndicator("rating"), AgreedIndicator("availability")),
    )

    version = publish(write_draft(terms, by=None), by=None, now=NOW)

    assert indicators_for_everybody(version) == ["Availability"]
