"""The gap inbox: who finds which gap where, and what they do with it, with script and without."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import Gap, GapEvent, Improvement
from experience.services.gap_actions import GapMovedError, acknowledge_gap, dismiss_gap, undo_step
from surveys.models import BusinessService, User
from tests.experience.factories import gap, measured, starter
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
HTMX = {"HX-Request": "true"}


@pytest.fixture
def open_gap(service: BusinessService) -> Gap:
    return gap(service, last_measurement=measured(service))


@pytest.fixture
def page(client: Client, owner: User) -> Client:
    """A browser in which the owner of the service is signed in."""
    client.force_login(owner)
    return client


def shown(client: Client, query: str = "", **headers: str) -> str:
    response = client.get(reverse("gaps") + query, headers=headers)
    assert response.status_code == 200
    return response.content.decode().replace("\u00a0", " ")


# --- looking ------------------------------------------------------------------------------------------------


def test_an_empty_inbox_says_that_there_is_nothing_to_do(page: Client) -> None:
    assert "Nothing new" in shown(page)


def test_a_gap_says_what_is_wrong_and_whom_it_touches(page: Client, open_gap: Gap) -> None:
    words = shown(page)

    assert "93 % of tickets met the SLA (target 80 %). Users rate it 3.7 of 5 (3.5–3.9); agreed 4.2." in words
    assert '<dd class="figure">180</dd>' in words
    assert '<dd class="figure">1,800</dd>' in words


def test_a_gap_tells_no_rating_of_fewer_people_than_the_least(
    page: Client, open_gap: Gap, settings: Any
) -> None:
    assert "Users rate it" in shown(page)

    settings.PRIVACY_MINIMUM = 50

    assert "Users rate it" not in shown(page)


def test_the_heaviest_gap_comes_first(client: Client, viewer: User, open_gap: Gap) -> None:
    heavy = BusinessServiceFactory.create(name="Heavy")
    gap(heavy, user_points=9000.0)
    client.force_login(viewer)

    words = shown(client)

    assert words.index("Heavy") < words.index("E-mail")


def test_a_gap_stands_in_the_tab_of_its_state(page: Client, open_gap: Gap) -> None:
    Gap.objects.update(state=Gap.State.RECOVERED)

    assert "E-mail" not in shown(page)
    assert "E-mail" in shown(page, "?tab=looks-fixed")


@pytest.mark.parametrize(
    ("query", "finds"),
    [
        ("?q=mail", True),
        ("?q=print", False),
        ("?kind=watermelon", True),
        ("?kind=blind_spot", False),
        ("?supplier=Aster", True),
        ("?supplier=Kestrel", False),
        ("?mine=1", True),
        ("?tab=nonsense&kind=nonsense", True),
    ],
)
def test_the_filters_find_what_they_name(
    page: Client, open_gap: Gap, service: BusinessService, query: str, finds: bool
) -> None:
    BusinessService.objects.filter(pk=service.pk).update(supplier="Aster")

    assert ("users rate it" in shown(page, query).casefold()) is finds


def test_htmx_gets_the_list_alone(page: Client, open_gap: Gap) -> None:
    assert "<html" not in shown(page, **HTMX)


def test_a_stranger_finds_neither_the_gap_nor_its_page(client: Client, stranger: User, open_gap: Gap) -> None:
    client.force_login(stranger)

    assert "E-mail" not in shown(client)
    assert client.get(reverse("gap", args=[open_gap.pk])).status_code == 404


def test_a_viewer_reads_the_gap_and_may_not_act(client: Client, viewer: User, open_gap: Gap) -> None:
    client.force_login(viewer)

    words = client.get(reverse("gap", args=[open_gap.pk])).content.decode()

    assert "SLA met, users unhappy." in words
    assert "Take it in hand" not in words
    assert "Start an action" not in words
    assert client.post(reverse("gap-take", args=[open_gap.pk])).status_code == 403


# --- acting -------------------------------------------------------------------------------------------------


def test_taking_in_hand_leads_back_to_where_one_was(page: Client, open_gap: Gap, owner: User) -> None:
    response = page.post(reverse("gap-take", args=[open_gap.pk]), {"next": "/gaps/?q=mail"})

    assert response.headers["Location"] == "/gaps/?q=mail"
    open_gap.refresh_from_db()
    assert (open_gap.state, open_gap.assignee) == (Gap.State.ACKNOWLEDGED, owner)


def test_the_way_back_never_leads_elsewhere(page: Client, open_gap: Gap) -> None:
    response = page.post(reverse("gap-take", args=[open_gap.pk]), {"next": "https://example.org/"})

    assert response.headers["Location"] == f"/gaps/{open_gap.pk}/"


def test_a_way_back_that_names_no_page_is_no_error(page: Client, open_gap: Gap) -> None:
    response = page.post(reverse("gap-take", args=[open_gap.pk]), {"next": "abc"})

    assert (response.status_code, response.headers["Location"]) == (302, "abc")


def test_htmx_gets_the_line_with_an_undo(page: Client, open_gap: Gap) -> None:
    words = page.post(reverse("gap-take", args=[open_gap.pk]), headers=HTMX).content.decode()

    assert words.lstrip().startswith("<li")
    assert "is in your hands" in words
    assert reverse("gap-undo", args=[open_gap.pk]) in words


def test_the_counts_of_the_tabs_move_with_the_gap(page: Client, open_gap: Gap) -> None:
    gap(BusinessServiceFactory.create(name="Mail archive", owner=open_gap.service.owner))
    here = HTMX | {"HX-Current-URL": "http://testserver/gaps/?q=mail"}

    words = page.post(reverse("gap-take", args=[open_gap.pk]), headers=here).content.decode()

    assert 'id="gap-tabs" hx-swap-oob="true"' in words
    assert 'tab=new&amp;q=mail" aria-current="true">New <span class="filters__count">1</span>' in words
    assert 'tab=in-hand&amp;q=mail">In hand <span class="filters__count">1</span>' in words


def test_a_plan_with_a_mistake_keeps_its_place_in_the_bar(page: Client, open_gap: Gap) -> None:
    words = page.post(reverse("gap-plan", args=[open_gap.pk]), {"what": ""}).content.decode()

    assert 'aria-label="Gaps"><div class="subbar__inner"><a href="/gaps/"' in words


def test_a_gap_is_given_to_those_who_look_after_the_service(
    page: Client, open_gap: Gap, teammate: User, stranger: User
) -> None:
    page.post(reverse("gap-give", args=[open_gap.pk]), {"to": stranger.pk})
    open_gap.refresh_from_db()
    assert open_gap.assignee is None

    page.post(reverse("gap-give", args=[open_gap.pk]), {"to": teammate.pk})
    open_gap.refresh_from_db()
    assert open_gap.assignee == teammate


def test_a_gap_is_offered_to_others_alone_and_not_once_it_is_dismissed(
    page: Client, open_gap: Gap, owner: User, teammate: User
) -> None:
    address = reverse("gap", args=[open_gap.pk])
    assert page.get(address).context["takers"] == [owner, teammate]

    acknowledge_gap(open_gap, by=owner, now=NOW)
    assert page.get(address).context["takers"] == [teammate]

    dismiss_gap(open_gap, by=owner, reason="Holidays", now=NOW)
    assert "Give it to somebody" not in page.get(address).content.decode()


def test_dismissing_needs_a_reason_and_can_be_undone(page: Client, open_gap: Gap) -> None:
    page.post(reverse("gap-set-aside", args=[open_gap.pk]), {"reason": " "})
    open_gap.refresh_from_db()
    assert open_gap.state == Gap.State.OPEN

    page.post(reverse("gap-set-aside", args=[open_gap.pk]), {"reason": "Known outage"})
    page.post(reverse("gap-undo", args=[open_gap.pk]))
    open_gap.refresh_from_db()
    assert open_gap.state == Gap.State.OPEN
    assert "Known outage" in page.get(reverse("gap", args=[open_gap.pk])).content.decode()


def test_undoing_a_step_forgets_who_took_it(open_gap: Gap, owner: User) -> None:
    acknowledge_gap(open_gap, by=owner, now=NOW)

    undo_step(open_gap, by=owner, now=NOW)

    assert (open_gap.state, open_gap.is_acknowledged, open_gap.assignee) == (Gap.State.OPEN, False, None)


def test_giving_a_gap_away_can_be_undone_and_only_once(
    page: Client, open_gap: Gap, owner: User, teammate: User
) -> None:
    acknowledge_gap(open_gap, by=owner, now=NOW)
    page.post(reverse("gap-give", args=[open_gap.pk]), {"to": teammate.pk})
    assert Gap.objects.get(pk=open_gap.pk).assignee == teammate

    assert "Undo the last step" in page.get(reverse("gap", args=[open_gap.pk])).content.decode()
    page.post(reverse("gap-undo", args=[open_gap.pk]))

    taken_back = Gap.objects.get(pk=open_gap.pk)
    assert (taken_back.assignee, taken_back.state) == (owner, "acknowledged")
    assert "Undo the last step" not in page.get(reverse("gap", args=[open_gap.pk])).content.decode()


def test_what_happened_since_cannot_be_undone(open_gap: Gap, owner: User) -> None:
    acknowledge_gap(open_gap, by=owner, now=NOW)
    GapEvent.objects.create(
        gap=open_gap, happened_at=NOW, to_state=Gap.State.RECOVERED, kind=open_gap.kind, reason="Weekly."
    )

    with pytest.raises(GapMovedError, match="since"):
        undo_step(open_gap, by=owner, now=NOW)


def test_a_dismissal_stays_when_another_gap_opened_meanwhile(open_gap: Gap, owner: User) -> None:
    dismiss_gap(open_gap, by=owner, reason="Known", now=NOW)
    gap(open_gap.service)

    with pytest.raises(GapMovedError, match="Another gap"):
        undo_step(open_gap, by=owner, now=NOW)

    open_gap.refresh_from_db()
    assert open_gap.state == Gap.State.DISMISSED


# --- starting an action -------------------------------------------------------------------------------------


def plan_data(owner: User, **changes: object) -> dict[str, object]:
    return {
        "what": "Replace the queue",
        "how": "",
        "to": owner.pk,
        "due_on": "2026-07-01",
        "expected_points": "6",
        "notice": "",
    } | changes


def test_an_action_takes_the_gap_in_hand_and_stands_in_the_list(
    page: Client, open_gap: Gap, owner: User
) -> None:
    page.post(reverse("gap-plan", args=[open_gap.pk]), plan_data(owner))

    open_gap.refresh_from_db()
    assert open_gap.state == Gap.State.ACKNOWLEDGED
    assert Improvement.objects.get().triggered_on == open_gap.opened_on
    assert "Replace the queue" in page.get(reverse("improvements")).content.decode()
    assert (
        "Action planned: Replace the queue" in page.get(reverse("gap", args=[open_gap.pk])).content.decode()
    )


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"what": ""}, "Say in one line what will be done."),
        ({"due_on": "soon"}, "Write the day as 2026-05-31."),
        ({"expected_points": "0"}, "An action that changes less than half a point cannot be seen."),
        ({"to": "0"}, "Choose somebody who looks after this service."),
    ],
)
def test_a_faulty_plan_says_what_to_do_and_keeps_what_was_typed(
    page: Client, open_gap: Gap, owner: User, changes: dict[str, object], says: str
) -> None:
    data = plan_data(owner, how="Step by step") | changes

    response = page.post(reverse("gap-plan", args=[open_gap.pk]), data)

    assert response.status_code == 422
    assert says in response.content.decode()
    assert "Step by step" in response.content.decode()
    assert not Improvement.objects.exists()


def test_the_page_of_the_inbox_asks_the_same_number_of_queries_for_many(
    client: Client, viewer: User, django_assert_max_num_queries: object
) -> None:
    version = starter()
    for number in range(30):
        service = BusinessServiceFactory.create(name=f"Service {number:02}")
        gap(service, last_measurement=measured(service, agreement_version=version))
    client.force_login(viewer)

    with django_assert_max_num_queries(12):  # type: ignore[operator]
        shown(client)
