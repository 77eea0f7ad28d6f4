"""A monitor that stops sending leaves old data: carried to the end of these days, wider and flagged."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms, Scope
from experience.engine.observations import Amount, ResponseTime
from experience.engine.periods import Period, window
from experience.models import Measurement, UnsolicitedText
from experience.selectors.windows import evidence_of
from experience.services.agreements import publish, write_draft
from experience.services.judge import refresh
from experience.services.library import install_indicators
from experience.services.measure import measure_all
from experience.services.receive_signals import receive_signals
from experience.services.verify import verify
from surveys.models import BusinessService, User
from tests.experience.scenes import LAST_YEAR, answered
from tests.factories import NOW, BusinessServiceFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()


@pytest.fixture
def mail() -> BusinessService:
    install_indicators()
    service = BusinessServiceFactory.create(key="mail")
    answered(service, [5] * 20)
    terms = AgreementTerms(
        key="mail",
        name="Mail",
        valid_from=LAST_YEAR,
        ambition="Mail works.",
        services=(service.key,),
        weights=(("X", 0.6), ("T", 0.3), ("S", 0.1)),
        indicators=(
            AgreedIndicator("rating"),
            AgreedIndicator("apdex"),
            AgreedIndicator("text_sentiment"),
        ),
    )
    publish(write_draft(terms, by=None), by=None, now=NOW)
    return service


def sent(service: BusinessService, *, first_ago: int, last_ago: int) -> None:
    moments = [NOW - timedelta(days=ago) for ago in range(last_ago, first_ago + 1)]
    times = [ResponseTime(service.key, at, ms, 20) for at in moments for ms in (500.0, 2000.0)]
    texts = [Amount(service.key, "text_polarity", at, 0.1, 10) for at in moments]
    receive_signals([*times, *texts], batch_id="1", source="monitor", now=NOW)
    refresh(now=NOW)


def live(service: BusinessService) -> tuple[Measurement, dict[str, dict[str, Any]]]:
    m = Measurement.objects.published().get(service=service, period="rolling", ends_on=TODAY)
    return m, {row["key"]: row for row in m.results["indicators"]}


def test_while_data_come_nothing_is_old(mail: BusinessService) -> None:
    sent(mail, first_ago=20, last_ago=3)

    m, indicators = live(mail)

    assert {row["state"] for row in indicators.values()} == {"ok"}
    assert (m.coverage, "silent" in m.inputs) == (1.0, False)


def test_technology_is_carried_with_a_wider_interval_and_texts_are_missing(mail: BusinessService) -> None:
    sent(mail, first_ago=20, last_ago=10)

    m, indicators = live(mail)

    apdex, text = indicators["apdex"], indicators["text_sentiment"]
    assert (apdex["state"], apdex["silent_since"]) == ("old", (TODAY - timedelta(days=10)).isoformat())
    assert (text["state"], text["score"]) == ("old", None)
    assert m.coverage == pytest.approx(0.9)
    # The same answers of the same days, asked on the last day on which they came.
    then = measure_all(as_of=TODAY - timedelta(days=10), now=NOW - timedelta(days=10))
    fresh = next(m for m in then if m.period == "rolling").results["indicators"]
    [own] = [row for row in fresh if row["key"] == "apdex"]
    assert apdex["score"] == pytest.approx(own["score"])
    assert apdex["score"] - apdex["score_low"] == pytest.approx(1.5 * (own["score"] - own["score_low"]))


def test_the_receipt_holds_the_silence(mail: BusinessService) -> None:
    sent(mail, first_ago=20, last_ago=10)

    m, _ = live(mail)

    assert set(m.inputs["silent"]) == {"response_time", "text_polarity"}
    assert list(verify(Measurement.objects.all())) == []


def test_a_month_is_judged_by_its_own_last_day(mail: BusinessService) -> None:
    sent(mail, first_ago=20, last_ago=3)

    measure_all(
        as_of=TODAY + timedelta(days=30), now=NOW + timedelta(days=30), changed_days=[date(2026, 5, 20)]
    )

    may = Measurement.objects.current().get(service=mail, period="month", starts_on=date(2026, 5, 1))
    assert "silent" not in may.inputs


def test_what_stands_before_excluded_days_is_not_silent(mail: BusinessService) -> None:
    sent(mail, first_ago=20, last_ago=10)
    day = TODAY - timedelta(days=8)

    scope = Scope((), (), (Period(day, TODAY),))
    assert evidence_of([mail], window(TODAY, 28), now=NOW, scope=scope).silent == [{}]


def test_the_page_says_since_when(client: Client, mail: BusinessService) -> None:
    sent(mail, first_ago=20, last_ago=10)
    client.force_login(UserFactory.create(role=User.Role.ADMINISTRATOR))

    page = client.get(reverse("service", args=["mail"])).content.decode()
    why = client.get(reverse("service-tab", args=["mail", "why"])).content.decode()

    assert "No new data since 22 May: Response time (Apdex)." in page
    assert "Old data" in why


@pytest.mark.parametrize(("last_ago", "is_told"), [(3, True), (10, False)])
def test_chat_that_stopped_is_not_compared_with_its_past(
    mail: BusinessService, last_ago: int, is_told: bool
) -> None:
    UnsolicitedText.objects.bulk_create(
        UnsolicitedText(
            service=mail, source="chat", day=TODAY - timedelta(days=ago), author_hash=f"{ago}", polarity=0.1
        )
        for ago in range(last_ago, 80)
    )
    evidence = evidence_of([mail], window(TODAY, 28), now=NOW, measures={"unsolicited"})

    assert (len(evidence.of("unsolicited")) > 0) is is_told
