"""The walk through the demo: what its browser sends, and that it fails when something is missing."""

from __future__ import annotations

import pytest

from experience.demo.browser import Page
from experience.demo.check import (
    ANSWER_COUNT,
    ANSWER_LINK,
    RESULT_COUNT,
    SERVICE_ROW,
    CheckFailedError,
    within,
)

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


def test_counts_and_badges_are_read_from_the_pages() -> None:
    answers = '<b class="figure" id="answer-count">1,234</b> answers so far'
    ratings = '<h2 id="ratings-title">Ratings</h2><p class="panel__note">56 answers</p>'
    row = '<th class="col-service"><a href="/services/a/">Alpha</a><span>Watermelon</span></th>'

    assert [
        pattern.search(html) is not None
        for pattern, html in ((ANSWER_COUNT, answers), (RESULT_COUNT, ratings))
    ]
    assert SERVICE_ROW.findall(row) == [("/services/a/", "Alpha", "<span>Watermelon</span>")]


def test_waiting_ends_with_the_complaint() -> None:
    with pytest.raises(CheckFailedError, match="Nothing came"):
        within(0, "Nothing came.", lambda: None)
