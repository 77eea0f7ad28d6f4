"""The agreement editor: drafted, rehearsed, published, compared and taken back by people."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experience.agreement_form import key_of, promises, read_terms
from experience.models import Agreement, AgreementVersion
from experience.selectors.agreements import newest_indicators, version_terms
from experience.services.agreement_problems import AgreementError
from experience.services.agreements import publish, retire, withdraw, write_draft
from experience.services.library import install_indicators
from experience.services.starter import starter_terms
from experience.words import term_words
from surveys.models import BusinessService, ConfigurationChange, User
from tests.experience.factories import measured
from tests.factories import NOW

pytestmark = pytest.mark.django_db
TOMORROW = timezone.localdate() + timedelta(days=1)


@pytest.fixture
def page(client: Client, agreement_admin: User) -> Client:
    """A browser of the agreement admin."""
    install_indicators()
    client.force_login(agreement_admin)
    return client


@pytest.fixture
def published(page: Client, service: BusinessService) -> AgreementVersion:
    terms = replace(starter_terms(NOW.date()), key="mail", covers_rest=False, services=(service.key,))
    return publish(write_draft(terms, by=None), by=None, now=NOW)


def typed(version: AgreementVersion, **changes: Any) -> dict[str, Any]:
    """What the editor would send for these terms, with some fields changed."""
    terms = version_terms(version)
    data: dict[str, Any] = {
        "name": terms.name,
        "ambition": terms.ambition,
        "valid_from": TOMORROW.isoformat(),
    }
    data |= {f"weight.{stream}": weight for stream, weight in terms.weights}
    data |= {f"weight.{agreed.key}": agreed.weight for agreed in terms.indicators}
    return data | {"agreed": [a.key for a in terms.indicators], "services": list(terms.services)} | changes


def test_a_new_agreement_starts_as_a_draft_that_judges_nobody(page: Client, service: BusinessService) -> None:
    response = page.post(reverse("agreement-new"), {"name": "Printing, all sites", "preset": "people_first"})

    draft = AgreementVersion.objects.get(agreement__key="printing-all-sites")
    assert response.headers["Location"] == "/agreements/printing-all-sites/edit/"
    assert (draft.state, draft.weight_experience) == ("draft", 0.7)


@pytest.mark.parametrize("name", ["", "!!!", "Mail"])
def test_a_name_that_cannot_be_taken_says_so(page: Client, published: AgreementVersion, name: str) -> None:
    assert page.post(reverse("agreement-new"), {"name": name}).status_code == 422
    assert Agreement.objects.count() == 1


def test_what_is_promised_stands_in_plain_words(page: Client, published: AgreementVersion) -> None:
    words = page.get(reverse("agreement", args=["mail"])).content.decode().replace("\u00a0", " ")

    assert "for <b>E-mail</b>, the parties promise" in words
    assert "Satisfaction: at least 4.2 of 5." in words
    assert "Repeat contacts: at most 8 %." in words


def test_a_target_typed_in_per_cent_is_stored_as_a_share(page: Client, published: AgreementVersion) -> None:
    page.post(reverse("agreement-edit", args=["mail"]), typed(published, **{"target.repeat_contact": "6,5"}))

    terms = version_terms(AgreementVersion.objects.drafts().get())
    agreed = {a.key: a for a in terms.indicators}
    assert agreed["repeat_contact"].target == pytest.approx(0.065)
    assert agreed["rating"].target is None


def test_the_usual_target_typed_again_is_no_change(page: Client, published: AgreementVersion) -> None:
    data = QueryDict(mutable=True)
    for name, value in typed(published, **{"target.repeat_contact": "8", "target.rating": "4.2"}).items():
        data.setlist(name, value if isinstance(value, list) else [str(value)])

    found = read_terms(version_terms(published), data, newest_indicators())

    assert found.problems == ()
    assert set(found.terms.indicators) == set(version_terms(published).indicators)


def test_what_cannot_be_read_comes_back_with_what_was_typed(
    page: Client, published: AgreementVersion
) -> None:
    data = typed(published, ambition="Kept words", **{"target.rating": "four"})

    response = page.post(reverse("agreement-edit", args=["mail"]), data)

    assert response.status_code == 422
    assert "is not a number. Write it like 4.2." in response.content.decode()
    assert "Kept words" in response.content.decode()
    assert not AgreementVersion.objects.drafts().exists()


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("valid_from", "next week", "text"),
        ("review_on", "31.12.2026", "text"),
        ("weight.X", "much", "text"),
        ("target.rating", "four", "text"),
        ("weight.rating", "2000", "number"),
        ("baseline_until", "2020-01-01", "date"),
    ],
)
def test_what_is_wrong_stays_in_its_field_with_the_reason_beside_it(
    page: Client, published: AgreementVersion, field: str, value: str, kind: str
) -> None:
    words = page.post(
        reverse("agreement-edit", args=["mail"]), typed(published, **{field: value})
    ).content.decode()

    key = f"e-{field.replace('.', '-')}"
    (box,) = re.findall(rf'<input type="(\w+)" id="{key}" name="{field}" value="{value}"([^>]*)>', words)
    assert box[0] == kind
    assert 'aria-invalid="true"' in box[1]
    assert f'aria-describedby="{key}-error' in box[1]
    assert f'<p class="field__error" id="{key}-error">' in words
    assert words.count('aria-invalid="true"') == 1
    assert not AgreementVersion.objects.drafts().exists()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("weight.rating", "2000", "A weight lies between 0 and 1000."),
        ("weight.rating", "-1", "A weight lies between 0 and 1000."),
        ("weight.X", "nan", "is not a number"),
        ("target.rating", "1e999", "is not a number"),
        ("baseline_until", "2020-01-01", "The baseline cannot end before"),
        ("valid_from", "9999-12-31", "Write a day from"),
        ("review_on", "0001-01-01", "Write a day from"),
        ("provider", "x" * 121, "Keep it to 120 characters."),
    ],
)
def test_a_draft_that_cannot_be_stored_says_why(
    page: Client, published: AgreementVersion, field: str, value: str, said: str
) -> None:
    response = page.post(reverse("agreement-edit", args=["mail"]), typed(published, **{field: value}))

    assert response.status_code == 422
    assert said in response.content.decode()
    assert not AgreementVersion.objects.drafts().exists()


def test_publishing_makes_a_version_that_the_page_compares(page: Client, published: AgreementVersion) -> None:
    data = typed(published, publish="1", note="Harder.", **{"target.rating": "4.4"})

    page.post(reverse("agreement-edit", args=["mail"]), data)

    words = page.get(reverse("agreement", args=["mail"])).content.decode()
    assert "<b>Version 2</b>" in words
    assert "<ins>4.4</ins>" in words
    assert ConfigurationChange.objects.filter(subject="agreement mail", what="Version 2 published").exists()


def test_a_tab_that_was_overtaken_saves_nothing_says_so_and_keeps_what_was_typed(
    page: Client, published: AgreementVersion
) -> None:
    edit = reverse("agreement-edit", args=["mail"])
    old_tab = page.get(edit).context["began_with"]
    page.post(edit, typed(published, publish="1", began_with=old_tab, **{"target.rating": "4.4"}))

    refused = page.post(edit, typed(published, save="1", began_with=old_tab, **{"target.rating": "3.9"}))

    words = refused.content.decode()
    assert refused.status_code == 409
    assert "Nothing was saved:" in words
    assert 'name="target.rating" value="3.9"' in words
    assert "<del>4.4</del>" in words
    assert not AgreementVersion.objects.drafts().exists()

    again = typed(published, began_with=refused.context["began_with"], **{"target.rating": "3.9"})
    assert page.post(edit, again).status_code == 302
    draft = version_terms(AgreementVersion.objects.drafts().get())
    assert {a.key: a.target for a in draft.indicators}["rating"] == 3.9


def test_where_a_second_person_publishes_the_drafter_is_told(
    page: Client, published: AgreementVersion, agreement_admin: User
) -> None:
    data = typed(published, publish="1", needs_second_person="on", **{"target.rating": "4.4"})

    response = page.post(reverse("agreement-edit", args=["mail"]), data)

    assert response.status_code == 422
    assert "Somebody else publishes it." in response.content.decode()


def test_a_publication_is_undone_before_its_first_use_and_the_version_before_holds(
    page: Client, published: AgreementVersion
) -> None:
    page.post(
        reverse("agreement-edit", args=["mail"]), typed(published, publish="1", **{"target.rating": "4.4"})
    )

    assert "holds from" in page.get(reverse("agreement", args=["mail"])).content.decode()
    page.post(reverse("agreement-undo", args=["mail"]))

    states = dict(AgreementVersion.objects.values_list("number", "state"))
    assert states == {1: "published", 2: "withdrawn", 3: "draft"}
    draft = version_terms(AgreementVersion.objects.drafts().get())
    assert {a.key: a.target for a in draft.indicators}["rating"] == 4.4
    published.refresh_from_db()
    assert published.covered.get().is_primary


def test_a_publication_taken_back_says_what_became_of_a_newer_draft_and_what_holds(
    page: Client, published: AgreementVersion
) -> None:
    write_draft(replace(version_terms(published), ambition="Begun since"), by=None)

    words = page.post(reverse("agreement-undo", args=["mail"]), follow=True).content.decode()

    assert "The draft that was begun since stays" in words
    assert "No version holds now." in words
    assert AgreementVersion.objects.drafts().get().ambition == "Begun since"


def test_a_comparison_calls_indicators_and_streams_by_their_names() -> None:
    assert term_words("indicators.user_clock.target") == "Indicators · User's clock · Target"
    assert term_words("weights.X") == "Weights · Experience"
    assert term_words("services.rating") == "Services · rating"


def test_a_retired_agreement_still_says_what_was_promised(page: Client, published: AgreementVersion) -> None:
    retire(published.agreement, by=None, now=NOW)

    words = page.get(reverse("agreement", args=["mail"])).content.decode()

    assert "Retired on" in words
    assert "Not published yet" not in words


def test_a_version_that_gave_a_result_stays(published: AgreementVersion, service: BusinessService) -> None:
    measured(service, agreement_version=published)

    with pytest.raises(AgreementError, match="Draft the next one"):
        withdraw(published, by=None, now=NOW)


def test_the_rehearsal_answers_what_is_typed_and_stores_nothing(
    page: Client, published: AgreementVersion
) -> None:
    data = typed(published, **{"target.rating": "4.4"})

    words = page.post(
        reverse("agreement-rehearsal", args=["mail"]), data, headers={"HX-Request": "true"}
    ).content.decode()

    assert "Satisfaction: at least 4.4 of 5." in words
    assert 'id="rehearsal"' in words
    assert not AgreementVersion.objects.drafts().exists()


def test_the_past_behind_each_target_says_why_it_is_empty(page: Client, published: AgreementVersion) -> None:
    address, data = reverse("agreement-rehearsal", args=["mail"]), typed(published)

    words = page.post(address, data, headers={"HX-Request": "true"}).content.decode()

    assert "Nothing is known of these months" in words
    assert '<div class="measure__past" id="past-rating" hx-swap-oob="true">' in words
    assert "too few answers in these months" in words
    assert "no ticket of these months tells it" in words
    assert "hx-swap-oob" not in page.post(address, data).content.decode()


def test_the_heaviest_promise_comes_first(published: AgreementVersion) -> None:
    words = promises(version_terms(published), newest_indicators())

    assert words[0].startswith("Satisfaction")
    assert len(words) == 6  # what is only shown promises nothing


@pytest.mark.parametrize(
    ("name", "key"), [("Printing, all sites", "printing-all-sites"), ("  Ü ", ""), ("A" * 99, "a" * 60)]
)
def test_a_key_is_made_from_a_name(name: str, key: str) -> None:
    assert key_of(name) == key


# --- from the baseline to agreed targets --------------------------------------------------------------------


def of_month(version: AgreementVersion, service: BusinessService, month: int, **columns: Any) -> None:
    first_on = NOW.date().replace(month=month, day=1)
    days = {"starts_on": first_on, "ends_on": first_on + timedelta(days=27)}
    measured(service, agreement_version=version, period="month", **days, **columns)


@pytest.fixture
def baseline(page: Client, service: BusinessService) -> AgreementVersion:
    usual = starter_terms(NOW.date() - timedelta(days=90))
    until = NOW.date() - timedelta(days=1)
    terms = replace(usual, key="mail", covers_rest=False, services=(service.key,), baseline_until=until)
    return publish(write_draft(terms, by=None), by=None, now=NOW)


def test_targets_are_proposed_from_what_the_baseline_measured(
    page: Client, baseline: AgreementVersion, service: BusinessService
) -> None:
    for month, rating in ((3, 3.6), (4, 3.9), (5, 3.8)):
        of_month(baseline, service, month, rating=rating)
    assert reverse("agreement-propose", args=["mail"]) in page.get("/agreements/mail/").content.decode()

    response = page.post(reverse("agreement-propose", args=["mail"]))

    draft = baseline.agreement.versions.get(state="draft")
    targets = {row.indicator.key: row.target for row in draft.indicators.all()}
    assert response.headers["Location"] == "/agreements/mail/edit/"
    assert (targets["rating"], draft.baseline_until, draft.valid_from) == (3.8, None, TOMORROW)


def test_a_month_of_fewer_than_five_people_proposes_nothing(
    page: Client, baseline: AgreementVersion, service: BusinessService
) -> None:
    of_month(baseline, service, 4, rating=3.9)
    of_month(baseline, service, 5, rating=1.0, answered=4, status="hidden")

    page.post(reverse("agreement-propose", args=["mail"]))

    draft = baseline.agreement.versions.get(state="draft")
    assert draft.indicators.get(indicator__key="rating").target == 3.9


def test_without_a_baseline_nothing_is_proposed(page: Client, published: AgreementVersion) -> None:
    page.post(reverse("agreement-propose", args=["mail"]))

    assert list(published.agreement.versions.values_list("state", flat=True)) == ["published"]
    assert reverse("agreement-propose", args=["mail"]) not in page.get("/agreements/mail/").content.decode()


def test_a_draft_that_was_begun_is_not_overwritten_by_a_proposal(
    page: Client, baseline: AgreementVersion, service: BusinessService
) -> None:
    of_month(baseline, service, 4, rating=3.9)
    page.post(reverse("agreement-edit", args=["mail"]), typed(baseline, ambition="Own words."))

    page.post(reverse("agreement-propose", args=["mail"]))

    assert baseline.agreement.versions.get(state="draft").ambition == "Own words."
