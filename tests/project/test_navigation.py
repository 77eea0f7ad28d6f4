"""The bar: which sections a reader finds, and where it says they are."""

from __future__ import annotations

import re

import pytest
from django.test import Client
from django.urls import resolve, reverse

from surveys.models import BusinessService, User
from xla_service import navigation
from xla_service.access import administering, everyone, setting_up
from xla_service.navigation import Section, declare_page, places

pytestmark = pytest.mark.django_db


@pytest.fixture
def bar(monkeypatch: pytest.MonkeyPatch) -> None:
    """A bar of three pages in two sections, declared out of order."""
    reverse("portfolio")  # the real pages declare themselves first, outside this bar
    monkeypatch.setattr(navigation, "_pages", {})
    declare_page("mailbox", "Users", Section.ADMINISTRATION, rule=administering)
    declare_page("sign-out", "Executive", Section.PORTFOLIO, order=20)
    declare_page("portfolio", "Services", Section.PORTFOLIO, pages=["service"], order=10)


def test_sections_and_pages_come_in_their_order_for_those_who_may_open_them(
    bar: None, viewer: User, administrator: User
) -> None:
    assert [place.entry.label for place in places(viewer, "portfolio")] == ["Portfolio"]
    found = places(administrator, "portfolio")
    assert [place.entry.label for place in found] == ["Portfolio", "Administration"]
    assert [page.label for page in found[0].pages] == ["Services", "Executive"]
    assert found[0].entry.url == "/"


def test_a_page_below_another_marks_both_section_and_page(bar: None, viewer: User) -> None:
    (portfolio,) = places(viewer, "service")

    assert portfolio.entry.is_current
    assert [page.is_current for page in portfolio.pages] == [True, False]


def test_every_declared_page_is_a_page_of_the_url_table() -> None:
    reverse("portfolio")  # loads the views, which declare their pages
    assert navigation._pages
    for page in navigation._pages.values():
        assert resolve(reverse(page.url_name)).url_name == page.url_name


def test_the_service_page_shows_the_way_back_to_the_portfolio(
    client: Client, owner: User, service: BusinessService
) -> None:
    client.force_login(owner)

    words = client.get(reverse("service", args=[service.key])).content.decode()

    way_back = re.search(r'<nav class="crumbs".*?</nav>', words, re.DOTALL)
    assert way_back is not None
    assert '<a href="/">Portfolio</a>' in way_back[0]
    assert '<li aria-current="page">E-mail</li>' in way_back[0]


def test_each_role_opens_what_it_may(
    viewer: User, owner: User, agreement_admin: User, administrator: User
) -> None:
    people = (viewer, owner, agreement_admin, administrator)

    assert [everyone(user) for user in people] == [True] * 4
    assert [setting_up(user) for user in people] == [False, False, True, True]
    assert [administering(user) for user in people] == [False, False, False, True]
