"""The whole demo, loaded once: the story its pages tell, and that telling it again changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

import pytest
from django.conf import settings
from django.db import transaction
from django.db.models import F, Min
from django.test import Client

from experience.demo.files import report_file
from experience.demo.load import NotEmptyError, counts, load_demo
from experience.demo.story import ADMIN, GREEN_TWIN, WATERMELON
from experience.models import Gap, Measurement
from experience.selectors.kpi_tree import Standing, kpi_trees
from surveys.models import (
    BusinessService,
    Decision,
    EvidenceChange,
    FollowUp,
    FollowUpReceiver,
    Message,
    Response,
    User,
)
from tests.factories import BusinessServiceFactory
from tests.words import data_values, speak_in_brackets, untranslated

# Loading takes as long as starting real servers does, so it runs with those tests.
pytestmark = pytest.mark.processes
NOW = datetime(2026, 11, 19, 15, 0, tzinfo=UTC)


@dataclass
class Loaded:
    """A loaded demo and the folder of its files."""

    environment: dict[str, str]
    said: list[str]

    def result(self, key: str) -> Measurement:
        """Return the newest 28-day result of a service."""
        results = Measurement.objects.current().filter(service__key=key, period=Measurement.Period.ROLLING)
        return results.latest("ends_on")

    def indicator(self, key: str, indicator: str) -> float:
        """Return the native value of one indicator in it."""
        found = {row["key"]: row["value"] for row in self.result(key).results["indicators"]}
        return float(found[indicator])


@pytest.fixture(scope="module")
def demo(
    tmp_path_factory: pytest.TempPathFactory, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Loaded]:
    """The demo as of a Thursday; rolled back after the last test of this module."""
    loaded = Loaded({"XLA_DATA_DIR": str(tmp_path_factory.mktemp("demo"))}, [])
    with django_db_blocker.unblock(), transaction.atomic():
        load_demo(now=NOW, say=loaded.said.append, environment=loaded.environment)
        yield loaded
        transaction.set_rollback(True)


def test_one_in_five_comes_back_behind_a_green_sla(demo: Loaded) -> None:
    result = demo.result(WATERMELON.key)

    assert result.sla_status == Measurement.SlaStatus.GREEN
    assert result.rating_high is not None
    assert result.rating_high < 4.2
    assert demo.indicator(WATERMELON.key, "repeat_contact") > 0.18
    assert Gap.objects.confirmed().get(service__key=WATERMELON.key).kind == Gap.Kind.WATERMELON


def test_its_twin_has_the_same_sla_and_the_same_minutes_and_content_people(demo: Loaded) -> None:
    result = demo.result(GREEN_TWIN.key)

    assert result.sla_status == Measurement.SlaStatus.GREEN
    assert result.sla_target == demo.result(WATERMELON.key).sla_target
    assert demo.indicator(GREEN_TWIN.key, "time_to_resolve") < 0.5
    assert demo.indicator(WATERMELON.key, "time_to_resolve") < 0.5
    assert demo.indicator(GREEN_TWIN.key, "repeat_contact") < 0.06
    assert result.rating is not None
    assert result.rating > 4.2
    assert not Gap.objects.confirmed().filter(service__key=GREEN_TWIN.key).exists()


def test_at_least_four_services_meet_their_sla(demo: Loaded) -> None:
    newest = [demo.result(key) for key in BusinessService.objects.values_list("key", flat=True)]

    met = [result for result in newest if result.sla_status == Measurement.SlaStatus.GREEN]
    assert len(newest) == 14
    assert len(met) >= 4


def test_only_simulated_people_answered_and_none_in_the_future(demo: Loaded) -> None:
    asked = Decision.objects.filter(is_asked=True)

    assert not Response.objects.filter(is_simulated=False).exists()
    assert not Response.objects.filter(answered_at__gt=NOW).exists()
    assert not Response.objects.filter(answered_at__gt=F("invitation__closes_at")).exists()
    assert not asked.filter(resolution__person__is_shared_account=True).exists()
    assert 0.25 < Response.objects.count() / asked.count() < 0.40


def test_the_newest_fifty_invitations_go_out_by_mail(demo: Loaded) -> None:
    due = Message.objects.due(NOW)

    assert due.count() == 50
    assert not Response.objects.filter(invitation__messages__in=due).exists()
    oldest = due.aggregate(Min("due_at"))["due_at__min"]
    assert not Response.objects.filter(invitation__due_at__gt=oldest).exists()


def test_the_owner_sees_the_two_services_of_the_story(demo: Loaded) -> None:
    owner = User.objects.get(username="owner")

    seen = BusinessService.objects.visible_to(owner)

    assert set(seen.values_list("key", flat=True)) == {WATERMELON.key, GREEN_TWIN.key}


def test_every_part_of_the_kpi_tree_is_measured(demo: Loaded) -> None:
    trees = kpi_trees(User.objects.get(username="viewer"))

    leaves = [leaf for tree in trees for branch in tree.branches for leaf in branch.leaves]
    assert {leaf.standing for leaf in leaves} == {Standing.ON_TARGET, Standing.BELOW}


def test_the_worker_finds_nothing_left_to_recompute(demo: Loaded) -> None:
    assert not EvidenceChange.objects.exists()


def test_loading_again_changes_nothing(demo: Loaded) -> None:
    before = counts()

    was_new = load_demo(now=NOW, say=demo.said.append, environment=demo.environment)

    assert not was_new
    assert counts() == before


def test_an_interrupted_load_imports_again_and_changes_nothing_as_of_its_start(demo: Loaded) -> None:
    before = counts()
    report_file(demo.environment).unlink()

    was_new = load_demo(now=NOW.replace(year=2027), say=demo.said.append, environment=demo.environment)

    assert was_new
    assert counts() == before


@pytest.mark.django_db
def test_the_demo_does_not_mix_with_services_of_ones_own(tmp_path: Path) -> None:
    BusinessServiceFactory()

    with pytest.raises(NotEmptyError, match="Name an empty folder"):
        load_demo(now=NOW, say=print, environment={"XLA_DATA_DIR": str(tmp_path)})


def test_the_desk_hears_of_new_answers_but_not_of_the_simulated_past(demo: Loaded) -> None:
    assert Response.objects.filter(is_solved=False).exists()
    assert FollowUpReceiver.objects.get().assignment_group == ""
    assert not FollowUp.objects.exists()
    assert 0 < demo.indicator(WATERMELON.key, "solved") < demo.indicator(GREEN_TWIN.key, "solved")


def test_no_page_of_the_demo_says_what_cannot_be_translated(
    demo: Loaded, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    client.force_login(User.objects.get(username=ADMIN.username))
    gap = Gap.objects.confirmed().filter(service__key=WATERMELON.key).get()
    service = f"/services/{WATERMELON.key}/"
    pages = ["/", service, f"/gaps/{gap.pk}/", "/gaps/", "/comments/", "/executive/", "/reviews/"]
    pages += [
        "/agreements/starter/",
        "/agreements/starter/results/",
        "/agreements/starter/edit/",
        "/audit-log/",
    ]
    names = {"XLA Service", "CSV", settings.CURRENCY, *available_timezones()} | data_values()
    speak_in_brackets(monkeypatch)

    left = {page: untranslated(client.get(page).content.decode(), names) for page in pages}

    assert not any(left.values()), left
