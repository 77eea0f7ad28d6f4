"""Availability by feature, where outages name features."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from experience.engine.periods import Period
from experience.models import Outage
from experience.selectors.features import feature_uptimes
from surveys.models import BusinessService, User
from tests.experience.factories import TODAY, measured

pytestmark = pytest.mark.django_db
TEN_DAYS = Period(TODAY - timedelta(days=9), TODAY)
LATER = datetime.combine(TODAY, datetime.min.time(), UTC) + timedelta(days=2)


def down(service: BusinessService, feature: str, *, day: int, hours: float, is_planned: bool = False) -> None:
    began = datetime.combine(TEN_DAYS.first_on + timedelta(days=day), datetime.min.time(), UTC)
    Outage.objects.create(
        service=service,
        source="monitor",
        external_key=f"{feature}-{day}-{is_planned}",
        feature=feature,
        is_planned=is_planned,
        started_at=began,
        ended_at=began + timedelta(hours=hours),
    )


def test_an_outage_of_the_whole_service_is_one_of_each_feature_and_planned_ones_stand_apart(
    service: BusinessService,
) -> None:
    down(service, "Search", day=1, hours=12)
    down(service, "Search", day=2, hours=6, is_planned=True)
    down(service, "Sending", day=3, hours=1)
    down(service, "", day=4, hours=12)
    down(service, "", day=1, hours=6)  # inside the outage of Search: counted once there

    found = feature_uptimes(service, TEN_DAYS, now=LATER)

    assert [(u.feature, round(u.share, 4), u.unplanned_minutes, u.planned_minutes) for u in found] == [
        ("Search", 0.9, 24 * 60, 6 * 60),
        ("Sending", round(1 - 19 / 240, 4), 19 * 60, 0),
    ]


def test_outages_that_name_no_feature_list_none(service: BusinessService) -> None:
    down(service, "", day=4, hours=12)

    assert feature_uptimes(service, TEN_DAYS, now=LATER) == []


def test_the_service_page_shows_them(client: Client, owner: User, service: BusinessService) -> None:
    client.force_login(owner)
    measured(service)
    address = reverse("service-tab", args=[service.key, "tickets"])
    assert "Availability by feature" not in client.get(address).content.decode()

    down(service, "Search", day=1, hours=12)

    words = client.get(address).content.decode()
    assert "Availability by feature" in words
    assert "Search" in words
