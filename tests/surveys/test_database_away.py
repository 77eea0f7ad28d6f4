"""Public pages while the database is away: nothing that somebody wrote is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError, connection
from django.test import Client
from django.utils import timezone

from surveys.engine.wording import WORDS
from surveys.engine.wording.not_saved import NOT_SAVED
from surveys.models import BusinessService, Response, User
from tests.factories import InvitationFactory
from tests.page_forms import fields_of

pytestmark = pytest.mark.django_db
WRITTEN = 'Twice "wrong" & <never> called back.\nEver.'


class Away:
    """A database whose server was stopped: each query fails until `is_away` is taken back."""

    is_away = True

    def __call__(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        if self.is_away:
            raise OperationalError("terminating connection due to administrator command")
        return execute(sql, params, many, context)


@pytest.fixture
def away() -> Any:
    database = Away()
    database.is_away = False
    with connection.execute_wrapper(database):
        yield database


def test_an_answer_that_was_not_saved_is_sent_again_with_one_press(client: Client, away: Away) -> None:
    invitation = InvitationFactory.create(due_at=timezone.now())
    address = f"/s/{invitation.token}/"
    answer = {"rating": "2", "reasons": ["slow", "no_news"], "hours": "3", "minutes": "", "comment": WRITTEN}

    away.is_away = True
    refused = client.post(address, answer)
    away.is_away = False

    assert (refused.status_code, refused["Retry-After"]) == (503, "60")
    assert NOT_SAVED["en"].heading in refused.content.decode()
    assert not Response.objects.exists()
    kept = fields_of(refused)
    assert client.post(address, kept).status_code == 302
    response = Response.objects.get()
    assert (response.rating, response.comment, response.lost_time_minutes) == (2, WRITTEN, 180)
    assert {reason.key for reason in response.reasons.all()} == {"slow", "no_news"}


def test_somebody_of_the_staff_who_is_signed_in_loses_no_answer_either(
    client: Client, away: Away, owner: User
) -> None:
    client.force_login(owner)
    address = f"/s/{InvitationFactory.create(due_at=timezone.now()).token}/"

    away.is_away = True
    refused = client.post(address, {"rating": "2", "comment": WRITTEN}, headers={"Origin": "null"})

    assert refused.status_code == 503
    assert fields_of(refused)["comment"] == [WRITTEN]


def test_a_survey_that_cannot_be_shown_says_so_in_the_language_of_the_browser(
    client: Client, away: Away
) -> None:
    away.is_away = True

    page = client.get("/s/any-token/", headers={"Accept-Language": "de-CH,en"})

    assert page.status_code == 503
    assert NOT_SAVED["de"].away in page.content.decode()
    assert page["Cache-Control"] == "no-store"
    assert "<form" not in page.content.decode()


def test_feedback_that_was_not_saved_is_kept(client: Client, away: Away, service: BusinessService) -> None:
    address = f"/feedback/{service.key}/"
    away.is_away = True
    refused = client.post(address, {"rating": "1", "comment": WRITTEN, "lang": "fr"})
    away.is_away = False

    assert NOT_SAVED["fr"].heading in refused.content.decode()
    assert client.post(address, fields_of(refused)).status_code == 200
    assert Response.objects.get().comment == WRITTEN


def test_a_rating_link_waits_too(client: Client, away: Away) -> None:
    away.is_away = True

    assert client.get("/rate/desk/INC1/?s=0").status_code == 503


def test_every_language_of_the_page_says_it() -> None:
    assert NOT_SAVED.keys() == WORDS.keys()
