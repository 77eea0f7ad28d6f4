"""The survey designer: a draft nobody is asked with, a live preview, a trial that counts nothing."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from surveys.checks import check_surveys_close_in_time
from surveys.models import Invitation, Message, Question, Response, Survey, SurveyVersion, User, Visit
from surveys.selectors.asked import asked
from surveys.selectors.asking_rules import plans_in_force
from surveys.selectors.design_differences import differences
from surveys.selectors.designs import Asked, Design, design_of
from surveys.services.default_survey import create_default_survey
from surveys.services.survey_design import (
    DesignError,
    create_survey,
    discard_draft,
    publish_draft,
    save_design,
    take_back,
)
from surveys.services.trial_mail import trial_code
from tests.factories import NOW, InvitationFactory, default_survey

pytestmark = pytest.mark.django_db
KINDS = ("rating", "reasons", "lost_time", "solved", "comment")


@pytest.fixture
def survey() -> Survey:
    return default_survey()


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> Client:
    client.force_login(agreement_admin)
    return client


def page_of(survey: Survey) -> str:
    return reverse("survey-design", args=[survey.key])


def typed(**changes: Any) -> dict[str, Any]:
    """Return the form as the designer shows it for the usual survey."""
    return {
        "lang": "en",
        "order": list(KINDS),
        "asked": list(KINDS[1:]),
        "scale": "satisfaction",
        "mode": "named",
        "open_days": "6",
        "reminder_days": "2",
        "name": "After a ticket is resolved",
        **changes,
    }


def without(survey: Survey, kind: str) -> Design:
    design = design_of(survey.published_version())
    kept = tuple(each for each in design.questions if each.kind != kind)
    return Design(design.mode, design.open_days, design.reminder_days, kept)


def new_version(survey: Survey) -> SurveyVersion:
    save_design(survey, without(survey, "comment"))
    return publish_draft(survey, note="No comments", by=None, now=NOW)


# --- drafts -------------------------------------------------------------------------------------------------


def test_a_draft_asks_nobody_before_it_is_published(survey: Survey) -> None:
    draft = save_design(survey, without(survey, "comment"))

    assert plans_in_force([survey])[survey.pk].version.number == 1
    publish_draft(survey, note="", by=None, now=NOW)
    assert plans_in_force([survey])[survey.pk].version == draft


def test_saving_what_is_published_makes_no_draft(admin: Client, survey: Survey) -> None:
    admin.post(page_of(survey), typed(save="1"))

    assert survey.draft() is None


def test_a_discarded_draft_leaves_the_published_version(survey: Survey) -> None:
    save_design(survey, without(survey, "comment"))

    assert discard_draft(survey)
    assert (survey.draft(), survey.published_version().number) == (None, 1)


def test_a_new_survey_is_a_draft_of_the_usual_questions(admin: Client) -> None:
    response = admin.post(reverse("survey-new"), {"name": "After a delivery"})

    survey = Survey.objects.get(key="after-a-delivery")
    assert response.headers["Location"] == page_of(survey)
    assert [row.kind for row in survey.draft().questions.all()] == list(KINDS)
    assert plans_in_force([survey]) == {}


@pytest.mark.parametrize("name", ["", "!!!", "After a ticket is resolved"])
def test_a_survey_needs_a_name_of_its_own(admin: Client, survey: Survey, name: str) -> None:
    Survey.objects.filter(pk=survey.pk).update(key="after-a-ticket-is-resolved")

    assert admin.post(reverse("survey-new"), {"name": name}).status_code == 422


def test_a_survey_whose_solved_question_was_taken_out_does_not_get_it_back(survey: Survey) -> None:
    save_design(survey, without(survey, "solved"))
    designed = publish_draft(survey, note="", by=None, now=NOW)

    assert create_default_survey(now=NOW) == designed


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"open_days": "0"}, "open for 1 to 30 days"),
        ({"open_days": "many"}, "open for 1 to 30 days"),
        ({"reminder_days": "6"}, "reminder comes before"),
        ({"text-rating": "How was {name}?"}, "Only {ticket} may stand in braces"),
        ({"text-comment": "About {ticket}?"}, "Only {ticket} may stand in braces"),
        ({"scale": "stars"}, "Choose a scale"),
        ({"mode": "secret"}, "Choose who reads"),
        ({"drop": ["all"]}, "at least one reason"),
    ],
)
def test_what_cannot_be_asked_is_not_saved_and_says_why(
    admin: Client, survey: Survey, changes: dict[str, Any], problem: str
) -> None:
    if changes.get("drop"):
        options = survey.versions.get().questions.get(kind="reasons").options
        changes = {"drop": [option["key"] for option in options]}

    response = admin.post(page_of(survey), typed(save="1", **changes))

    assert response.status_code == 422
    assert problem in response.content.decode()
    assert survey.draft() is None


# --- the form -----------------------------------------------------------------------------------------------


def test_a_form_that_is_refused_keeps_every_text_and_renames_nothing(admin: Client, survey: Survey) -> None:
    data = typed(
        **{
            "open_days": "99",
            "name": "Another name",
            "text-rating": "How was it really?",
            "text-reason-slow": "Too slow for us",
            "new-text": ["Nobody called back", ""],
            "new-band": ["high", "low"],
            "note": "For the winter",
            "save": "1",
        }
    )

    refused = admin.post(page_of(survey), data)

    words = refused.content.decode()
    assert refused.status_code == 422
    for text in (
        "Another name",
        "How was it really?",
        "Too slow for us",
        "Nobody called back",
        "For the winter",
    ):
        assert f'value="{text}"' in words
    survey.refresh_from_db()
    assert survey.name != "Another name"


def test_the_page_asks_before_a_draft_is_discarded(admin: Client, survey: Survey) -> None:
    admin.post(page_of(survey), typed(open_days="5", save="1"))

    words = admin.get(page_of(survey)).content.decode()

    assert re.search(
        r"<details[^>]*><summary>Discard the draft</summary>(?:(?!</details>).)*name=\"discard\"", words, re.S
    )
    assert words.count('name="discard"') == 1


def test_own_words_a_new_order_and_a_new_reason_are_asked_once_published(
    admin: Client, survey: Survey
) -> None:
    data = typed(
        **{"text-rating": "Well, {ticket}?", "new-text": ["No parking", ""], "new-band": ["low", "low"]},
        move="up:comment",
        drop=["slow"],
    )
    admin.post(page_of(survey), data)
    admin.post(page_of(survey), typed(order=[*KINDS[:3], "comment", "solved"], publish="1", note="Ours"))

    invitation = InvitationFactory.create(survey_version=survey.published_version())
    shown = asked(invitation, "en", asks_solved=True).questionnaire
    assert shown.rating == "Well, {ticket}?"
    assert shown.order == ("reasons", "lost_time", "comment", "solved")
    reasons = {reason.key: (reason.text, reason.band) for reason in shown.reasons}
    assert reasons["no_parking"] == ("No parking", "low")
    assert "slow" not in reasons
    assert (survey.published_version().note, survey.published_version().number) == ("Ours", 2)


def test_the_answer_page_follows_the_order(client: Client, survey: Survey) -> None:
    design = design_of(survey.published_version())
    order = {"rating": 0, "comment": 1, "lost_time": 2, "reasons": 3, "solved": 4}
    questions = tuple(sorted(design.questions, key=lambda each: order[each.kind]))
    save_design(survey, Design("named", 6, 2, questions))
    version = publish_draft(survey, note="", by=None, now=NOW)
    invitation = InvitationFactory.create(survey_version=version)

    with time_machine.travel(invitation.due_at + timedelta(hours=1)):
        words = client.get(reverse("answer", args=[invitation.token])).content.decode()

    places = [words.index(mark) for mark in ('name="comment"', 'name="lost_time"', 'name="reasons"')]
    assert places == sorted(places)


def test_words_are_typed_in_one_language_and_the_others_stay(admin: Client, survey: Survey) -> None:
    admin.post(page_of(survey), typed(save="1", **{"text-comment": "Anything?"}))
    admin.post(page_of(survey), typed(save="1", lang="de", **{"text-comment": "Noch etwas?"}))

    wording = survey.draft().questions.get(kind="comment").wording
    assert wording == {"en": "Anything?", "de": "Noch etwas?"}


def test_a_question_that_comes_back_is_what_it_was(admin: Client, survey: Survey) -> None:
    survey.published_version().questions.filter(kind="comment").update(wording={"en": "Anything?"})

    admin.post(page_of(survey), typed(save="1", asked=["reasons"]))
    assert survey.draft().questions.count() == 2
    admin.post(page_of(survey), typed(save="1"))

    assert design_of(survey.draft()).question("comment").wording == (("en", "Anything?"),)


def test_what_is_being_typed_is_previewed_but_adds_no_reason_twice(admin: Client, survey: Survey) -> None:
    data = typed(**{"text-rating": "Well?", "new-text": ["No parking"], "new-band": ["low"]})

    for _ in range(2):
        response = admin.post(page_of(survey), data, headers={"HX-Request": "true"})
    admin.post(page_of(survey), data | {"save": "1"})

    assert 'id="preview"' in response.content.decode()
    assert "<header" not in response.content.decode()
    options = survey.draft().questions.get(kind="reasons").options
    assert [option["key"] for option in options].count("no_parking") == 1
    assert len(options) == 13


# --- preview ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["page", "mail"])
@pytest.mark.parametrize("language", ["en", "de", "ar"])
def test_the_preview_shows_the_draft_in_every_language_and_runs_nothing(
    admin: Client, survey: Survey, kind: str, language: str
) -> None:
    admin.post(page_of(survey), typed(save="1", lang=language, **{"text-rating": "Our own words"}))

    response = admin.get(reverse("survey-preview", args=[survey.key, kind]), {"lang": language})

    words = response.content.decode()
    assert "Our own words" in words
    assert f'lang="{language}"' in words
    assert "<script" not in words
    assert "sandbox" in response.headers["Content-Security-Policy"]
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert not Visit.objects.exists()


@pytest.mark.parametrize(("scheme", "media"), [("dark", "@media all"), ("light", "@media not all")])
def test_the_preview_is_dark_or_light_as_chosen(
    admin: Client, survey: Survey, scheme: str, media: str
) -> None:
    mail = admin.get(reverse("survey-preview", args=[survey.key, "mail"]), {"scheme": scheme})
    # A frame in a sandbox sends no cookie, so the style comes without a sign-in.
    style = Client().get(reverse("survey-preview-style", args=[scheme]))

    assert media in mail.content.decode()
    assert media in style.content.decode()
    assert "prefers-color-scheme" not in style.content.decode()


# --- trial --------------------------------------------------------------------------------------------------


def test_a_trial_goes_to_whoever_designs_marked_as_one_and_answering_it_counts_nothing(
    admin: Client, client: Client, survey: Survey, agreement_admin: User
) -> None:
    admin.post(page_of(survey), typed(trial="1", **{"text-rating": "Our own words"}))

    mail = Message.objects.get()
    assert (mail.kind, mail.recipient, mail.invitation) == ("notice", agreement_admin.email, None)
    assert mail.subject.startswith("[Test] ")
    assert "This is a test" in mail.text
    assert "This is a test" in mail.html
    assert "unsubscribe" not in mail.html

    client.logout()
    address = re.search(r"https?://[^/]+(/trial/\S+?)\s", mail.text)[1]
    assert "Our own words" in client.get(address).content.decode()
    wrong = client.post(address.split("?")[0], {"rating": "9"})
    right = client.post(address.split("?")[0], {"rating": "1", "comment": "Terrible"})

    assert wrong.status_code == 400
    assert "Nothing is stored" in right.content.decode()
    assert [model.objects.count() for model in (Response, Invitation, Visit)] == [0, 0, 0]


def test_whoever_has_no_address_is_told(admin: Client, survey: Survey, agreement_admin: User) -> None:
    User.objects.update(email="")

    response = admin.post(page_of(survey), typed(trial="1"), follow=True)

    assert "no e-mail address" in response.content.decode()
    assert not Message.objects.exists()


def test_a_trial_page_ends_after_a_week_and_cannot_be_guessed(client: Client, survey: Survey) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        address = reverse("survey-trial", args=[trial_code(survey.published_version(), "en")])
        assert client.get(address).status_code == 200
        clock.shift(timedelta(days=7, seconds=1))
        assert client.get(address).status_code == 404
    assert client.get(reverse("survey-trial", args=["guessed"])).status_code == 404


# --- versions -----------------------------------------------------------------------------------------------


def test_whoever_was_asked_keeps_the_version_they_were_asked_with(client: Client, survey: Survey) -> None:
    running = InvitationFactory.create(survey_version=survey.published_version())
    save_design(survey, without(survey, "comment"))
    publish_draft(survey, note="", by=None, now=NOW)

    with time_machine.travel(running.due_at + timedelta(hours=1)):
        words = client.get(reverse("answer", args=[running.token])).content.decode()
        client.post(reverse("answer", args=[running.token]), {"rating": "4", "comment": "Thanks"})

    assert 'name="comment"' in words
    answer = Response.objects.get()
    assert (answer.survey_version.number, answer.comment) == (1, "Thanks")


def test_a_version_is_taken_back_before_anybody_was_asked_with_it(admin: Client, survey: Survey) -> None:
    version = new_version(survey)

    response = admin.post(reverse("survey-versions", args=[survey.key]), {"number": version.number})

    assert response.headers["Location"] == page_of(survey)
    assert (survey.published_version().number, survey.draft()) == (1, version)


def test_a_version_that_was_used_stays(survey: Survey) -> None:
    version = new_version(survey)
    InvitationFactory.create(survey_version=version)

    with pytest.raises(DesignError, match="asked with this version"):
        take_back(version, by=None, now=NOW)


def test_the_only_version_stays(survey: Survey) -> None:
    with pytest.raises(DesignError, match="only one"):
        take_back(survey.published_version(), by=None, now=NOW)


def test_a_version_is_not_taken_back_over_a_newer_draft(survey: Survey) -> None:
    version = new_version(survey)
    save_design(survey, without(survey, "lost_time"))

    with pytest.raises(DesignError, match="newer draft"):
        take_back(version, by=None, now=NOW)


def test_publishing_without_a_draft_is_refused(survey: Survey) -> None:
    with pytest.raises(DesignError, match="nothing to publish"):
        publish_draft(survey, note="", by=None, now=NOW)


def test_the_versions_page_says_who_was_asked_and_what_changed(admin: Client, survey: Survey) -> None:
    InvitationFactory.create(survey_version=survey.published_version())
    new_version(survey)

    words = admin.get(reverse("survey-versions", args=[survey.key])).content.decode()

    assert "1 person was asked with it" in words
    assert "No comments" in words
    assert '<del dir="auto">asked</del>' in words


def test_differences_name_everything_that_a_respondent_would_notice() -> None:
    slow = {"key": "slow", "band": "low", "wording": {"en": "Slow"}}
    before = Design(
        "named", 6, 2, (Asked("rating", "satisfaction"), Asked("reasons", options=(slow,)), Asked("comment"))
    )
    after = Design(
        "anonymous",
        5,
        0,
        (
            Asked("rating", "effort", (("de", "Wie leicht?"),)),
            Asked("comment"),
            Asked("reasons", options=({**slow, "band": "any"}, {**slow, "key": "new"})),
        ),
    )

    found = {change.what: (change.before, change.after) for change in differences(before, after)}

    assert found == {
        "Who reads it": ("Named", "Anonymous"),
        "Open for days": ("6", "5"),
        "Reminder after days": ("2", "0"),
        "Rating: scale": ("1-5 satisfaction", "1-7 effort"),
        "Rating (de)": (None, "Wie leicht?"),
        "Reason: Slow": (None, "offered"),
        "Order": ("Rating, Reasons, Comment", "Rating, Comment, Reasons"),
    } | {"Reason: Slow": (None, "offered")}
    assert differences(before, before) == []


def test_creating_a_survey_twice_is_refused() -> None:
    create_survey("Deliveries", by=None, now=NOW)

    with pytest.raises(DesignError, match="There is a survey of this name"):
        create_survey("deliveries", by=None, now=NOW)


def test_the_list_shows_what_is_asked_and_drafts(admin: Client, survey: Survey) -> None:
    save_design(survey, without(survey, "comment"))

    words = admin.get(reverse("surveys")).content.decode()

    assert "Rating, Reasons, Lost time" in words
    assert "draft 2" in words
    assert "12 of 12" in words


def test_a_draft_of_unknown_kind_is_no_page(admin: Client, survey: Survey) -> None:
    assert admin.get(reverse("survey-preview", args=[survey.key, "fax"])).status_code == 404
    assert Question.objects.filter(version__survey=survey).count() == 5


def test_a_version_open_after_its_results_are_final_is_not_published(survey: Survey) -> None:
    version = survey.published_version()
    assert version is not None
    save_design(survey, replace(design_of(version), open_days=7))

    with pytest.raises(
        DesignError, match="open until 8 days after the resolution, but results are final after 7"
    ):
        publish_draft(survey, note="", by=None, now=NOW)

    assert check_surveys_close_in_time(None, databases=["default"]) == []


@pytest.mark.parametrize("days", ["soon", "-2", "6"])
def test_a_reminder_that_comes_at_no_time_is_not_saved(admin: Client, survey: Survey, days: str) -> None:
    response = admin.post(page_of(survey), typed(reminder_days=days))

    assert response.status_code == 422
    assert "The reminder comes before the survey closes" in response.content.decode()
    assert survey.draft() is None


def test_a_survey_is_named_in_any_script(admin: Client) -> None:
    admin.post(reverse("survey-new"), {"name": "納品後"})

    made = Survey.objects.get(name="納品後")
    assert re.fullmatch(r"survey-[0-9a-f]{8}", made.key)
    assert admin.post(reverse("survey-new"), {"name": "納品後"}).status_code == 422
    assert admin.post(reverse("survey-new"), {"name": "?!"}).status_code == 422


@pytest.mark.parametrize("number", ["abc", "9" * 30, "-1"])
def test_a_version_that_is_no_number_is_not_there(admin: Client, survey: Survey, number: str) -> None:
    shown = reverse("survey-preview", args=[survey.key, "page"])
    versions = reverse("survey-versions", args=[survey.key])

    assert admin.get(shown, {"version": number}).status_code == 404
    assert admin.post(versions, {"number": number}).status_code == 404
