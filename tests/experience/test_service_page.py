"""The page of one service, the answers on it, and who reads them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experience.engine.periods import month_of, previous_month
from experience.models import DayCell, Gap, Sla, SlaReport
from experience.selectors.access import looks_after
from experience.selectors.answers import comment_pieces, latest_answers
from surveys.models import BusinessService, ResponseReason, SurveyVersion, Ticket, User
from tests.experience.factories import (
    TODAY,
    answer,
    gap,
    indicator,
    measured,
    results,
    sentiment,
    starter,
    weekly,
)
from tests.factories import NOW, BusinessServiceFactory, ResolutionFactory

pytestmark = pytest.mark.django_db
Mode = SurveyVersion.Mode
_ONLY = ("unhappy", "comments", "")


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    """A browser in which the owner of `service` is signed in."""
    client.force_login(owner)
    return client


TABS = ("overview", "why", "time", "people", "comments", "tickets", "compare")


def address(service: BusinessService, tab: str) -> str:
    if tab == "overview":
        return reverse("service", args=[service.key])
    return reverse("service-tab", args=[service.key, tab])


def shown(client: Client, service: BusinessService, tab: str = "overview", query: str = "") -> str:
    response = client.get(address(service, tab) + query)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


# --- who may see it -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["service", "service-answers"])
def test_a_foreign_service_answers_like_an_unknown_one(
    client: Client, service: BusinessService, stranger: User, name: str
) -> None:
    measured(service)
    client.force_login(stranger)

    foreign = client.get(reverse(name, args=[service.key]))
    unknown = client.get(reverse(name, args=["no-such-service"]))

    assert foreign.status_code == unknown.status_code == 404
    assert _without_token(foreign.content.decode()) == _without_token(unknown.content.decode())


def _without_token(page: str) -> str:
    return "".join(line for line in page.splitlines() if "csrfmiddlewaretoken" not in line)


@pytest.mark.parametrize("name", ["service", "service-answers"])
def test_nobody_reads_without_signing_in(client: Client, service: BusinessService, name: str) -> None:
    assert client.get(reverse(name, args=[service.key])).status_code == 302


@pytest.mark.parametrize("who", ["owner", "teammate", "viewer", "agreement_admin", "administrator"])
def test_owner_team_and_roles_open_the_page(
    client: Client, service: BusinessService, who: str, request: pytest.FixtureRequest
) -> None:
    client.force_login(request.getfixturevalue(who))

    assert service.name in shown(client, service)


def test_the_page_only_reads(page: Client, service: BusinessService) -> None:
    assert page.post(reverse("service", args=[service.key])).status_code == 405


# --- what it says -------------------------------------------------------------------------------------------


def test_a_service_without_a_result_says_when_there_will_be_one(
    page: Client, service: BusinessService
) -> None:
    words = shown(page, service)

    assert "Not measured yet" in words
    assert "No answers yet" in words


def test_a_service_that_is_not_live_is_said_not_to_be_measured(
    page: Client, service: BusinessService
) -> None:
    service.lifecycle = BusinessService.Lifecycle.RETIRED
    service.save()

    assert "Only live services are measured. Lifecycle of this one: Retired." in shown(page, service)


def test_the_headline_says_what_sla_and_users_say(page: Client, service: BusinessService) -> None:
    measured(service)
    gap(service)

    words = shown(page, service)

    assert (
        "<b>SLA met, users unhappy.</b> 93 % of tickets met the SLA (target 80 %)."
        " Users rate it 3.7 of 5 (3.5–3.9); agreed 4.2."
        " 1 in 5 came back with the same kind of issue within a week." in words
    )
    assert "Sure enough to act. A service exactly on target is flagged like this about once in" in words


@pytest.mark.parametrize(
    ("status", "rating_score", "other_score", "said"),
    [
        ("likely_green", 64.0, 90.0, "Lost time makes up for it: the answers as a whole are on target."),
        ("lean_red", 75.0, 40.0, "Lost time keeps it below what was agreed."),
        ("likely_green", 75.0, 40.0, None),
    ],
)
def test_a_state_that_the_rating_does_not_explain_is_explained(
    page: Client,
    service: BusinessService,
    status: str,
    rating_score: float,
    other_score: float,
    said: str | None,
) -> None:
    document = results(3.9)
    rows = indicator("rating", 3.9, score=rating_score), indicator("lost_time", 30.0, score=other_score)
    document["indicators"] = list(rows)
    measured(service, status=status, rating=3.9, results=document)

    words = shown(page, service)

    assert said is None or said in words
    assert ("makes up" in words or "keeps it" in words) is (said is not None)


def test_the_gap_shows_its_state_its_evidence_then_and_its_history(
    page: Client, service: BusinessService
) -> None:
    measured(service)
    gap(service)

    words = shown(page, service)

    assert "Watermelon" in words
    assert "before the month closed: the evidence was strong enough" in words
    assert "3.6 (3.3–3.9), agreed 4.2; SLA 92 %" in words
    assert "Found when the month was closed." in words


def test_without_an_sla_nothing_is_said_about_a_contradiction(page: Client, service: BusinessService) -> None:
    measured(service, status="lean_red", sla_status="none", sla_share=None, sla_target=None)

    words = shown(page, service)

    assert "No SLA is set, and the answers do not show for sure that users are below target." in words
    assert "contradict" not in words


def test_from_the_gap_one_click_leads_to_what_is_done_about_it(
    page: Client, client: Client, service: BusinessService, viewer: User
) -> None:
    measured(service)
    found = gap(service)
    address = reverse("gap", args=[found.pk])

    assert f'href="{address}#plan">Start an action</a>' in shown(page, service)
    client.force_login(viewer)
    words = shown(client, service)

    assert f'href="{address}">See what is done about it</a>' in words
    assert "Start an action" not in words


def test_the_waterfall_leads_from_70_to_the_score(page: Client, service: BusinessService) -> None:
    measured(service)

    words = shown(page, service)

    for figure in ("70", "−10.4", "−3.0", "+4.1", "61"):
        assert f'<span class="falls__figure figure">{figure}</span>' in words


def test_the_page_says_what_moved_the_score_since_the_period_before(
    page: Client, service: BusinessService
) -> None:
    version, before = starter(), results(4.2)
    before["streams"]["X"] = {"score": 70.0, "low": 60.0, "high": 80.0, "contribution": 0.0}
    days = {"starts_on": TODAY - timedelta(days=55), "ends_on": TODAY - timedelta(days=28)}
    measured(service, agreement_version=version, results=before, status="lean_green", **days)
    measured(service, agreement_version=version)

    words = shown(page, service, "why")

    assert "Since the days before (7 April to 4 May): " in words
    assert "Experience −" in words


def test_what_moved_is_not_said_when_one_period_cannot_be_judged(
    page: Client, service: BusinessService
) -> None:
    version = starter()
    days = {"starts_on": TODAY - timedelta(days=55), "ends_on": TODAY - timedelta(days=28)}
    measured(service, agreement_version=version, status="hidden", answered=3, **days)
    measured(service, agreement_version=version)

    assert "Since the days before" not in shown(page, service, "why")


def test_every_indicator_shows_its_value_interval_and_state(page: Client, service: BusinessService) -> None:
    document = results(3.7)
    document["indicators"] += [
        indicator("lost_time", 138.0, half=20),
        indicator("user_clock", 38.2),
        indicator("sentiment", -0.12, state="shown_only"),
        indicator("apdex", None),
    ]
    measured(service, results=document)

    words = shown(page, service, "why")

    assert '138 min</span> <span class="native figure">118–158 min' in words
    assert '20 %</span> <span class="native figure">17–23 %' in words
    assert "99.62 %" in words
    assert "38 h" in words
    assert "−0.12" in words
    assert "Shown only, not in the score" in words
    assert "No data" in words


def test_missing_evidence_is_named_with_the_weight_that_is_left(
    page: Client, service: BusinessService
) -> None:
    document = results(3.7)
    document["streams"]["T"] = {"score": None, "low": None, "high": None, "contribution": None}
    measured(service, results=document, coverage=0.75)

    words = shown(page, service)

    assert "Technical data are missing. 75 % of the agreed weight is measured." in words


def test_the_funnel_runs_from_resolved_to_answered(page: Client, service: BusinessService) -> None:
    measured(service)

    words = shown(page, service, "tickets")

    assert '<span class="bars__figure figure">260</span>' in words
    assert '<span class="bars__share figure faint">92 %</span>' in words  # 240 of 260 could be asked
    assert '<span class="bars__share figure faint">20 %</span>' in words  # 40 of 200 asked answered
    assert '<b class="figure">3.7</b> adjusted · <b class="figure">3.9</b> as answered' in words


def test_how_sure_we_are_is_said_in_words(page: Client, service: BusinessService) -> None:
    measured(service)

    words = shown(page, service)

    assert "Each answer speaks for about 6 resolved tickets." in words
    assert "Could the silent 80 % change this?" in words
    assert "answers this low or lower would come up in about 1 of 100 months." in words


@pytest.mark.parametrize(("n_effective", "is_told"), [(29.0, True), (30.0, False)])
def test_a_score_of_fewer_than_thirty_answers_is_not_confirmed(
    page: Client, service: BusinessService, n_effective: float, is_told: bool
) -> None:
    measured(service, n_effective=n_effective)

    words = "<b>Not confirmed</b> The score counts like 29 answers; 30 confirm it."
    assert (words in shown(page, service)) is is_told


def test_a_service_whose_tickets_are_answered_unevenly_is_warned_of(
    page: Client, service: BusinessService
) -> None:
    measured(service)
    for code, count in (("0", 30), ("1", 30)):
        DayCell.objects.create(
            service=service, day=TODAY, measure="resolved", response_class=code, count=count
        )
    assert "much like all who had a ticket" not in shown(page, service)
    assert "far more often than others (representativity 0.70 of 1;" in shown(page, service)

    DayCell.objects.filter(response_class="1").update(count=2)
    assert "much like all who had a ticket (representativity 0.85 of 1)" in shown(page, service)


def test_a_month_that_changed_after_it_was_final_says_what_it_was(
    page: Client, service: BusinessService
) -> None:
    april = {"period": "month", "starts_on": date(2026, 4, 1), "ends_on": date(2026, 4, 30)}
    measured(service)
    old = measured(
        service, **april, state="final", score=71.2, high=80.0, is_current=False, is_published=False
    )
    measured(service, **april, state="final", corrects=old)

    words = shown(page, service, "time")

    assert "Corrected" in words
    assert "Was 71, now 61. The old result is kept." in words
    assert words.count("April 2026") == 1


def test_the_weeks_stand_in_a_table_behind_the_charts(page: Client, service: BusinessService) -> None:
    measured(service)
    weekly(service, [4.4, 4.1, 3.7])

    words = shown(page, service, "time")

    assert words.count('<svg class="weeks"') == 3
    assert "<td>4.4</td>" in words


@pytest.mark.parametrize(
    ("status", "answered", "sentence"),
    [
        ("hidden", 3, "Fewer than 5 people answered. Figures appear once 5 have."),
        ("missing", 0, "200 asked in the last 28 days, nobody has answered yet."),
        ("collecting", 7, "7 answers, 10 needed before we judge."),
    ],
)
def test_without_enough_answers_there_are_words_and_no_figures(
    page: Client, service: BusinessService, status: str, answered: int, sentence: str
) -> None:
    rating = None if status == "missing" else 2.7
    measured(
        service,
        status=status,
        answered=answered,
        rating=rating,
        rating_low=None,
        rating_high=None,
        score=None,
    )

    words = shown(page, service)

    assert sentence in words
    assert "2.7<small>" not in words
    assert "Users rate it" not in words


@pytest.mark.parametrize("tab", TABS)
def test_nothing_from_fewer_than_five_answers_is_anywhere_on_the_page(
    page: Client, service: BusinessService, tab: str
) -> None:
    document = results(2.7, answered=4)
    document["rating_counts"] = [3, 0, 0, 0, 1]
    measured(service, status="hidden", answered=4, rating=2.7, rating_raw=2.6, results=document)

    words = shown(page, service, tab)

    assert "2.7" not in words
    assert "2.6" not in words
    assert ("Hidden: too few people" in words) is (tab == "why")
    assert "bars--short" not in words


def test_an_old_result_is_said_to_be_old(
    page: Client, service: BusinessService, time_machine: object
) -> None:
    measured(service)
    time_machine.move_to(NOW + timedelta(days=10))  # type: ignore[attr-defined]

    assert "No new result since 1 June." in shown(page, service)


def test_a_fresh_result_is_not(page: Client, service: BusinessService, time_machine: object) -> None:
    measured(service)
    time_machine.move_to(NOW + timedelta(days=1))  # type: ignore[attr-defined]

    assert "Old data" not in shown(page, service)


@pytest.mark.parametrize(("resolved", "is_small"), [(29, True), (30, False)])
def test_a_small_desk_is_told_to_read_every_answer(
    page: Client, service: BusinessService, resolved: int, is_small: bool
) -> None:
    measured(service, n_resolved=resolved)

    assert ("Fewer than 30 tickets in 28 days: read every answer." in shown(page, service)) == is_small


# --- acting on the gap --------------------------------------------------------------------------------------


def back_to(service: BusinessService) -> dict[str, str]:
    return {"next": reverse("service", args=[service.key])}


def test_the_owner_takes_a_gap_in_hand(page: Client, service: BusinessService, owner: User) -> None:
    measured(service)
    found = gap(service)
    assert "Take it in hand" in shown(page, service)

    response = page.post(reverse("gap-take", args=[found.pk]), back_to(service), follow=True)

    found.refresh_from_db()
    assert (found.state, found.assignee) == (Gap.State.ACKNOWLEDGED, owner)
    assert f"{service.name} is in your hands." in response.content.decode()
    assert response.request["PATH_INFO"] == reverse("service", args=[service.key])
    assert "Take it in hand" not in shown(page, service)


def test_a_dismissed_gap_keeps_its_reason_and_no_longer_flags(page: Client, service: BusinessService) -> None:
    measured(service)
    found = gap(service)

    page.post(reverse("gap-set-aside", args=[found.pk]), {"reason": "Migration weekend, announced"})

    words = shown(page, service)
    assert "Dismissed" in words
    assert "Migration weekend, announced" in words
    assert "SLA met, users below target." in words
    assert "Not a problem" not in words


def test_a_gap_is_not_dismissed_without_a_reason(page: Client, service: BusinessService) -> None:
    found = gap(service)

    said = back_to(service) | {"reason": "  "}
    response = page.post(reverse("gap-set-aside", args=[found.pk]), said, follow=True)

    found.refresh_from_db()
    assert found.state == Gap.State.OPEN
    assert "Say why this is not a problem" in response.content.decode()


def test_a_gap_that_moved_is_shown_again_instead(page: Client, service: BusinessService) -> None:
    found = gap(service, state=Gap.State.RECOVERED)

    response = page.post(reverse("gap-take", args=[found.pk]), back_to(service), follow=True)

    found.refresh_from_db()
    assert found.state == Gap.State.RECOVERED
    assert "Somebody was faster." in response.content.decode()


@pytest.mark.parametrize("name", ["gap-take", "gap-set-aside"])
@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("stranger", 404)])
def test_those_who_only_look_and_those_who_do_not_see_it_change_nothing(
    client: Client, service: BusinessService, name: str, who: str, status: int, request: pytest.FixtureRequest
) -> None:
    measured(service)
    found = gap(service)
    client.force_login(request.getfixturevalue(who))

    response = client.post(reverse(name, args=[found.pk]), {"reason": "no"})

    found.refresh_from_db()
    assert response.status_code == status
    assert found.state == Gap.State.OPEN


@pytest.mark.parametrize("name", ["gap-take", "gap-set-aside"])
def test_reading_an_action_changes_nothing(page: Client, service: BusinessService, name: str) -> None:
    found = gap(service)

    assert page.get(reverse(name, args=[found.pk])).status_code == 405


def test_a_viewer_sees_the_gap_but_no_buttons(client: Client, service: BusinessService, viewer: User) -> None:
    measured(service)
    gap(service)
    client.force_login(viewer)

    words = shown(client, service)

    assert "Watermelon" in words
    assert "Take it in hand" not in words


# --- answers ------------------------------------------------------------------------------------------------


def test_a_named_answer_shows_ticket_rating_words_and_what_decided(
    page: Client, service: BusinessService
) -> None:
    given = answer(
        service, rating=1, comment="Nobody reads the history", lost_time_minutes=240, is_simulated=True
    )
    sentiment(given, "negative", [{"kind": "word", "text": "Nobody", "start": 0, "end": 6, "lean": -0.8}])
    reasons = given.survey_version.questions.get(kind="reasons").options
    ResponseReason.objects.create(response=given, key=reasons[0]["key"])

    words = shown(page, service)

    assert given.resolution.ticket.number in words
    assert '<mark class="cue cue--negative">Nobody</mark> reads the history' in words
    assert "Negative" in words
    assert "lost 4.0 h" in words
    assert reasons[0]["wording"]["en"].replace("'", "&#x27;") in words
    assert '<span class="chip">simulated</span>' in words


def test_answers_that_do_not_count_are_not_shown(page: Client, service: BusinessService) -> None:
    answer(service, state="provisional", comment="by a scanner")
    answer(service, state="set_apart", set_apart_reason="scanner", comment="set apart")

    words = shown(page, service)

    assert "by a scanner" not in words
    assert "set apart" not in words
    assert '<b class="figure" id="answer-count">0</b>' in words


def test_a_viewer_sees_how_many_answered_but_no_single_answer(
    client: Client, service: BusinessService, viewer: User
) -> None:
    answer(service, comment="only for the team")
    client.force_login(viewer)

    words = shown(client, service)

    assert "only for the team" not in words
    assert '<b class="figure" id="answer-count">1</b>' in words
    assert "Single answers are read by the team of this service" in words


@pytest.mark.parametrize(
    ("who", "may"),
    [
        ("owner", True),
        ("teammate", True),
        ("agreement_admin", True),
        ("administrator", True),
        ("viewer", False),
        ("stranger", False),
    ],
)
def test_single_answers_are_for_the_team_and_the_administration(
    service: BusinessService, who: str, may: bool, request: pytest.FixtureRequest
) -> None:
    assert looks_after(request.getfixturevalue(who), service) is may


@pytest.mark.parametrize("mode", [Mode.CONFIDENTIAL, Mode.ANONYMOUS])
def test_masked_answers_are_comments_without_ticket_once_five_have_written(
    service: BusinessService, mode: str
) -> None:
    for number in range(4):
        answer(service, mode=mode, comment=f"comment {number}")
    answer(service, mode=mode)
    assert latest_answers(service, reader=service.owner, limit=9) == []

    answer(service, mode=mode, comment="comment 4")

    found = latest_answers(service, reader=service.owner, limit=9)
    assert len(found) == 5
    assert {(each.ticket_number, each.rating, each.answered_at) for each in found} == {("", None, None)}


def test_the_newest_answers_come_first(service: BusinessService) -> None:
    for days in (3, 1, 2):
        answer(service, comment=f"{days} days ago", answered_at=NOW - timedelta(days=days))

    found = latest_answers(service, reader=service.owner, limit=2)

    assert [each.pieces[0].text for each in found] == ["1 days ago", "2 days ago"]


def test_answers_can_be_restricted_to_unhappy_ones_or_comments(service: BusinessService) -> None:
    answer(service, rating=1)
    answer(service, rating=3, comment="so so")
    answer(service, rating=5, comment="fine")

    ratings = {
        only: [each.rating for each in latest_answers(service, reader=service.owner, limit=9, only=only)]
        for only in _ONLY
    }

    assert ratings == {"unhappy": [1], "comments": [5, 3], "": [5, 3, 1]}


def test_masked_answers_are_never_picked_by_their_rating(service: BusinessService) -> None:
    for number in range(6):
        answer(service, mode=Mode.CONFIDENTIAL, rating=1, comment=f"comment {number}")

    assert latest_answers(service, reader=service.owner, limit=9, only="unhappy") == []
    assert len(latest_answers(service, reader=service.owner, limit=9)) == 5


def test_the_place_of_a_masked_answer_tells_no_time(service: BusinessService) -> None:
    for number, word in enumerate(("e", "a", "d", "b", "c", "newest")):
        answer(service, mode=Mode.CONFIDENTIAL, comment=word, answered_at=NOW + timedelta(hours=number))
        at = NOW + timedelta(hours=number, minutes=30)
        answer(service, mode=Mode.NAMED, rating=3, answered_at=at)

    found = latest_answers(service, reader=service.owner, limit=20)

    assert [each.rating for each in found] == [3] * 6 + [None] * 5
    assert [each.pieces[0].text for each in found[6:]] == ["a", "b", "c", "d", "e"]


def test_the_page_opens_with_the_restriction_in_its_address(page: Client, service: BusinessService) -> None:
    answer(service, rating=5, comment="fine")

    assert "fine</p>" in shown(page, service, query="?only=nonsense")
    assert "None of this kind yet." in shown(page, service, query="?only=unhappy")


def test_the_answers_refresh_only_when_something_came(page: Client, service: BusinessService) -> None:
    first = answer(service)
    address = reverse("service-answers", args=[service.key])
    assert page.get(f"{address}?seen={first.pk}").status_code == 204

    answer(service, comment="just now")

    assert "just now" in page.get(f"{address}?seen={first.pk}").content.decode()


def cue(start: int, end: int, lean: float) -> dict[str, float]:
    return {"start": start, "end": end, "lean": lean}


@pytest.mark.parametrize(
    ("cues", "marked"),
    [
        ([], []),
        ([cue(0, 4, 0.5)], [("Good", "positive")]),
        ([cue(9, 13, -0.5), cue(0, 4, 0.5)], [("Good", "positive"), ("slow", "negative")]),
        ([cue(0, 4, 0.5), cue(2, 8, -0.5)], [("Good", "positive")]),
        ([cue(9, 99, -0.5)], []),
        ([cue(3, 3, -0.5)], []),
    ],
    ids=["none", "one", "unordered", "overlapping", "outside", "empty"],
)
def test_a_comment_is_cut_at_its_cues_and_never_loses_a_letter(
    cues: list[dict[str, float]], marked: list[tuple[str, str]]
) -> None:
    pieces = comment_pieces("Good but slow", cues)

    assert "".join(piece.text for piece in pieces) == "Good but slow"
    assert [(piece.text, piece.tone) for piece in pieces if piece.tone] == marked


def test_a_comment_is_never_markup(page: Client, service: BusinessService) -> None:
    answer(service, comment="<script>alert(1)</script>")

    assert "<script>alert" not in shown(page, service)


# --- tabs ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", TABS)
def test_every_tab_has_an_address_and_is_marked_there(
    page: Client, service: BusinessService, tab: str
) -> None:
    measured(service)

    words = shown(page, service, tab)

    assert f'id="tab-{tab}" href="{address(service, tab)}" aria-current="page"' in words
    assert sum(f'id="tab-{key}" href="{address(service, key)}" aria-current' in words for key in TABS) == 1


@pytest.mark.parametrize("tab", TABS)
def test_a_service_without_a_result_has_tabs_that_say_so(
    page: Client, service: BusinessService, tab: str
) -> None:
    assert shown(page, service, tab)


def test_htmx_gets_the_tab_alone(page: Client, service: BusinessService) -> None:
    measured(service)

    part = page.get(address(service, "why"), headers={"HX-Request": "true"})

    assert part.content.decode().lstrip().startswith('<div class="tabbed" id="service-tab">')
    assert "<title>E-mail" in part.content.decode()
    assert "HX-Request" in part["Vary"]


@pytest.mark.parametrize("tab", TABS)
def test_no_tab_of_a_foreign_service_opens(
    client: Client, service: BusinessService, stranger: User, tab: str
) -> None:
    client.force_login(stranger)

    assert client.get(address(service, tab)).status_code == 404


def test_the_tickets_tab_holds_promises_against_what_was_counted_and_reported(
    page: Client, service: BusinessService
) -> None:
    measured(service)
    Sla.objects.create(service=service, valid_from=TODAY - timedelta(days=400), target_share=0.9)
    Sla.objects.create(
        service=service, kind="availability", valid_from=TODAY - timedelta(days=400), target_share=0.999
    )
    for made in (True, True, False):
        ticket = ResolutionFactory.create(on_service=service, resolved_at=NOW - timedelta(days=3)).ticket
        Ticket.objects.filter(pk=ticket.pk).update(state="closed", made_sla=made)

    words = shown(page, service, "tickets").replace("\u00a0", " ")
    assert '<td class="num">90 %</td><td class="num">67 %</td>' in words
    assert "Missed" in words
    assert "Reported" not in words

    month = previous_month(month_of(timezone.localdate())).first_on
    SlaReport.objects.create(service=service, kind="resolution", month=month, share=0.95, imported_at=NOW)
    words = shown(page, service, "tickets").replace("\u00a0", " ")
    assert "Reported" in words
    assert "95 %" in words


# --- size ---------------------------------------------------------------------------------------------------


MOST_QUERIES = {
    "overview": 17,
    "why": 10,
    "time": 10,
    "people": 14,
    "comments": 18,
    "tickets": 17,
    "compare": 24,
}


@pytest.mark.parametrize("tab", TABS)
def test_the_number_of_queries_of_a_tab_is_bounded(
    page: Client, service: BusinessService, django_assert_max_num_queries: Any, tab: str
) -> None:
    found = measured(service)
    weekly(service, [4.0] * 20)
    closed_months(service, 6)
    gap(service, last_measurement=found)
    for number in range(9):
        sentiment(answer(service, comment=f"comment {number}"), "neutral", [])

    with django_assert_max_num_queries(MOST_QUERIES[tab]):
        shown(page, service, tab)


def closed_months(service: BusinessService, count: int) -> None:
    month = month_of(TODAY)
    for _ in range(count):
        month = previous_month(month)
        days = {"starts_on": month.first_on, "ends_on": month.last_on}
        measured(service, agreement_version=starter(), period="month", state="final", **days)


@pytest.mark.parametrize("tab", TABS)
def test_the_page_needs_no_inline_style_or_script(page: Client, service: BusinessService, tab: str) -> None:
    measured(service, agreement_version=starter(), ends_on=TODAY)

    words = shown(page, service, tab)

    assert " style=" not in words
    assert "<script>" not in words


def test_other_services_do_not_show_through(page: Client, service: BusinessService, owner: User) -> None:
    other = BusinessServiceFactory.create(owner=owner)
    measured(other, agreement_version=starter())
    answer(other, comment="about something else")
    gap(other)

    words = shown(page, service)

    assert "Not measured yet" in words
    assert "about something else" not in words
