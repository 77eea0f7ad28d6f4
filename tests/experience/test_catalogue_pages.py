"""The catalogue: who answers for a service, and the SLA without which nothing can be a watermelon."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experience.models import Measurement, Sla
from experience.selectors.agreements import headline_slas
from experience.services.judge import refresh
from surveys.models import BusinessService, ConfigurationChange, EvidenceChange, User
from surveys.services.change_service import facts_of
from surveys.services.changes import mark_changed
from tests.experience.factories import measured, results, starter
from tests.factories import ResolutionFactory, default_survey

pytestmark = pytest.mark.django_db

TODAY = date(2026, 5, 20)


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> User:
    client.force_login(agreement_admin)
    return agreement_admin


def address(service: BusinessService) -> str:
    return reverse("catalogue-service", args=[service.key])


def about(service: BusinessService, **changes: Any) -> dict[str, Any]:
    """What the form holds for a service, with some fields typed anew."""
    facts = facts_of(service)
    typed = {
        "name": facts.name,
        "description": facts.description,
        "lifecycle": facts.lifecycle,
        "value_stream": facts.value_stream,
        "hour_cost": "" if facts.hour_cost is None else facts.hour_cost,
        "owner": facts.owner.pk if facts.owner else "",
        "team": [user.pk for user in facts.team],
        "supplier": facts.supplier,
        "time_zone": facts.time_zone,
        "survey": "",
        "user_count": facts.user_count or "",
    }
    return typed | changes


def promised(**changes: Any) -> dict[str, Any]:
    return {"sla": "1", "kind": "resolution", "target_share": "90", "valid_from": "2026-05-01"} | changes


def test_the_list_says_what_is_missing_and_finds_by_name(
    client: Client, admin: User, service: BusinessService
) -> None:
    listed = client.get(reverse("catalogue")).content.decode()

    assert service.name in listed
    assert "None set" in listed
    assert "No service has this name" in client.get(reverse("catalogue"), {"q": "zzz"}).content.decode()


def test_an_empty_catalogue_leads_to_creating_services(client: Client, admin: User) -> None:
    assert reverse("setup-services") in client.get(reverse("catalogue")).content.decode()


def test_an_sla_of_this_month_makes_the_service_green_beside_its_experience(
    client: Client, admin: User, service: BusinessService
) -> None:
    now = timezone.now()
    starter()
    done = {"ticket__state": "closed", "ticket__closed_at": now, "ticket__made_sla": True}
    ResolutionFactory.create(on_service=service, resolved_at=now, **done)
    mark_changed({(service.pk, now.date())})
    refresh(now=now)
    assert set(Measurement.objects.values_list("sla_status", flat=True)) == {"none"}

    first = timezone.localdate().replace(day=1).isoformat()
    assert client.post(address(service), promised(valid_from=first)).status_code == 302
    refresh(now=now)

    months = Measurement.objects.published().filter(period="month", service=service)
    assert [(m.sla_target, m.sla_status) for m in months.order_by("-ends_on")[:1]] == [(0.9, "green")]


def test_a_promise_of_the_same_day_replaces_and_a_later_one_follows(
    client: Client, admin: User, service: BusinessService
) -> None:
    for target, day in (("90", "2026-05-01"), ("80", "2026-05-01"), ("95", "2026-07-01")):
        client.post(address(service), promised(target_share=target, valid_from=day))

    assert Sla.objects.count() == 2
    assert headline_slas([service], TODAY)[service.pk].target_share == pytest.approx(0.8)
    assert headline_slas([service], date(2026, 7, 1))[service.pk].target_share == pytest.approx(0.95)
    assert ConfigurationChange.objects.filter(what="SLA agreed").count() == 3


def test_an_old_promise_marks_every_week_since_and_none_beyond_two_years(
    client: Client, admin: User, service: BusinessService
) -> None:
    client.post(address(service), promised(valid_from="1999-01-01"))

    assert 104 <= EvidenceChange.objects.filter(service=service).count() <= 107


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ({"target_share": ""}, "Say which share"),
        ({"target_share": "120"}, "is at most 100"),
        ({"valid_from": "soon"}, "2026-05-31"),
        ({"kind": "response"}, "people hear first"),
        ({"kind": "availability", "limit_hours": "4"}, "leave it empty"),
    ],
)
def test_a_promise_that_cannot_be_says_what_to_correct_and_keeps_what_was_typed(
    client: Client, admin: User, service: BusinessService, typed: dict[str, str], words: str
) -> None:
    response = client.post(address(service), promised(priority="3") | typed)

    assert response.status_code == 422
    assert words in response.content.decode()
    assert 'name="priority" value="3"' in response.content.decode()
    assert not Sla.objects.exists()


def test_a_promise_by_mistake_is_taken_back_and_stands_in_the_log(
    client: Client, admin: User, service: BusinessService
) -> None:
    client.post(address(service), promised(target_share="9"))
    sla = Sla.objects.get()

    client.post(reverse("sla-take-back", args=[service.key, sla.pk]))

    assert not Sla.objects.exists()
    assert ConfigurationChange.objects.filter(what="SLA taken back", actor=admin).exists()


def test_owner_team_and_users_change_and_the_log_says_from_what(
    client: Client, admin: User, service: BusinessService, stranger: User, owner: User
) -> None:
    changed = about(service, owner=stranger.pk, team=[owner.pk], user_count="1200", supplier="Lindow")

    assert client.post(address(service), changed).status_code == 302

    service = BusinessService.objects.get(pk=service.pk)
    facts = facts_of(service)
    assert (facts.owner, facts.team, facts.user_count) == (stranger, {owner}, 1200)
    details = {name: (before, after) for name, before, after in ConfigurationChange.objects.get().details}
    assert details["owner"] == (owner.username, stranger.username)
    assert details.keys() == {"owner", "team", "supplier", "user_count"}


def test_saving_what_stands_there_writes_nothing(
    client: Client, admin: User, service: BusinessService
) -> None:
    BusinessService.objects.filter(pk=service.pk).update(survey=default_survey())
    service.refresh_from_db()
    service.user_counts.create(valid_from=date(2026, 1, 1), user_count=7)

    client.post(address(service), about(service, survey=default_survey().pk, user_count=""))

    assert not ConfigurationChange.objects.exists()
    assert service.user_counts.count() == 1


def test_two_services_cannot_have_one_name(client: Client, admin: User, service: BusinessService) -> None:
    BusinessService.objects.create(key="other", name="Other")

    response = client.post(address(service), about(service, name="other"))

    assert response.status_code == 422
    assert "Another service has this name" in response.content.decode()


def test_the_cost_of_an_hour_makes_money_of_lost_time_and_the_value_stream_moves_the_service(
    client: Client, admin: User, service: BusinessService
) -> None:
    typed = about(service, hour_cost="62.50", value_stream="request_to_fulfil")
    document = results(3.7) | {"lost_hours": 40.0}
    measured(service, agreement_version=starter(), results=document)

    client.post(address(service), typed)

    words = client.get(reverse("service", args=[service.key])).content.decode().replace("\u00a0", " ")
    assert "about EUR 2,500; reported by those who answered" in words
    assert "Value stream: Request to Fulfil" in words
    details = ConfigurationChange.objects.get(what="Changed").details
    assert ["hour_cost", "", "62.50"] in details
    assert ["value_stream", "detect_to_correct", "request_to_fulfil"] in details
