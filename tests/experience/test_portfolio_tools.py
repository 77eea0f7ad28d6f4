"""What a reader does with the portfolio: narrow it, look back, keep a view, take it along."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from urllib.parse import urlencode

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from experience.exports import safe
from experience.models import Agreement, Measurement, SavedView, ServiceGroup
from experience.services.service_groups import refresh_service_groups
from surveys.models import BusinessService, User
from tests.experience.factories import gap, measured, starter
from tests.factories import NOW, BusinessServiceFactory, ResolutionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(client: Client, viewer: User) -> Client:
    """A browser of the viewer, with a watermelon by Aster and a healthy service by Kestrel."""
    version = starter()
    aster = BusinessServiceFactory.create(key="aster", name="Alpha", supplier="Aster")
    kestrel = BusinessServiceFactory.create(key="kestrel", name="Beta", supplier="Kestrel")
    measured(aster, agreement_version=version)
    gap(aster)
    measured(kestrel, agreement_version=version, status="likely_green", rating=4.5)
    ServiceGroup.objects.create(service=kestrel, assignment_group="Network team")
    client.force_login(viewer)
    return client


def names(client: Client, query: str) -> list[str]:
    page = client.get(reverse("portfolio") + query).context["page"]
    return [row.name for row in page.object_list]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?supplier=Aster", ["Alpha"]),
        ("?state=likely_green", ["Beta"]),
        ("?group=Network+team", ["Beta"]),
        ("?group=Nobody", []),
        ("?state=nonsense", ["Alpha", "Beta"]),
    ],
)
def test_the_portfolio_narrows_to_what_is_asked_for(page: Client, query: str, found: list[str]) -> None:
    assert names(page, query) == found


def test_a_past_month_shows_its_own_results_and_the_gaps_that_stood_then(page: Client) -> None:
    aster = BusinessService.objects.get(key="aster")
    month = {"period": Measurement.Period.MONTH, "starts_on": date(2026, 4, 1), "ends_on": date(2026, 4, 30)}
    measured(aster, agreement_version=starter(), rating=2.9, **month)
    aster.gaps.update(opened_on=date(2026, 4, 10), closed_on=date(2026, 5, 4), state="closed")
    beta = BusinessService.objects.get(name="Beta")
    extra = Agreement.objects.create(key="oslo", name="Oslo", is_primary=False)
    gap(beta, agreement=extra, opened_on=date(2026, 4, 10))

    now, then = names(page, ""), page.get("/?month=2026-04").context["page"].object_list

    assert set(now) == {"Alpha", "Beta"}
    alpha = next(row for row in then if row.name == "Alpha")
    assert (alpha.rating, alpha.is_watermelon) == (2.9, True)
    happy = next(row for row in then if row.name == "Beta")
    assert (happy.status, happy.gap) == ("missing", None)


def test_a_view_is_kept_under_its_name_and_only_for_its_owner(
    page: Client, viewer: User, owner: User
) -> None:
    page.post(reverse("view-save"), {"name": "Aster, red", "query": "supplier=Aster&sort=sla&nonsense=1"})

    view = SavedView.objects.get(user=viewer)
    assert view.query == "sort=sla&order=up&supplier=Aster"
    assert "Aster, red" in page.get("/").content.decode()

    page.force_login(owner)
    assert "Aster, red" not in page.get("/").content.decode()
    assert page.post(reverse("view-drop", args=[view.pk])).status_code == 404
    page.force_login(viewer)
    dropped = page.post(reverse("view-drop", args=[view.pk]))
    assert dropped["Location"] == "/?sort=sla&order=up&supplier=Aster"  # shown, so that it can be kept again
    assert not SavedView.objects.exists()


def test_a_view_can_be_renamed_and_never_takes_the_name_of_another(page: Client, viewer: User) -> None:
    mine = SavedView.objects.create(user=viewer, name="Mine", query="supplier=Aster")
    SavedView.objects.create(user=viewer, name="Red")

    said = page.post(reverse("view-rename", args=[mine.pk]), {"name": "Aster"}, follow=True).content.decode()
    refused = page.post(reverse("view-rename", args=[mine.pk]), {"name": "Red"}, follow=True).content.decode()
    nameless = page.post(reverse("view-rename", args=[mine.pk]), {"name": " "}, follow=True).content.decode()

    mine.refresh_from_db()
    assert mine.name == "Aster"
    assert "“Mine” is called “Aster” now." in said
    assert "“Aster” keeps its name: another view is called “Red”." in refused
    assert "Give the view a name." in nameless


def test_the_longest_choice_fits_a_view(page: Client) -> None:
    query = urlencode({"q": "\U0001f600" * 100, "supplier": "\U0001f600" * 120, "group": "\U0001f600" * 100})

    page.post(reverse("view-save"), {"name": "Long", "query": query})

    view = SavedView.objects.get(name="Long")
    view.full_clean()
    assert view.query == query


def test_the_export_holds_the_rows_of_the_choice_with_numbers_as_numbers(page: Client) -> None:
    address = reverse("portfolio-export", args=["csv"])
    text = page.get(f"{address}?supplier=Aster").content.decode("utf-8-sig")
    (line,) = csv.DictReader(io.StringIO(text))
    assert (line["Service"], line["Badge"], line["Rating"]) == ("Alpha", "Watermelon", "3.7")

    book = load_workbook(io.BytesIO(page.get(reverse("portfolio-export", args=["xlsx"])).content))
    *_words, headings, first, _second = book["Portfolio"].iter_rows()
    found = {heading.value: cell for heading, cell in zip(headings, first, strict=True)}
    assert (found["Rating agreed"].value, found["Rating agreed"].number_format) == (4.2, "0.0")
    assert (found["SLA met"].data_type, found["SLA met"].number_format) == ("n", "0.0%")
    assert found["To"].value.date() == date(2026, 6, 1)  # a day, not its name


def test_a_workbook_says_what_it_holds_and_when_it_was_made_in_the_zone_of_its_reader(
    page: Client, viewer: User
) -> None:
    User.objects.filter(pk=viewer.pk).update(time_zone="Asia/Tokyo")
    BusinessService.objects.filter(key="aster").update(is_sample=True)

    first, second = workbook_words(page, "?supplier=Aster&show=watermelon")

    assert "the days since “From”. Only: Watermelon, Aster. Made on " in first
    assert first.endswith("JST.")
    assert "fewer than 5 people are left out" in second
    assert "answers simulated" in second
    assert "simulated" not in workbook_words(page, "?supplier=Kestrel")[1]


def workbook_words(client: Client, query: str) -> tuple[str, str]:
    address = reverse("portfolio-export", args=["xlsx"])
    sheet = load_workbook(io.BytesIO(client.get(address + query).content))["Portfolio"]
    return str(sheet["A1"].value), str(sheet["A2"].value)


def test_each_line_of_an_export_says_whether_it_is_sample_data(page: Client) -> None:
    BusinessService.objects.filter(key="aster").update(is_sample=True)

    text = page.get(reverse("portfolio-export", args=["csv"])).content.decode("utf-8-sig")

    data = {line["Service"]: line["Data"] for line in csv.DictReader(io.StringIO(text))}
    assert data == {"Alpha": "sample", "Beta": "own"}


def test_the_export_of_a_stranger_is_empty(client: Client, page: Client, stranger: User) -> None:
    client.force_login(stranger)

    text = client.get(reverse("portfolio-export", args=["csv"])).content.decode("utf-8-sig")

    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\tx"])
def test_no_name_becomes_a_formula_in_a_spreadsheet(text: str) -> None:
    assert safe(text) == f"'{text}"
    assert safe("Printing") == "Printing"
    assert safe(-1.5) == -1.5


def test_groups_follow_the_tickets_of_the_last_90_days(service: BusinessService) -> None:
    ServiceGroup.objects.create(service=service, assignment_group="Dissolved")
    ResolutionFactory.create(on_service=service, assignment_group="Desk")
    ResolutionFactory.create(on_service=service, assignment_group="Desk")
    ResolutionFactory.create(
        on_service=service, assignment_group="Long ago", resolved_at=NOW - timedelta(days=91)
    )

    refresh_service_groups(today=NOW.date())

    assert [row.assignment_group for row in ServiceGroup.objects.all()] == ["Desk"]
