"""The columns that lists read say what the results document of a measurement says."""

from __future__ import annotations

from importlib import import_module

import pytest

from experience.models import Measurement
from experience.selectors.results import summary_of
from experience.services.evidence import refresh_changed_days
from experience.services.measure import measure_all
from surveys.models import BusinessService
from tests.experience.factories import TODAY, indicator, measured, results
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
EMPTY = {
    "experience": None,
    "experience_low": None,
    "experience_high": None,
    "rating_best": None,
    "pulled_down_by": "",
    "repeat_share": None,
    "lost_hours": None,
}


def test_measuring_writes_the_columns_that_its_document_says() -> None:
    service = BusinessServiceFactory.create()
    agreed(service)
    answered(service, [1, 2, 2, 3, 1, 4, 2, 1, 3, 2, 5, 1])
    refresh_changed_days(now=NOW)

    found = next(m for m in measure_all(as_of=TODAY, now=NOW) if m.period == "rolling")

    assert found.experience is not None
    assert found.rating_best == 5
    assert summary_of(found.results) == {name: getattr(found, name) for name in EMPTY}


def test_existing_results_are_filled_with_the_same(service: BusinessService) -> None:
    document = results(4.6)
    document["indicators"][0]["score"] = 80.0
    document["indicators"].append(indicator("lost_time", 90.0, score=20.0, weight=0.2))
    found = measured(service, results=document)
    expected = summary_of(document)
    Measurement.objects.update(**EMPTY)

    import_module("experience.migrations.0020_fill_summaries_of_results").fill(_Apps, None)

    found.refresh_from_db()
    assert {name: getattr(found, name) for name in EMPTY} == expected
    assert expected["pulled_down_by"] == document["indicators"][-1]["name"]
    assert expected["repeat_share"] == 0.2


def test_an_empty_document_fills_nothing() -> None:
    assert summary_of({}) == EMPTY


class _Apps:
    @staticmethod
    def get_model(_app: str, _name: str) -> type[Measurement]:
        return Measurement
