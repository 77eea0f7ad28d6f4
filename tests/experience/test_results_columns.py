"""The columns that lists read say what the results document of a measurement says."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps

from experience.models import Measurement
from experience.selectors.portfolio import portfolio_rows
from experience.selectors.results import read_results, summary_of
from experience.selectors.service_page import read_result
from experience.services.evidence import refresh_changed_days
from experience.services.measure import measure_all
from surveys.models import BusinessService, Resolution, User
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


# --- how many people stand behind it ------------------------------------------------------------------------


@pytest.fixture
def by_six() -> Measurement:
    """A result of twelve answers that six people gave."""
    service = BusinessServiceFactory.create()
    agreed(service)
    given = answered(service, [1, 2, 2, 3, 1, 4, 2, 1, 3, 2, 5, 1])
    for first, again in zip(given[::2], given[1::2], strict=True):
        Resolution.objects.filter(pk=again.resolution_id).update(person=first.resolution.person)
    refresh_changed_days(now=NOW)
    return next(m for m in measure_all(as_of=TODAY, now=NOW) if m.period == "rolling")


@pytest.mark.parametrize(("least", "is_shown"), [(5, True), (6, True), (7, False), (12, False)])
def test_what_is_shown_asks_for_people_and_not_for_answers(
    by_six: Measurement, settings: Any, viewer: User, least: int, is_shown: bool
) -> None:
    settings.PRIVACY_MINIMUM = least

    (row,) = portfolio_rows(viewer)
    page = read_result(by_six, None)

    assert (by_six.n_answered, by_six.n_people) == (12, 6)
    assert (row.rating is not None) is is_shown
    assert page.is_hidden is not is_shown


def test_a_question_that_fewer_answered_is_hidden_by_itself(settings: Any) -> None:
    settings.PRIVACY_MINIMUM = 10
    document = results(3.7)
    document["indicators"].append(indicator("solved", 0.6, n=9))

    found = read_results(document, is_hidden=False)

    states = {one.key: (one.state, one.value) for one in found.indicators}
    assert (states["rating"], states["solved"]) == (("ok", 3.7), ("hidden", None))


def test_results_made_before_the_column_learn_their_people_from_the_receipt(by_six: Measurement) -> None:
    Measurement.objects.update(n_people=0)

    import_module("experience.migrations.0028_fill_people_behind_a_result").fill(apps, None)

    by_six.refresh_from_db()
    assert by_six.n_people == 6
