"""The KPI tree is written, moved and cut on pages of its own, and each change stands in the audit log."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from experience.models import BusinessGoal, FactorIndicator, Indicator, SuccessFactor
from surveys.models import ConfigurationChange, User
from tests.experience.factories import starter

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client: Client, agreement_admin: User) -> Client:
    """An agreement admin's browser."""
    starter()
    client.force_login(agreement_admin)
    return client


@pytest.fixture
def factor(owner: User) -> SuccessFactor:
    """Quick repair, for new joiners; nothing shows it yet."""
    goal = BusinessGoal.objects.create(name="New joiners work from day one", owner=owner)
    return SuccessFactor.objects.create(
        goal=goal, value_stream="detect_to_correct", name="Quick repair", owner=owner
    )


def about(factor: SuccessFactor, **changes: Any) -> dict[str, Any]:
    """Return what the form of a factor sends when nothing is changed."""
    given = {
        "name": factor.name,
        "value_stream": factor.value_stream,
        "goal": factor.goal_id,
        "owner": factor.owner_id or "",
    }
    return given | changes


def lines(*rows: dict[str, Any], there: int = 0) -> dict[str, Any]:
    """Return the lines of indicators as the browser sends them, the first `there` of them known before."""
    sent: dict[str, Any] = {"shown-TOTAL_FORMS": len(rows), "shown-INITIAL_FORMS": there}
    for number, row in enumerate(rows):
        sent |= {f"shown-{number}-{name}": value for name, value in row.items()}
    return sent


def shown_by(factor: SuccessFactor, key: str, share: float = 0.8) -> FactorIndicator:
    found = Indicator.objects.get(key=key)
    return FactorIndicator.objects.create(factor=factor, indicator=found, target_share=share)


def the_change() -> ConfigurationChange:
    return ConfigurationChange.objects.exclude(subject__startswith="agreement").get()


def test_a_goal_is_written_and_leads_to_what_it_takes(editor: Client, owner: User) -> None:
    typed = {"name": "People trust IT", "description": "They report early.", "owner": owner.pk}

    response = editor.post(reverse("kpi-goal-new"), typed)

    goal = BusinessGoal.objects.get()
    assert (goal.name, goal.description, goal.owner) == ("People trust IT", "They report early.", owner)
    assert response["Location"] == reverse("kpi-goal", args=[goal.pk])
    assert "Add a factor" in editor.get(response["Location"]).content.decode()
    assert the_change().subject == "KPI tree, People trust IT"


def test_a_factor_is_added_with_an_indicator_its_owner_and_target(
    editor: Client, factor: SuccessFactor, owner: User
) -> None:
    line = {"indicator": "rating", "owner": owner.pk, "target_share": "90"}
    address = reverse("kpi-factor-new", args=[factor.goal_id])

    editor.post(address, about(factor, name="Content people") | lines(line))

    added = SuccessFactor.objects.get(name="Content people")
    row = added.indicators.get()
    assert (row.indicator.key, row.owner, row.target_share) == ("rating", owner, 0.9)
    assert ["rating", None, "90%, owner"] in the_change().details


def test_a_factor_is_renamed_and_moved_to_another_goal_and_stream(
    editor: Client, factor: SuccessFactor
) -> None:
    shown_by(factor, "rating")
    other = BusinessGoal.objects.create(name="People trust IT")
    changes = {"name": "Quicker repair", "goal": other.pk, "value_stream": "request_to_fulfil"}
    line = {"indicator": "rating", "target_share": "80"}

    editor.post(reverse("kpi-factor", args=[factor.pk]), about(factor, **changes) | lines(line, there=1))

    factor.refresh_from_db()
    assert (factor.name, factor.goal, factor.value_stream) == ("Quicker repair", other, "request_to_fulfil")
    assert factor.indicators.count() == 1
    assert the_change().details == [
        ["goal", "New joiners work from day one", "People trust IT"],
        ["value_stream", "detect_to_correct", "request_to_fulfil"],
        ["name", "Quick repair", "Quicker repair"],
    ]


def test_indicators_change_their_target_and_are_taken_away(editor: Client, factor: SuccessFactor) -> None:
    shown_by(factor, "rating")
    shown_by(factor, "lost_time")
    kept = {"indicator": "rating", "target_share": "95"}
    dropped = {"indicator": "lost_time", "target_share": "80", "DELETE": "on"}

    editor.post(reverse("kpi-factor", args=[factor.pk]), about(factor) | lines(dropped, kept, there=2))

    assert [(row.indicator.key, row.target_share) for row in factor.indicators.all()] == [("rating", 0.95)]
    assert the_change().details == [["lost_time", "80%", None], ["rating", "80%", "95%"]]


def test_saving_what_stands_there_already_changes_and_writes_nothing(
    editor: Client, factor: SuccessFactor
) -> None:
    shown_by(factor, "rating")
    line = {"indicator": "rating", "target_share": "80"}
    empty = {"indicator": "", "owner": "", "target_share": "80"}

    response = editor.post(
        reverse("kpi-factor", args=[factor.pk]), about(factor) | lines(line, empty, there=1), follow=True
    )

    assert "Nothing changed" in response.content.decode()
    assert not ConfigurationChange.objects.filter(subject__startswith="KPI tree").exists()


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        ({"name": ""}, "Say what has to go well."),
        (lines({"indicator": "rating", "target_share": "180"}), "A share lies above 0"),
        (lines(*[{"indicator": "rating", "target_share": "80"}] * 2), "It stands here twice."),
        (lines({"indicator": "", "owner": "", "target_share": "55"}), "Choose an indicator, or leave"),
    ],
    ids=["no name", "a share over 100", "an indicator twice", "a target of nothing"],
)
def test_what_cannot_be_comes_back_with_what_was_typed(
    editor: Client, factor: SuccessFactor, sent: dict[str, Any], said: str
) -> None:
    typed = lines() | about(factor, owner="") | sent

    response = editor.post(reverse("kpi-factor", args=[factor.pk]), typed)

    words = response.content.decode()
    assert response.status_code == 422
    assert said in words
    assert not factor.indicators.exists()
    factor.refresh_from_db()
    assert factor.owner is not None


def test_two_parts_of_one_name_at_one_place_are_refused(editor: Client, factor: SuccessFactor) -> None:
    goal = editor.post(reverse("kpi-goal-new"), {"name": "new joiners work from day one"})
    address = reverse("kpi-factor-new", args=[factor.goal_id])
    again = editor.post(address, about(factor) | lines())

    assert "Another goal has this name." in goal.content.decode()
    assert "This goal has such a factor in this value stream." in again.content.decode()
    assert (BusinessGoal.objects.count(), SuccessFactor.objects.count()) == (1, 1)


def test_a_goal_goes_with_all_below_it_and_the_audit_log_keeps_what_stood_there(
    editor: Client, factor: SuccessFactor
) -> None:
    shown_by(factor, "rating")
    page = editor.get(reverse("kpi-goal", args=[factor.goal_id])).content.decode()
    assert "1 factor and its indicators go with it." in page

    editor.post(reverse("kpi-goal-remove", args=[factor.goal_id]))

    assert not BusinessGoal.objects.exists()
    changes = ConfigurationChange.objects.filter(what="Removed from the KPI tree")
    told = {change.subject: change.details for change in changes}
    assert ["rating", "80%", None] in told["KPI tree, New joiners work from day one, Quick repair"]
    assert ["owner", "owner", None] in told["KPI tree, New joiners work from day one"]


def test_a_factor_is_removed_alone(editor: Client, factor: SuccessFactor) -> None:
    response = editor.post(reverse("kpi-factor-remove", args=[factor.pk]))

    assert response["Location"] == reverse("kpi-goal", args=[factor.goal_id])
    assert (BusinessGoal.objects.count(), SuccessFactor.objects.count()) == (1, 0)


def test_the_tree_leads_to_its_pages_those_who_set_up_and_nobody_else(
    editor: Client, factor: SuccessFactor, viewer: User
) -> None:
    addresses = [reverse("kpi-goal", args=[factor.goal_id]), reverse("kpi-factor", args=[factor.pk])]

    words = editor.get(reverse("kpi-tree")).content.decode()
    editor.force_login(viewer)
    read = editor.get(reverse("kpi-tree")).content.decode()

    assert all(f'href="{address}"' in words for address in addresses)
    assert not any(address in read for address in addresses)


def test_the_page_of_a_factor_reads_indicators_and_people_once(
    editor: Client, factor: SuccessFactor, django_assert_max_num_queries: Any
) -> None:
    for key in ("rating", "lost_time", "solved", "availability", "repeat_contact"):
        shown_by(factor, key)

    with django_assert_max_num_queries(12):
        editor.get(reverse("kpi-factor", args=[factor.pk]))
