"""What Prometheus scrapes: the results that the reader of the key may see, and nothing that is hidden."""

from __future__ import annotations

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from surveys.models import ApiKey, BusinessService, User
from surveys.services.api_keys import create_key
from tests.experience.factories import gap, measured
from tests.factories import NOW

pytestmark = pytest.mark.django_db
# What Prometheus sends with each scrape.
ACCEPT = "application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3"


def scrape(user: User) -> dict[tuple[str, str, str], float]:
    scopes = [ApiKey.Scope.READ_RESULTS]
    _, token = create_key(name="Prometheus", scopes=scopes, user=user, expires_at=None, by=user, now=NOW)
    headers = {"Authorization": f"Bearer {token}", "Accept": ACCEPT}
    response = Client().get("/metrics", headers=headers)
    assert response.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    return {
        (sample.name, sample.labels["service"], sample.labels.get("badge", "")): sample.value
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def test_a_watermelon_can_be_alerted_on(owner: User, service: BusinessService) -> None:
    measured(service, rating=3.7, experience=55.0)
    gap(service)

    found = scrape(owner)

    assert found["xla_badge", service.key, "watermelon"] == 1
    assert found["xla_badge", service.key, "red_on_both"] == 0
    assert found["xla_rating", service.key, ""] == 3.7
    assert found["xla_sla_ratio", service.key, ""] == 0.93


def test_what_nobody_knows_is_left_out_and_never_0(owner: User, service: BusinessService) -> None:
    measured(service, answered=4, status="hidden")

    found = scrape(owner)

    assert "xla_asked" in {name for name, *_ in found}
    assert {"xla_rating", "xla_experience_score"} & {name for name, *_ in found} == set()


def test_a_key_scrapes_what_its_user_may_read(stranger: User, service: BusinessService) -> None:
    measured(service)

    assert scrape(stranger) == {}


def test_nobody_scrapes_without_a_key() -> None:
    assert Client().get("/metrics", headers={"Accept": ACCEPT}).status_code == 401
