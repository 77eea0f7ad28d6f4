import threading
from collections.abc import Iterator
from datetime import timedelta
from itertools import cycle

import pytest
from django.db import connection

from surveys.engine.eligibility import Reason
from surveys.models import (
    Decision,
    EvidenceChange,
    Invitation,
    Message,
    Person,
    Resolution,
    SamplingShare,
    SendingRule,
)
from surveys.services.decide import decide_resolutions
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    InvitationFactory,
    OptOutFactory,
    PersonFactory,
    ResolutionFactory,
    TicketFactory,
    default_survey,
)

pytestmark = pytest.mark.django_db
DELAY = timedelta(hours=4)


def reason_of(resolution: Resolution) -> str:
    return Decision.objects.get(resolution=resolution).reason


def test_the_reasons_of_the_rules_are_those_of_the_database() -> None:
    assert {reason.value for reason in Reason} == set(Decision.Reason.values)


def test_with_nothing_resolved_nothing_is_decided() -> None:
    assert decide_resolutions(now=NOW) == 0


def test_a_resolution_gets_a_decision_an_invitation_and_a_mail_due_after_the_survey_delay() -> None:
    resolution = ResolutionFactory.create()

    decide_resolutions(now=NOW)

    decision = Decision.objects.get(resolution=resolution)
    assert (decision.reason, decision.is_asked, decision.is_eligible) == ("asked", True, True)
    assert (decision.probability, decision.decided_at) == (1.0, NOW)
    invitation = Invitation.objects.get(resolution=resolution)
    assert invitation.due_at == resolution.resolved_at + DELAY
    assert invitation.closes_at == invitation.due_at + timedelta(days=6)
    message = Message.objects.get(invitation=invitation)
    assert (message.state, message.due_at) == ("due", invitation.due_at)
    assert message.recipient == resolution.person.email


def test_deciding_marks_the_day_of_the_resolution_as_changed() -> None:
    resolution = ResolutionFactory.create()

    decide_resolutions(now=NOW)

    assert list(EvidenceChange.objects.values_list("service", "day")) == [
        (resolution.service_id, resolution.resolved_on)
    ]


def test_deciding_twice_changes_nothing() -> None:
    ResolutionFactory.create()
    decide_resolutions(now=NOW)

    assert decide_resolutions(now=NOW) == 0

    assert (Decision.objects.count(), Invitation.objects.count(), Message.objects.count()) == (1, 1, 1)


def test_the_token_is_long_and_its_own() -> None:
    ResolutionFactory.create_batch(3)

    decide_resolutions(now=NOW)

    tokens = set(Invitation.objects.values_list("token", flat=True))
    assert len(tokens) == 3
    assert all(len(token) >= 22 for token in tokens)
    message = Message.objects.select_related("invitation").first()
    assert message.invitation.token not in message.message_id


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"is_shared_account": True}, "shared_account"),
        ({"email": ""}, "no_address"),
        ({"address_failed_at": NOW}, "no_address"),
        ({"erased_at": NOW}, "no_requester"),
    ],
)
def test_a_person_who_cannot_be_asked_is_not_invited(change: dict, reason: str) -> None:
    resolution = ResolutionFactory.create(requester=PersonFactory.create(**change))

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == reason
    assert not Invitation.objects.exists()


def test_a_ticket_without_requester_is_decided_too() -> None:
    resolution = ResolutionFactory.create(ticket=TicketFactory.create(requester=None))

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "no_requester"


@pytest.mark.parametrize("name", ["external_id", "email", "name"])
def test_a_requester_who_resolved_the_ticket_is_not_asked(name: str) -> None:
    person = PersonFactory.create()
    resolution = ResolutionFactory.create(requester=person, resolved_by=getattr(person, name).upper())

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "resolved_own"


def test_a_resolver_without_a_name_is_not_the_requester() -> None:
    resolution = ResolutionFactory.create(requester=PersonFactory.create(name=""), resolved_by="")

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "asked"


@pytest.mark.parametrize(
    ("survey", "reason"), [("every", "opted_out"), ("this", "opted_out"), ("other", "asked")]
)
def test_an_opt_out_holds_for_its_survey_or_for_all(survey: str, reason: str) -> None:
    resolution = ResolutionFactory.create()
    surveys = {"every": None, "this": default_survey(), "other": SendingRuleFactory().survey}
    OptOutFactory.create(person=resolution.person, survey=surveys[survey])

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == reason


def SendingRuleFactory() -> SendingRule:  # noqa: N802
    from surveys.models import Survey

    other = Survey.objects.create(key="other", name="Other")
    return SendingRule.objects.create(survey=other, number=1, created_at=NOW)


def test_a_service_without_a_survey_asks_nobody() -> None:
    resolution = ResolutionFactory.create(on_service=BusinessServiceFactory.create(survey=None))

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "no_survey"


def test_a_survey_without_a_published_version_asks_nobody() -> None:
    service = BusinessServiceFactory.create(survey=SendingRuleFactory().survey)
    resolution = ResolutionFactory.create(on_service=service)

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "no_survey"


def test_a_survey_due_more_than_a_day_ago_is_too_late() -> None:
    late = ResolutionFactory.create(resolved_at=NOW - timedelta(seconds=1))
    in_time = ResolutionFactory.create(resolved_at=NOW)

    decide_resolutions(now=NOW + DELAY + timedelta(days=1))

    assert (reason_of(late), reason_of(in_time)) == ("too_late", "asked")


def test_a_ticket_opened_again_is_not_asked_about() -> None:
    resolved_at = NOW - timedelta(hours=1)
    resolution = ResolutionFactory.create(resolved_at=resolved_at, reopened_at=NOW)

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "reopened"


def test_a_withdrawn_resolution_needs_no_decision() -> None:
    ResolutionFactory.create(withdrawn_at=NOW)

    assert decide_resolutions(now=NOW) == 0


def test_a_person_asked_last_week_rests() -> None:
    SendingRule.objects.filter(survey=default_survey()).update(resting_share=1e-6)
    person = PersonFactory.create()
    InvitationFactory.create(resolution__requester=person, due_at=NOW - timedelta(days=7))
    resolution = ResolutionFactory.create(requester=person)

    decide_resolutions(now=NOW)

    decision = Decision.objects.get(resolution=resolution)
    assert (decision.reason, decision.is_asked, decision.is_eligible) == ("resting", False, True)
    assert decision.probability == pytest.approx(1e-6)


def test_two_tickets_of_one_person_in_one_sweep_are_asked_about_once() -> None:
    SendingRule.objects.filter(survey=default_survey()).update(resting_share=1e-6)
    person = PersonFactory.create()
    later = ResolutionFactory.create(requester=person, resolved_at=NOW - timedelta(hours=1))
    first = ResolutionFactory.create(requester=person, resolved_at=NOW - timedelta(hours=2))

    decide_resolutions(now=NOW)

    assert (reason_of(first), reason_of(later)) == ("asked", "resting")


@pytest.mark.parametrize(
    "facts", [{"is_repeat_contact": True}, {"reopen_count": 1}], ids=lambda facts: next(iter(facts))
)
def test_a_failed_fix_is_asked_about_more_often_while_resting(facts: dict) -> None:
    person = PersonFactory.create()
    InvitationFactory.create(resolution__requester=person)
    resolution = ResolutionFactory.create(requester=person, **facts)

    decide_resolutions(now=NOW)

    assert Decision.objects.get(resolution=resolution).probability == pytest.approx(0.5)


def test_asking_again_about_the_same_ticket_is_exempt_from_rest() -> None:
    invitation = InvitationFactory.create(resolution__resolved_at=NOW - timedelta(days=3))
    ticket = invitation.resolution.ticket
    again = ResolutionFactory.create(ticket=ticket, reopen_count=1)

    decide_resolutions(now=NOW)

    assert (reason_of(again), Decision.objects.get(resolution=again).probability) == ("asked", 1.0)


def test_an_invitation_withdrawn_before_it_was_due_bothered_nobody() -> None:
    person = PersonFactory.create()
    invitation = InvitationFactory.create(resolution__requester=person, state="withdrawn")
    Resolution.objects.filter(pk=invitation.resolution_id).update(
        withdrawn_at=invitation.due_at - timedelta(minutes=1)
    )
    resolution = ResolutionFactory.create(requester=person)

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "asked"


def test_the_newest_rule_decides_and_is_named() -> None:
    newest = SendingRule.objects.create(
        survey=default_survey(), number=2, created_at=NOW, delay_minutes=60, share=1e-6
    )
    resolution = ResolutionFactory.create()

    decide_resolutions(now=NOW)

    decision = Decision.objects.get(resolution=resolution)
    assert (decision.rule, decision.reason) == (newest, "not_sampled")


@pytest.mark.parametrize(("language", "expected"), [("de-CH", "de"), ("", "en"), ("xx", "en")])
def test_a_person_is_invited_in_their_language_or_in_english(language: str, expected: str) -> None:
    ResolutionFactory.create(requester=PersonFactory.create(language=language))

    decide_resolutions(now=NOW)

    assert Invitation.objects.get().language == expected


# --- history


def test_history_is_decided_as_it_would_have_been_at_its_time() -> None:
    resolution = ResolutionFactory.create(resolved_at=NOW - timedelta(days=28))

    decide_resolutions(now=NOW, as_it_happened=True)

    decision = Decision.objects.get(resolution=resolution)
    assert (decision.reason, decision.decided_at) == ("asked", resolution.resolved_at)
    invitation = Invitation.objects.get(resolution=resolution)
    assert (invitation.due_at, invitation.state) == (resolution.resolved_at + DELAY, "closed")


def test_history_mails_only_what_is_still_to_come() -> None:
    past = ResolutionFactory.create(resolved_at=NOW - DELAY)
    to_come = ResolutionFactory.create(resolved_at=NOW - DELAY + timedelta(seconds=1))

    decide_resolutions(now=NOW, as_it_happened=True)

    assert Invitation.objects.get(resolution=past).state == "open"
    assert [message.invitation.resolution for message in Message.objects.all()] == [to_come]


def test_history_knows_no_later_opt_out_and_no_later_reopening() -> None:
    resolution = ResolutionFactory.create(
        resolved_at=NOW - timedelta(days=28), reopened_at=NOW - timedelta(days=27)
    )
    OptOutFactory.create(person=resolution.person, opted_out_at=NOW - timedelta(days=1))

    decide_resolutions(now=NOW, as_it_happened=True)

    assert reason_of(resolution) == "asked"


def test_history_withdraws_what_was_reopened_before_it_was_due() -> None:
    resolved_at = NOW - timedelta(days=28)
    resolution = ResolutionFactory.create(
        resolved_at=resolved_at, reopened_at=resolved_at + DELAY - timedelta(minutes=1)
    )

    decide_resolutions(now=NOW, as_it_happened=True)

    assert reason_of(resolution) == "reopened"


def a_busy_quarter() -> Iterator[Resolution]:
    people = PersonFactory.create_batch(8)
    service = BusinessServiceFactory.create()
    start = NOW - timedelta(days=100)
    for n, person in zip(range(160), cycle(people), strict=False):
        ticket = TicketFactory.create(service=service, requester=person, number=f"INC{n}")
        resolved_at = start + timedelta(hours=13 * (n * 7 % 160))
        yield ResolutionFactory.create(ticket=ticket, resolved_at=resolved_at, is_repeat_contact=n % 5 == 0)
        if n % 8 == 0:
            again = resolved_at + timedelta(days=1)
            yield ResolutionFactory.create(ticket=ticket, resolved_at=again, reopen_count=1)


def decided() -> list[tuple]:
    return list(
        Decision.objects.order_by("resolution").values_list(
            "resolution", "reason", "probability", "decided_at"
        )
    )


def test_one_by_one_and_all_at_once_decide_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    resolutions = list(a_busy_quarter())
    decide_resolutions(now=NOW, as_it_happened=True)
    at_once = decided()
    Message.objects.all().delete()
    Invitation.objects.all().delete()
    Decision.objects.all().delete()
    Resolution.objects.update(is_decided=False)

    monkeypatch.setattr("surveys.services.decide.HISTORY_CHUNK", 1)
    decide_resolutions(now=NOW, as_it_happened=True)

    assert decided() == at_once
    assert len(at_once) == len(resolutions)
    assert {row[1] for row in at_once} == {
        "asked",
        "asked_while_resting",
        "resting",
        "quarter_cap",
        "extra_cap",
    }


def test_the_number_of_queries_does_not_grow_with_the_number_of_resolutions(
    django_assert_max_num_queries: object,
) -> None:
    list(a_busy_quarter())

    with django_assert_max_num_queries(20):  # type: ignore[operator]
        decide_resolutions(now=NOW, as_it_happened=True)

    assert Decision.objects.count() == 180
    assert Person.objects.count() == 8


@pytest.mark.django_db(transaction=True)
def test_two_processes_decide_each_resolution_once_and_ask_each_person_once() -> None:
    SendingRule.objects.filter(survey=default_survey()).update(resting_share=1e-6)
    service = BusinessServiceFactory.create()
    for person in PersonFactory.create_batch(30):
        ResolutionFactory.create_batch(2, on_service=service, requester=person)
    together = threading.Barrier(2)
    counts: list[int] = []

    def decide() -> None:
        together.wait()
        counts.append(decide_resolutions(now=NOW))
        connection.close()

    deciders = [threading.Thread(target=decide) for _ in range(2)]
    for decider in deciders:
        decider.start()
    for decider in deciders:
        decider.join()

    assert sum(counts) == Decision.objects.count() == 60
    assert Invitation.objects.count() == 30


# --- hours, shares and many tickets of one incident


def test_the_survey_delay_is_counted_in_the_working_hours_of_the_person() -> None:
    person = PersonFactory.create(time_zone="America/New_York")
    resolution = ResolutionFactory.create(requester=person, resolved_at=NOW - timedelta(hours=1))

    decide_resolutions(now=NOW)

    due_at = Invitation.objects.get(resolution=resolution).due_at
    assert due_at == NOW + timedelta(hours=4)  # work starts at 8 there, which is noon in UTC


def test_a_request_is_asked_about_on_the_next_working_morning() -> None:
    ResolutionFactory.create(ticket=TicketFactory.create(kind="request"))

    decide_resolutions(now=NOW)

    assert Invitation.objects.get().due_at == (NOW + timedelta(days=1)).replace(hour=8)


def test_a_survey_closes_before_the_results_of_its_day_are_final() -> None:
    friday = NOW + timedelta(days=4, hours=4)
    resolution = ResolutionFactory.create(resolved_at=friday)

    decide_resolutions(now=friday)

    invitation = Invitation.objects.get(resolution=resolution)
    assert invitation.due_at == friday + timedelta(days=2, hours=19)
    assert invitation.closes_at == friday + timedelta(days=7)


def test_the_reminder_comes_two_working_days_after_the_survey() -> None:
    thursday = NOW + timedelta(days=3)
    resolution = ResolutionFactory.create(resolved_at=thursday)

    decide_resolutions(now=thursday)

    invitation = Invitation.objects.get(resolution=resolution)
    assert invitation.remind_at == invitation.due_at + timedelta(days=4)


def test_a_service_with_a_share_is_asked_less_and_stores_it() -> None:
    resolution = ResolutionFactory.create()
    SamplingShare.objects.create(service=resolution.service, share=0.25, set_at=NOW)

    decide_resolutions(now=NOW)

    assert Decision.objects.get().probability == pytest.approx(0.25)


def test_of_the_tickets_of_one_incident_thirty_are_asked_about() -> None:
    service = BusinessServiceFactory.create()
    for _ in range(75):
        ticket = TicketFactory.create(service=service, parent_number="INC1")
        ResolutionFactory.create(ticket=ticket)

    decide_resolutions(now=NOW)

    assert Invitation.objects.count() == 30
    assert set(Decision.objects.values_list("probability", flat=True)) == {30 / 75}
    assert Decision.objects.filter(reason="child_not_drawn", is_eligible=True).count() == 45


def test_an_address_that_rests_after_a_bounce_is_not_mailed() -> None:
    person = PersonFactory.create(address_rests_until=NOW + timedelta(minutes=1))
    resolution = ResolutionFactory.create(requester=person)

    decide_resolutions(now=NOW)

    assert reason_of(resolution) == "no_address"
