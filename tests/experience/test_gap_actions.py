"""People move gaps; two at once lose nothing."""

from __future__ import annotations

import pytest

from experience.models import Gap, GapEvent
from experience.services.gap_actions import GapMovedError, acknowledge_gap, assign_gap, dismiss_gap
from experience.services.judge import refresh
from surveys.models import User
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def gap() -> Gap:
    service = BusinessServiceFactory.create()
    agreed(service)
    answered(service, [1] * 20 + [2] * 10 + [4] * 10)
    refresh(now=NOW)
    return Gap.objects.get()


def test_taking_in_hand_names_who_did_it(gap: Gap, owner: User) -> None:
    acknowledge_gap(gap, by=owner, now=NOW)

    assert (gap.state, gap.assignee) == ("acknowledged", owner)
    assert GapEvent.objects.filter(actor=owner).get().from_state == "open"


def test_of_two_who_act_at_once_the_second_is_told(gap: Gap, owner: User, teammate: User) -> None:
    same_gap = Gap.objects.get(pk=gap.pk)
    acknowledge_gap(gap, by=owner, now=NOW)

    with pytest.raises(GapMovedError, match="Somebody was faster"):
        dismiss_gap(same_gap, by=teammate, reason="Known outage", now=NOW)

    assert list(GapEvent.objects.values_list("to_state", flat=True)) == ["open", "acknowledged"]


def test_dismissing_needs_a_reason_and_sweeps_leave_it_dismissed(gap: Gap, owner: User) -> None:
    with pytest.raises(ValueError, match="Say why"):
        dismiss_gap(gap, by=owner, reason="  ", now=NOW)

    dismiss_gap(gap, by=owner, reason="One team moved house", now=NOW)
    answered(gap.service, [1] * 10)
    refresh(now=NOW)

    assert list(Gap.objects.values_list("state", flat=True)) == ["dismissed"]


def test_giving_a_gap_to_somebody_keeps_its_state(gap: Gap, owner: User, teammate: User) -> None:
    assign_gap(gap, to=teammate, by=owner, now=NOW)

    assert (gap.state, gap.assignee) == ("open", teammate)
    assert GapEvent.objects.order_by("pk").last().reason == "Given to teammate."
