from typing import Any

import pytest
from django.contrib import admin
from django.test import Client

from surveys.engine.tickets import Requester
from surveys.models import IntakeSource, Message, Person, Response, Survey, SurveyVersion, User
from surveys.services.decide import decide_resolutions
from surveys.services.people import register_people
from tests.factories import (
    NOW,
    InvitationFactory,
    MessageFactory,
    PersonFactory,
    ResolutionFactory,
    ResponseFactory,
    default_survey,
)

pytestmark = pytest.mark.django_db
OURS = sorted(
    (model for model in admin.site._registry if model._meta.app_label == "surveys"),
    key=lambda model: model.__name__,
)


@pytest.fixture
def signed_in(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def address(model: Any, page: str = "") -> str:
    return f"/admin/surveys/{model._meta.model_name}/{page}"


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_list_opens_with_nothing_in_it(signed_in: Client, model: Any) -> None:
    assert signed_in.get(address(model)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_row_opens(signed_in: Client, model: Any) -> None:
    ResponseFactory.create(comment="Great help!")
    MessageFactory.create(invitation=InvitationFactory.create())
    row = model._default_manager.first()

    if row is not None:
        assert signed_in.get(address(model, f"{row.pk}/change/")).status_code == 200
    assert signed_in.get(address(model)).status_code == 200


def test_a_confidential_answer_is_not_listed_beside_its_ticket(signed_in: Client) -> None:
    named, confidential = ResponseFactory.create_batch(2)
    version = confidential.survey_version
    version.pk, version.number, version.mode = None, 77, SurveyVersion.Mode.CONFIDENTIAL
    version.save()
    Response.objects.filter(pk=confidential.pk).update(survey_version=version)

    listed = signed_in.get("/admin/surveys/response/").content.decode()

    assert f"/response/{named.pk}/change/" in listed
    assert f"/response/{confidential.pk}/change/" not in listed
    assert signed_in.get(f"/admin/surveys/response/{confidential.pk}/change/").status_code == 302


def test_a_list_needs_no_query_per_row(signed_in: Client, django_assert_max_num_queries: Any) -> None:
    MessageFactory.create_batch(12)
    ResponseFactory.create_batch(12)

    for name in ("invitation", "message", "response", "resolution", "ticket"):
        with django_assert_max_num_queries(14):
            signed_in.get(f"/admin/surveys/{name}/")


def test_the_reason_of_a_decision_can_be_looked_up(signed_in: Client) -> None:
    resolution = ResolutionFactory.create(ticket__requester=None)
    decide_resolutions(now=NOW)

    listed = signed_in.get("/admin/surveys/resolution/", {"q": resolution.ticket.number})

    assert "The ticket names no requester" in listed.content.decode()


def test_a_token_is_shown_to_nobody(signed_in: Client) -> None:
    invitation = InvitationFactory.create()

    page = signed_in.get(address(type(invitation), f"{invitation.pk}/change/")).content.decode()

    assert invitation.token not in page


def test_mail_that_was_given_up_can_be_sent_again(signed_in: Client) -> None:
    failed = MessageFactory.create(state="failed", attempts=5)
    sent = MessageFactory.create(state="sent")

    signed_in.post(address(Message), {"action": "retry", "_selected_action": [failed.pk, sent.pk]})

    states = dict(Message.objects.values_list("pk", "state"))
    assert states == {failed.pk: "due", sent.pk: "sent"}
    assert Message.objects.get(pk=failed.pk).attempts == 0


def test_a_published_version_cannot_be_changed(signed_in: Client) -> None:
    version = default_survey().versions.get()
    draft = version.survey.versions.create(number=2)

    changed = signed_in.post(f"/admin/surveys/surveyversion/{version.pk}/change/", {"open_days": 1})

    assert changed.status_code == 403
    assert (
        'name="open_days"'
        in signed_in.get(f"/admin/surveys/surveyversion/{draft.pk}/change/").content.decode()
    )


def test_a_sending_rule_is_followed_by_a_new_one_not_changed(signed_in: Client) -> None:
    survey: Survey = default_survey()

    page = signed_in.get(f"/admin/surveys/survey/{survey.pk}/change/").content.decode()

    assert 'name="rules-0-rest_days"' not in page
    assert "Add another" in page or "rules-TOTAL_FORMS" in page


def test_a_source_says_where_its_tickets_are_and_that_it_mails_the_links(signed_in: Client) -> None:
    given = {"key": "desk", "name": "Desk", "preset": "generic", "mapping": "{}", "secret": "s" * 16}
    given |= {"is_active": "on", "mails_rating_links": "on"}

    wrong = signed_in.post(address(IntakeSource, "add/"), {**given, "ticket_url": "javascript:alert(1)"})
    signed_in.post(address(IntakeSource, "add/"), {**given, "ticket_url": "https://itsm.example/{number}"})

    listed = signed_in.post(address(IntakeSource, "add/"), {**given, "mapping": "[1]", "ticket_url": ""})
    assert "Write an object" in listed.content.decode()
    assert "Write a web address" in wrong.content.decode()
    source = IntakeSource.objects.get()
    assert (source.ticket_url, source.mails_rating_links) == ("https://itsm.example/{number}", True)


def test_a_corrected_address_is_trusted_again_and_found_by_the_next_ticket(signed_in: Client) -> None:
    person = PersonFactory.create(address_failed_at=NOW, address_problem="No such user")
    page = signed_in.get(address(Person, f"{person.pk}/change/"))
    form = page.context["adminform"].form
    given = {name: value for name in form.fields if (value := form[name].value()) not in (None, False)}
    given |= {
        "address_failed_at_0": "2026-06-01",
        "address_failed_at_1": "12:00:00",
        "email": "Anna@Example.org",
    }
    given |= {"opt_outs-TOTAL_FORMS": "0", "opt_outs-INITIAL_FORMS": "0"}

    assert signed_in.post(address(Person, f"{person.pk}/change/"), given).status_code == 302

    found = register_people([Requester(email="anna@example.org")]).people
    (same,) = found.values()
    assert (same.pk, same.address_failed_at, same.address_problem) == (person.pk, None, "")
