"""Admins word their own questions per language; what they save is a draft until it is published."""

import pytest
from django.test import Client

from surveys.models import Invitation, Question, Survey, SurveyVersion, User
from surveys.selectors.asked import asked
from surveys.selectors.translations import wordings
from surveys.services.survey_design import publish_draft
from tests.factories import NOW, InvitationFactory, default_survey

pytestmark = pytest.mark.django_db
PAGE = "/asking/translations/after-resolution/de/"


@pytest.fixture
def own() -> Survey:
    """A survey whose rating is asked in own English words, with one own reason."""
    survey = default_survey()
    Question.objects.filter(kind="rating").update(wording={"en": "How was {ticket}?"})
    reasons = Question.objects.get(kind="reasons")
    reasons.options = [*reasons.options, {"key": "parking", "band": "low", "wording": {"en": "No parking"}}]
    reasons.save()
    return survey


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> Client:
    client.force_login(agreement_admin)
    return client


def test_built_in_words_are_complete_in_every_language(admin: Client) -> None:
    default_survey()

    page = admin.get("/asking/translations/").content.decode()

    assert "some English" not in page
    assert page.count("everything in their language") == 12


def test_a_missing_language_shows_the_english_that_people_would_read(admin: Client, own: Survey) -> None:
    texts = {text.name: text for text in wordings(own.published_version(), "de")}

    assert (texts["rating"].read, texts["rating"].is_complete) == ("How was {ticket}?", False)
    assert (texts["reason-parking"].read, texts["reason-parking"].is_complete) == ("No parking", False)
    assert texts["comment"].is_complete
    assert 'People read: <span dir="auto">How was {ticket}?</span>' in admin.get(PAGE).content.decode()
    assert admin.get("/asking/translations/").content.decode().count("some English") == 11


def test_saving_makes_a_draft_and_publishing_it_leaves_the_used_version(admin: Client, own: Survey) -> None:
    used = InvitationFactory.create(survey_version=own.published_version())
    kept = {text.name: text.own for text in wordings(own.published_version(), "de")}

    admin.post(PAGE, kept | {"rating": "Wie war {ticket}?", "reason-parking": "Kein Parkplatz"})
    assert own.published_version() == used.survey_version
    publish_draft(own, note="", by=None, now=NOW)

    version = own.published_version()
    assert (version.number, version.mode) == (used.survey_version.number + 1, "named")
    asks = asked(Invitation(**_like(used, version)), "de").questionnaire
    assert asks.rating == "Wie war {ticket}?"
    assert "Kein Parkplatz" in {reason.text for reason in asks.reasons}
    assert asked(Invitation.objects.get(pk=used.pk), "de").questionnaire.rating == "How was {ticket}?"
    assert asked(Invitation(**_like(used, version)), "fr").questionnaire.rating == "How was {ticket}?"


def _like(used: Invitation, version: SurveyVersion) -> dict[str, object]:
    names = ("id", "resolution", "service", "person", "due_at", "closes_at")
    return {name: getattr(used, name) for name in names} | {"survey_version": version}


def test_an_emptied_text_gives_the_own_words_back(admin: Client, own: Survey) -> None:
    kept = {text.name: text.own for text in wordings(own.published_version(), "en")}

    admin.post("/asking/translations/after-resolution/en/", kept | {"rating": ""})

    assert own.draft().questions.get(kind="rating").wording == {}


def test_nothing_changed_saves_nothing(admin: Client, own: Survey) -> None:
    kept = {text.name: text.own for text in wordings(own.published_version(), "de")}

    admin.post(PAGE, kept)

    assert own.versions.count() == 1


def test_braces_that_the_page_cannot_fill_are_refused(admin: Client, own: Survey) -> None:
    assert admin.post(PAGE, {"rating": "Wie war {name}?"}).status_code == 400
    assert own.versions.count() == 1


def test_an_unknown_language_is_no_page(admin: Client, own: Survey) -> None:
    assert admin.get("/asking/translations/after-resolution/xx/").status_code == 404
