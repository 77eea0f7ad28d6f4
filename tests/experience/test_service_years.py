"""Service-years through the services and the database."""

from __future__ import annotations

import pytest

from bench.service_years import by_engine, by_services
from bench.service_years.fleets import draw_fleet


@pytest.mark.django_db
def test_services_and_database_open_and_close_the_gaps_that_the_rule_does() -> None:
    fleet = draw_fleet(356, services=5, year_days=20)

    expected = by_engine.lives_of(fleet)
    lives = by_services.lives_of(fleet)

    assert lives == expected
    opened = [opening for life in lives for opening in life]
    assert {opening.lane for opening in opened} == {"early", "close"}
    assert any(opening.closed_on for opening in opened)
