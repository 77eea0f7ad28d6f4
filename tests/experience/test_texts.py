"""Unsolicited text: taken in batches, scored and not kept, judged against its own past alone."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from experience.engine.agreement_problems import term_problems
from experience.engine.daycells import Sums
from experience.engine.evidence import Evidence, People
from experience.engine.indicators import Parameters, Terms, native
from experience.engine.normalise import Anchors
from experience.engine.periods import Period
from experience.engine.unsolicited import against_the_past
from experience.engine.weighting import ClassRates
from experience.models import SignalBatch, UnsolicitedText
from experience.selectors.agreements import indicator_scales
from experience.selectors.windows import evidence_of
from experience.services.library import LIBRARY, install_indicators
from experience.services.receive_texts import forget_texts
from experience.services.starter import starter_terms
from surveys.engine.signatures import sign
from surveys.models import BusinessService, EvidenceChange, IntakeSource
from tests.factories import NOW

pytestmark = pytest.mark.django_db
SECRET = "a secret of the chat"
MESSAGE = {
    "service": "mail",
    "at": "2026-05-31T10:00:00Z",
    "author": "u-4711",
    "text": "Mail is down again, terrible",
}
TODAY = NOW.date()


@pytest.fixture(autouse=True)
def mail() -> BusinessService:
    IntakeSource.objects.create(key="chat", name="Chat", preset="generic", secret=SECRET)
    return BusinessService.objects.create(key="mail", name="E-mail")


def post(client: Client, *texts: Any, batch_id: str = "1", secret: str = SECRET) -> Any:
    raw = json.dumps({"batch_id": batch_id, "texts": list(texts)}).encode()
    headers = {"X-XLA-Source": "chat", "X-XLA-Signature": sign(raw, secret)}
    return client.post("/api/v1/texts/", raw, content_type="application/json", headers=headers)


def test_a_text_is_scored_and_neither_it_nor_its_author_is_kept(
    client: Client, mail: BusinessService
) -> None:
    response = post(client, MESSAGE)

    assert response.status_code == 201
    assert response.json() == {"batch_id": "1", "texts": 1, "scored": 1, "is_new": True}
    stored = UnsolicitedText.objects.get()
    assert stored.service == mail
    assert stored.polarity is not None
    assert stored.polarity < 0
    assert stored.text == ""
    assert "4711" not in stored.author_hash
    assert EvidenceChange.objects.filter(service=mail, day=stored.day).exists()


def test_texts_are_kept_where_that_is_configured(client: Client, settings: Any) -> None:
    settings.KEEP_UNSOLICITED_TEXT = True

    post(client, MESSAGE)

    assert UnsolicitedText.objects.get().text == MESSAGE["text"]


def test_the_same_batch_id_again_changes_nothing(client: Client) -> None:
    post(client, MESSAGE)

    response = post(client, MESSAGE, MESSAGE)

    assert (response.status_code, response.json()["is_new"]) == (200, False)
    assert UnsolicitedText.objects.count() == 1


def test_an_author_has_one_hash_and_others_have_others(client: Client) -> None:
    post(client, MESSAGE, MESSAGE, MESSAGE | {"author": "u-1"})

    assert UnsolicitedText.objects.values("author_hash").distinct().count() == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"service": "unheard of"}, "texts[1]"),
        ({"at": "yesterday"}, '"at" must be a time with its offset'),
        ({"at": "2026-05-31T10:00:00"}, '"at" must be a time with its offset'),
        ({"author": ""}, '"author" must be a text'),
        ({"text": 7}, '"text" must be a text'),
        ({"at": "9999-12-31T23:59:59-12:00"}, "between 1980 and 2200"),
        ({"author": "\ud800"}, '"author" must be a text'),
        ({"text": "a\x00"}, '"text" must be a text'),
        ({"mood": "bad"}, "unknown field 'mood'"),
    ],
)
def test_a_bad_text_is_named_and_nothing_is_stored(client: Client, change: dict[str, Any], said: str) -> None:
    response = post(client, MESSAGE, MESSAGE | change)

    assert response.status_code == 400
    assert said in response.content.decode().replace('\\"', '"')
    assert not UnsolicitedText.objects.exists()
    assert not SignalBatch.objects.exists()


def test_a_wrong_signature_is_refused(client: Client) -> None:
    assert post(client, MESSAGE, secret="another").status_code in (401, 403)
    assert not UnsolicitedText.objects.exists()


def test_old_rows_are_forgotten(client: Client) -> None:
    post(client, MESSAGE)

    assert forget_texts(today=TODAY) == 0
    assert forget_texts(today=TODAY + timedelta(days=160)) == 1


# --- the indicator ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("mean", "score"), [(-0.3, 70.0), (-0.4, 55.0), (-1.0, 0.0), (0.5, 100.0)])
def test_each_standard_error_from_the_past_is_worth_fifteen_points(mean: float, score: float) -> None:
    now, before = Sums(4, round(4 * mean * 10_000), 0), Sums(30, -90_000, 30 * 3_000**2 + 29 * 2_000**2)

    z = against_the_past(now, before, 10)

    anchors = next(Anchors(d.floor, d.target, d.ceiling) for d in LIBRARY if d.key == "unsolicited")
    assert z == pytest.approx((mean + 0.3) / (0.2 / 2))
    assert anchors.score(z) == pytest.approx(score, abs=1e-4)


def test_a_past_that_never_varied_says_nothing() -> None:
    assert against_the_past(Sums(4, -16_000, 0), Sums(30, -90_000, 30 * 3_000**2), 10) is None


@pytest.mark.parametrize(("authors", "days"), [(9, 30), (10, 19)])
def test_few_authors_or_a_short_past_say_nothing(authors: int, days: int) -> None:
    before = Sums(days, 0, days * 1_000**2)

    assert against_the_past(Sums(4, 0, 0), before, authors) is None


def said(service: BusinessService, days_ago: int, polarity: float, author: str) -> None:
    UnsolicitedText.objects.create(
        service=service, source="chat", day=TODAY - timedelta(days=days_ago), author_hash=author,
        polarity=polarity, model_version="m1",
    )  # fmt: skip


def value(service: BusinessService) -> float:
    declared = next(d for d in LIBRARY if d.key == "unsolicited")
    terms = Terms(
        "unsolicited", "", "S", "own_baseline", "unsolicited", "z", -10, 10,
        Anchors(declared.floor, declared.target, declared.ceiling), 1.0,
    )  # fmt: skip
    window = Period(TODAY - timedelta(days=27), TODAY)
    evidence: Evidence = evidence_of([service], window, now=NOW, measures={"unsolicited"})
    assert evidence.people == [People()]
    return float(native(terms, evidence, Parameters(ClassRates({}), {})).value[0])


def test_a_service_is_compared_with_its_own_ninety_days(mail: BusinessService) -> None:
    for day in range(28, 118):
        said(mail, day, -0.3 + (0.1 if day % 2 else -0.1), f"past {day}")
    said(mail, 130, -1.0, "too long ago")
    for author in range(10):
        said(mail, author, -0.5, f"author {author}")

    # Mean -.3 and day SD .1 before, ten days at -.5 now.
    assert value(mail) == pytest.approx(-0.2 / (0.1006 / 10**0.5), rel=0.01)


def test_nine_authors_are_too_few(mail: BusinessService) -> None:
    for day in range(28, 118):
        said(mail, day, -0.3 + (0.1 if day % 2 else -0.1), f"past {day}")
    for number in range(20):
        said(mail, number, -0.5, f"author {number % 9}")

    assert value(mail) != value(mail)  # NaN


@pytest.mark.parametrize(("weight", "is_refused"), [(0.1, False), (0.12, True)])
def test_unsolicited_text_weighs_at_most_a_tenth(weight: float, is_refused: bool) -> None:
    install_indicators()
    weights = {"X": 0.5, "O": 0.2, "T": 0.3 - weight, "S": weight}
    heavy = replace(starter_terms(TODAY), weights=tuple(weights.items()))

    found = [problem.message for problem in term_problems(heavy, indicator_scales())]

    assert any("at most a tenth" in words for words in found) is is_refused
