"""Asking a random sample of those who did not answer: whom, by which link, and what is kept."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from surveys.engine.sampling import simple_sample
from surveys.models import (
    BusinessService,
    ConfigurationChange,
    Decision,
    Invitation,
    Resolution,
    Response,
    SentAnswer,
    SilentSample,
    SurveyVersion,
    User,
    Visit,
)
from surveys.selectors.person_export import person_export
from surveys.selectors.silent_samples import silent_frame
from surveys.services.answer import Answer, NotAnswerableError
from surveys.services.decide import decide_resolutions
from surveys.services.erase_person import erase_person
from surveys.services.silent_samples import (
    SilentSampleError,
    answer_again,
    cancel_silent_sample,
    draw_silent_sample,
    end_silent_sample,
)
from tests.factories import (
    InvitationFactory,
    OptOutFactory,
    PersonFactory,
    ResolutionFactory,
    ResponseFactory,
    default_survey,
)

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 10, 12, 0, tzinfo=UTC)
MAY = {"starts_on": date(2026, 5, 1), "ends_on": date(2026, 5, 31)}
IN_MAY = datetime(2026, 5, 12, 9, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_june() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def invited(service: BusinessService, *, at: datetime = IN_MAY, **person: Any) -> Invitation:
    """A closed invitation of this month's service that nobody answered."""
    resolution = ResolutionFactory.create(
        on_service=service, requester=PersonFactory.create(**person), resolved_at=at
    )
    return InvitationFactory.create(resolution=resolution, state=Invitation.State.CLOSED)


def answered(service: BusinessService, rating: int) -> Response:
    return ResponseFactory.create(invitation=invited(service), rating=rating)


def drawn(service: BusinessService, count: int, by: User) -> SilentSample:
    return draw_silent_sample(service, **MAY, count=count, by=by, now=NOW)


def keys(sample: SilentSample) -> set[int]:
    return set(sample.lines.values_list("invitation_id", flat=True))


# --- the draw


def test_the_lines_follow_from_the_stored_frame_and_seed(service: BusinessService, owner: User) -> None:
    silent = [invited(service).pk for _ in range(12)]
    for rating in (2, 5, 5):
        answered(service, rating)

    sample = drawn(service, 5, owner)

    assert sample.frame == silent
    assert keys(sample) == set(simple_sample(sample.frame, seed=sample.seed, count=5))
    assert (sample.asked_count, sample.rating_counts) == (15, [0, 1, 0, 0, 2])


def test_every_set_is_as_likely_as_any_other() -> None:
    times = dict.fromkeys(range(10), 0)
    for seed in range(4000):
        for key in simple_sample(times, seed=str(seed), count=3):
            times[key] += 1

    assert all(1200 - 5 * 29 < count < 1200 + 5 * 29 for count in times.values())


def test_only_the_silent_of_named_surveys_and_this_month_may_be_drawn(
    service: BusinessService, owner: User
) -> None:
    silent = invited(service)
    answered(service, 4)
    for unwanted in (
        {"is_shared_account": True},
        {"erased_at": NOW},
        {"name": "", "email": "", "external_id": ""},
    ):
        invited(service, **unwanted)
    OptOutFactory.create(person=invited(service).person)
    invited(service, at=IN_MAY - timedelta(days=30))
    withdrawn = invited(service)
    Resolution.objects.filter(pk=withdrawn.resolution_id).update(withdrawn_at=NOW)
    anonymous = SurveyVersion.objects.create(
        survey=default_survey(), number=99, mode=SurveyVersion.Mode.ANONYMOUS, published_at=NOW
    )
    Invitation.objects.filter(pk=invited(service).pk).update(survey_version=anonymous)

    frame = silent_frame(service, **MAY, now=NOW)

    assert frame is not None
    assert (frame.silent, frame.left_out, frame.asked) == ((silent.pk,), 4, 6)


def test_an_answer_that_was_set_apart_leaves_its_person_silent(service: BusinessService) -> None:
    response = answered(service, 5)
    Response.objects.filter(pk=response.pk).update(
        state=Response.State.SET_APART, set_apart_reason="a mail scanner"
    )

    frame = silent_frame(service, **MAY, now=NOW)

    assert frame is not None
    assert frame.silent == (response.invitation_id,)


def test_who_is_being_asked_again_elsewhere_is_left_in_peace(service: BusinessService, owner: User) -> None:
    other = BusinessService.objects.create(key="other", name="Other")
    person = drawn(service, 1, owner).lines.get().invitation.person if invited(service) else None
    twice = ResolutionFactory.create(on_service=other, requester=person, resolved_at=IN_MAY)
    InvitationFactory.create(resolution=twice, state=Invitation.State.CLOSED)

    frame = silent_frame(other, **MAY, now=NOW)

    assert frame is not None
    assert (frame.silent, frame.left_out) == ((), 1)


def test_a_month_is_drawn_once(service: BusinessService, owner: User) -> None:
    for _ in range(3):
        invited(service)
    drawn(service, 1, owner)

    with pytest.raises(SilentSampleError, match="drawn before"):
        drawn(service, 1, owner)


def test_no_more_are_drawn_than_there_are(service: BusinessService, owner: User) -> None:
    invited(service)

    with pytest.raises(SilentSampleError, match="Fewer people"):
        drawn(service, 2, owner)


def test_drawing_again_after_cancelling_names_the_same_people(service: BusinessService, owner: User) -> None:
    for _ in range(20):
        invited(service)
    first = drawn(service, 8, owner)
    named = keys(first)

    cancel_silent_sample(first.pk, by=owner, now=NOW)

    assert keys(drawn(service, 8, owner)) == named


def test_drawing_is_written_into_the_audit_log(service: BusinessService, owner: User) -> None:
    invited(service)

    drawn(service, 1, owner)

    row = ConfigurationChange.objects.get()
    assert (row.actor, row.subject) == (owner, "service e-mail")
    assert row.what == "2026-05: drew 1 of 1 who did not answer, and shows their names"


def test_being_drawn_counts_for_the_rest_of_a_person(service: BusinessService, owner: User) -> None:
    service.survey = default_survey()
    service.save()
    person = invited(service).person
    drawn(service, 1, owner)
    new = ResolutionFactory.create(on_service=service, requester=person, resolved_at=NOW + timedelta(days=1))
    fresh = ResolutionFactory.create(on_service=service, resolved_at=NOW + timedelta(days=1))

    decide_resolutions(now=NOW + timedelta(days=1, minutes=1))

    reasons = dict(Decision.objects.values_list("resolution", "reason"))
    assert reasons[new.pk] in (Decision.Reason.RESTING, Decision.Reason.ASKED_WHILE_RESTING)
    assert reasons[fresh.pk] == Decision.Reason.ASKED


# --- the answer


def again(invitation: Invitation) -> str:
    return f"/s/{invitation.token}/again/"


def test_whoever_was_drawn_answers_after_their_survey_closed(
    client: Client, service: BusinessService, owner: User
) -> None:
    invitation = invited(service)
    line = drawn(service, 1, owner).lines.get()

    shown = client.get(again(invitation))
    said = client.post(again(invitation), {"rating": "2", "comment": "Still slow", "reasons": ["slow"]})

    line.refresh_from_db()
    assert (shown.status_code, said.status_code) == (200, 200)
    assert b"data-click" not in shown.content
    assert line.response is not None
    assert (line.response.channel, line.response.rating) == ("silent", 2)
    assert (line.response.comment, line.response.answered_at) == ("Still slow", NOW)


def test_looking_at_the_page_writes_nothing(client: Client, service: BusinessService, owner: User) -> None:
    invitation = invited(service)
    drawn(service, 1, owner)

    client.get(again(invitation) + "?r=5")

    assert (Response.objects.count(), Visit.objects.count(), SentAnswer.objects.count()) == (0, 0, 0)


def test_the_answer_counts_nowhere_else(client: Client, service: BusinessService, owner: User) -> None:
    invitation = invited(service)
    drawn(service, 1, owner)

    client.post(again(invitation), {"rating": "2"})

    assert not Response.objects.accepted().exists()
    assert not Response.objects.filter(resolution=invitation.resolution).exists()
    assert client.get(f"/s/{invitation.token}/").status_code == 410


def test_a_second_answer_replaces_the_first(client: Client, service: BusinessService, owner: User) -> None:
    invitation = invited(service)
    drawn(service, 1, owner)

    for rating in ("2", "4"):
        client.post(again(invitation), {"rating": rating})

    assert Response.objects.get().rating == 4


def test_whoever_was_not_drawn_cannot_answer_again(
    client: Client, service: BusinessService, owner: User
) -> None:
    for _ in range(2):
        invited(service)
    chosen = keys(drawn(service, 1, owner))
    left = Invitation.objects.exclude(pk__in=chosen).get()

    assert client.post(again(left), {"rating": "2"}).status_code == 410
    assert not Response.objects.exists()


def test_after_the_end_no_answer_is_taken(client: Client, service: BusinessService, owner: User) -> None:
    invitation = invited(service)
    sample = drawn(service, 1, owner)
    end_silent_sample(sample.pk, by=owner, now=NOW)

    assert client.post(again(invitation), {"rating": "2"}).status_code == 410
    with pytest.raises(NotAnswerableError):
        answer_again(sample.lines.get().pk, Answer(2), language="en", now=NOW)
    with pytest.raises(SilentSampleError, match="over already"):
        end_silent_sample(sample.pk, by=owner, now=NOW)


def test_a_sample_ends_by_itself_after_two_weeks(
    client: Client, service: BusinessService, owner: User
) -> None:
    invitation = invited(service)
    drawn(service, 1, owner)

    with time_machine.travel(NOW + timedelta(days=14), tick=False):
        assert client.post(again(invitation), {"rating": "2"}).status_code == 410


def test_a_draw_is_cancelled_before_the_first_answer_only(service: BusinessService, owner: User) -> None:
    invited(service)
    sample = drawn(service, 1, owner)
    answer_again(sample.lines.get().pk, Answer(3), language="en", now=NOW)

    with pytest.raises(SilentSampleError, match="Somebody has answered"):
        cancel_silent_sample(sample.pk, by=owner, now=NOW)


def test_a_cancelled_draw_takes_no_answer(client: Client, service: BusinessService, owner: User) -> None:
    invitation = invited(service)
    sample = drawn(service, 1, owner)

    cancel_silent_sample(sample.pk, by=owner, now=NOW)

    assert client.post(again(invitation), {"rating": "2"}).status_code == 410
    assert not SilentSample.objects.exists()


# --- privacy


def test_erasing_takes_the_words_and_keeps_the_rating(
    client: Client, service: BusinessService, owner: User
) -> None:
    invitation = invited(service)
    drawn(service, 1, owner)
    client.post(again(invitation), {"rating": "2", "comment": "Call me"})

    erase_person(invitation.person, now=NOW)

    response = Response.objects.get()
    assert (response.rating, response.comment) == (2, "")
    assert client.get(again(invitation)).status_code == 410


def test_a_person_reads_what_they_said_when_asked_again(
    client: Client, service: BusinessService, owner: User
) -> None:
    invitation = invited(service)
    drawn(service, 1, owner)
    client.post(again(invitation), {"rating": "2", "comment": "Call me"})

    told = person_export(invitation.person)

    assert [answer["comment"] for answer in told["answers"]] == ["Call me"]
    assert len(told["asked_again"]) == 1
