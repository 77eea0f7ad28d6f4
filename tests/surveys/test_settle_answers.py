from datetime import timedelta

import pytest

from surveys.models import EvidenceChange, Message, Response, SentAnswer, User, Visit
from surveys.services.answer import Answer, Sender, record_answer, record_click, record_visit
from surveys.services.audit_answers import decide_by_hand
from surveys.services.close_invitations import close_invitations
from surveys.services.settle_answers import settle_answers
from surveys.services.withdraw import withdraw_invitations
from tests.factories import NOW, InvitationFactory, MessageFactory, ResponseFactory

pytestmark = pytest.mark.django_db

HOME = Sender("home")
SCANNER = Sender("scanner")
SECOND = timedelta(seconds=1)


def state() -> tuple[str, int | None]:
    response = Response.objects.get()
    return response.state, response.rating


def scan(invitation) -> None:
    for second, rating in enumerate((1, 2, 5)):
        visit = record_visit(invitation, now=NOW + second * SECOND, sender=SCANNER, rating=rating)
        sender = Sender("scanner", visit_id=visit.pk)
        record_answer(invitation.pk, Answer(rating), now=NOW + second * SECOND, sender=sender)


# --- clicks


def test_a_click_is_provisional_and_affects_nothing() -> None:
    reminder = MessageFactory.create(kind="reminder")

    record_click(reminder.invitation_id, 4, now=NOW, sender=HOME)

    assert state() == ("provisional", 4)
    assert not Response.objects.accepted().exists()
    assert not EvidenceChange.objects.exists()
    reminder.refresh_from_db()
    assert reminder.state == "due"


def test_send_confirms_a_click() -> None:
    invitation = InvitationFactory.create()
    record_click(invitation.pk, 4, now=NOW, sender=HOME)

    record_answer(invitation.pk, Answer(4, comment="Fast."), now=NOW + 60 * SECOND, sender=HOME)

    assert state() == ("accepted", 4)
    assert SentAnswer.objects.count() == 2


def test_a_click_that_nobody_confirmed_is_accepted_at_closing() -> None:
    invitation = InvitationFactory.create()
    record_click(invitation.pk, 4, now=NOW, sender=HOME)

    close_invitations(now=invitation.closes_at)

    assert state() == ("accepted", 4)
    assert EvidenceChange.objects.get().day == invitation.resolution.resolved_on


def test_a_suspicious_click_is_set_apart_at_closing() -> None:
    invitation = InvitationFactory.create()
    record_click(invitation.pk, 4, now=NOW, sender=SCANNER)
    record_visit(invitation, now=NOW + SECOND, sender=SCANNER, is_trap=True)

    close_invitations(now=invitation.closes_at)

    assert state() == ("set_apart", 4)
    assert Response.objects.get().set_apart_reason == "opened the hidden link"


def test_a_click_after_an_answer_changes_nothing() -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(2), now=NOW, sender=HOME)

    record_click(invitation.pk, 5, now=NOW + 60 * SECOND, sender=HOME)
    close_invitations(now=invitation.closes_at)

    assert state() == ("accepted", 2)


def test_a_reopening_withdraws_what_was_only_clicked() -> None:
    invitation = InvitationFactory.create()
    record_click(invitation.pk, 4, now=NOW, sender=HOME)

    assert withdraw_invitations([invitation.resolution_id], now=NOW) == 1

    assert state() == ("set_apart", 4)


def test_a_click_set_apart_by_a_withdrawal_stays_so_when_the_sweep_judges_it() -> None:
    invitation = InvitationFactory.create()
    record_click(invitation.pk, 4, now=NOW, sender=HOME)
    withdraw_invitations([invitation.resolution_id], now=NOW + SECOND)

    assert settle_answers(now=NOW + 20 * SECOND) == 1

    assert state() == ("set_apart", 4)
    assert settle_answers(now=NOW + 40 * SECOND) == 0


# --- scanners


def test_what_a_scanner_sends_is_set_apart_and_kept() -> None:
    invitation = InvitationFactory.create()

    scan(invitation)

    assert state() == ("set_apart", 5)
    assert Response.objects.get().set_apart_reason == "opened several ratings at once"
    assert SentAnswer.objects.count() == 3


def test_an_answer_accepted_at_once_is_set_apart_when_the_sweep_sees_the_rest_of_the_scan() -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(1), now=NOW, sender=SCANNER)
    assert state() == ("accepted", 1)
    record_visit(invitation, now=NOW + 5 * SECOND, sender=SCANNER, is_trap=True)
    EvidenceChange.objects.all().delete()

    assert settle_answers(now=NOW + 14 * SECOND) == 0
    assert settle_answers(now=NOW + 15 * SECOND) == 1

    assert state() == ("set_apart", 1)
    assert EvidenceChange.objects.exists()
    assert settle_answers(now=NOW + 99 * SECOND) == 0


def test_a_person_counts_after_a_scanner_and_before_another() -> None:
    invitation = InvitationFactory.create()
    scan(invitation)

    record_answer(invitation.pk, Answer(4), now=NOW + 60 * SECOND, sender=SCANNER)
    assert state() == ("accepted", 4)

    record_visit(invitation, now=NOW + 3600 * SECOND, sender=SCANNER, is_trap=True)
    record_answer(invitation.pk, Answer(1), now=NOW + 3601 * SECOND, sender=SCANNER)
    assert state() == ("accepted", 4)


def test_an_answer_within_ten_seconds_of_delivery_is_set_apart() -> None:
    message = MessageFactory.create(state="sent", sent_at=NOW - 9 * SECOND)

    record_answer(message.invitation_id, Answer(4), now=NOW, sender=HOME)

    assert state() == ("set_apart", 4)


def test_one_network_with_many_recipients_sets_apart_only_what_is_no_ordinary_browser() -> None:
    for _ in range(20):
        record_visit(InvitationFactory.create(), now=NOW, sender=HOME)
    program, browser = InvitationFactory.create(), InvitationFactory.create()

    record_answer(program.pk, Answer(1), now=NOW, sender=Sender("home", is_headless=True))
    record_answer(browser.pk, Answer(4), now=NOW, sender=HOME)

    assert Response.objects.get(invitation=program).state == "set_apart"
    assert Response.objects.get(invitation=browser).state == "accepted"


def test_a_crowd_of_another_day_is_none() -> None:
    early = InvitationFactory.create()
    record_visit(early, now=NOW - 24 * 3600 * SECOND, sender=HOME)
    for _ in range(20):
        record_visit(InvitationFactory.create(), now=NOW - 12 * 3600 * SECOND, sender=HOME)

    record_answer(early.pk, Answer(4), now=NOW, sender=Sender("home", is_headless=True))

    assert Response.objects.get(invitation=early).state == "accepted"


def test_in_log_only_mode_a_suspicious_answer_counts_and_the_reason_is_noted(settings) -> None:
    settings.SET_SCANNERS_APART = False

    scan(InvitationFactory.create())

    assert state() == ("accepted", 5)
    assert SentAnswer.objects.suspicious().count() == 3


# --- history


def test_every_answer_sent_is_kept_in_the_history() -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(2, frozenset({"slow"}), 60, "Slow."), now=NOW)
    record_answer(invitation.pk, Answer(4, frozenset({"fast"})), now=NOW + 60 * SECOND)

    history = SentAnswer.objects.order_by("sent_at").values_list("rating", "reasons", "comment")
    assert list(history) == [(2, ["slow"], "Slow."), (4, ["fast"], "")]


def test_a_double_press_is_kept_once() -> None:
    invitation = InvitationFactory.create()

    for _ in range(2):
        record_answer(invitation.pk, Answer(2), now=NOW)

    assert SentAnswer.objects.count() == Response.objects.count() == 1


def test_the_history_begins_with_an_answer_stored_before_it() -> None:
    response = ResponseFactory.create(rating=2, comment="Slow.", answered_at=NOW - 60 * SECOND)
    record_visit(response.invitation, now=NOW, sender=SCANNER, is_trap=True)

    record_answer(response.invitation_id, Answer(5), now=NOW, sender=SCANNER)

    assert state() == ("accepted", 2)
    assert SentAnswer.objects.count() == 2


# --- by hand


def test_a_restored_answer_counts_and_an_excluded_one_does_not(administrator: User) -> None:
    scan(InvitationFactory.create())
    last = SentAnswer.objects.order_by("pk").last()

    assert decide_by_hand([last.pk], SentAnswer.HandVerdict.RESTORED, by=administrator, now=NOW) == 1
    assert state() == ("accepted", 5)

    decide_by_hand([last.pk], SentAnswer.HandVerdict.EXCLUDED, by=administrator, now=NOW)
    assert state() == ("set_apart", 5)

    decide_by_hand([last.pk], SentAnswer.HandVerdict.NONE, by=administrator, now=NOW)
    assert state() == ("set_apart", 5)
    last.refresh_from_db()
    assert (last.decided_by, last.decided_at) == (administrator, NOW)


def test_a_decision_by_hand_that_was_cut_off_is_carried_out_by_the_sweep(
    administrator: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    record_answer(InvitationFactory.create().pk, Answer(4), now=NOW, sender=HOME)
    sent = SentAnswer.objects.get()
    settle_answers(now=NOW + 20 * SECOND)

    def cut_off(*args: object, **kwargs: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("surveys.services.audit_answers.settle_one", cut_off)
    with pytest.raises(KeyboardInterrupt):
        decide_by_hand([sent.pk], SentAnswer.HandVerdict.EXCLUDED, by=administrator, now=NOW + 30 * SECOND)

    settle_answers(now=NOW + 60 * SECOND)

    assert state() == ("set_apart", 4)


def test_an_excluded_answer_of_a_person_says_so(administrator: User) -> None:
    invitation = InvitationFactory.create()
    record_answer(invitation.pk, Answer(4), now=NOW, sender=HOME)

    sent = SentAnswer.objects.get()
    decide_by_hand([sent.pk], SentAnswer.HandVerdict.EXCLUDED, by=administrator, now=NOW)

    assert Response.objects.get().set_apart_reason == "excluded by hand"


def test_visits_forgotten_after_30_days_leave_the_answer() -> None:
    invitation = InvitationFactory.create()
    visit = record_visit(invitation, now=NOW, sender=HOME)
    record_answer(invitation.pk, Answer(4), now=NOW, sender=Sender("home", visit_id=visit.pk))

    Visit.objects.all().delete()

    assert state() == ("accepted", 4)
    assert Message.objects.count() == 0
