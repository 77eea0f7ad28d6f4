"""The walk through the demo: what its browser sends, and that it fails when something is missing."""

from __future__ import annotations

import pytest
from django.test import Client

from experience.demo.browser import Page
from experience.demo.check import (
    ANSWER_COUNT,
    ANSWER_LINK,
    RESULT_COUNT,
    SERVICE_ROW,
    WATERMELON,
    CheckFailedError,
    within,
)
from surveys.models import BusinessService, User
from tests.experience.factories import answer, gap, measured

ANSWER_PAGE = Page(
    "http://localhost/s/abc/",
    200,
    """
    <form method="get" action="/find/"><input name="q" value=""></form>
    <form method="post" action="/s/abc/">
      <input type="hidden" name="csrfmiddlewaretoken" value="t0ken">
      <input type="radio" name="rating" value="1"><input type="radio" name="rating" value="4" checked>
      <input type="radio" name="rating" value="5">
      <input type="checkbox" name="reasons" value="slow">
      <textarea name="comment"></textarea>
    </form>
    """,
)


def test_a_form_is_sent_as_a_browser_would_fill_it() -> None:
    form = ANSWER_PAGE.form_with("rating")

    assert (form.method, form.action) == ("post", "/s/abc/")
    assert form.fields == {"csrfmiddlewaretoken": "t0ken", "rating": "4", "reasons": "", "comment": ""}


def test_a_missing_form_is_named() -> None:
    with pytest.raises(LookupError, match="no form with a field 'password'"):
        ANSWER_PAGE.form_with("password")


def test_the_link_without_a_rating_is_the_one_opened() -> None:
    text = (
        "1: http://localhost/s/Ab_9/?r=1\n5: http://localhost/s/Ab_9/?r=5\nHere: http://localhost/s/Ab_9/\n"
    )

    found = ANSWER_LINK.search(text)

    assert found is not None
    assert found.group() == "http://localhost/s/Ab_9/"


@pytest.mark.django_db
def test_counts_and_badges_are_found_on_the_pages(
    client: Client, service: BusinessService, owner: User
) -> None:
    measured(service)
    gap(service)
    answer(service)
    client.force_login(owner)

    portfolio, page, tickets = (
        client.get(address).content.decode()
        for address in ("/", f"/services/{service.key}/", f"/services/{service.key}/tickets/")
    )

    [(address, name, badge)] = SERVICE_ROW.findall(portfolio)
    assert (address, name) == (f"/services/{service.key}/", service.name)
    assert WATERMELON.search(badge)
    assert ANSWER_COUNT.findall(page) == ["1"]
    assert RESULT_COUNT.findall(tickets) == ["40"]


def test_waiting_ends_with_the_complaint() -> None:
    with pytest.raises(CheckFailedError, match="Nothing came"):
        within(0, "Nothing came.", lambda: None)
