"""Measurements: scores with their evidence, overwritten while provisional, corrected when final, provable."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from experience.engine.agreement_terms import AgreedIndicator
from experience.models import Measurement
from experience.services import judge, measure
from experience.services.agreements import publish, write_draft
from experience.services.evidence import refresh_changed_days
from experience.services.library import install_indicators
from experience.services.measure import measure_all
from experience.services.parameters import parameter_set_for
from experience.services.starter import starter_terms
from experience.services.verify import verify
from surveys.models import BusinessService, Decision, EvidenceChange, Response
from surveys.services.changes import mark_changed
from tests.experience.scenes import LAST_YEAR, agreed, answered, silent
from tests.factories import NOW, BusinessServiceFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
HAPPY, UNHAPPY = [5] * 16 + [4] * 4, [1] * 8 + [2] * 6 + [4] * 6


@pytest.fixture
def printing() -> BusinessService:
    service = BusinessServiceFactory.create(key="printing")
    agreed(service)
    return service


def rolling(service: BusinessService, *, as_of: date = TODAY) -> Measurement:
    refresh_changed_days(now=NOW)
    measured = measure_all(as_of=as_of, now=NOW)
    return next(m for m in measured if m.period == "rolling" and m.service_id == service.pk)


def test_a_service_without_answers_has_no_score_and_says_so(printing: BusinessService) -> None:
    result = rolling(printing)

    assert (result.score, result.rating, result.status, result.sla_status) == (
        None,
        None,
        "missing",
        "unknown",
    )


def test_happy_and_unhappy_people_are_told_apart_with_intervals(printing: BusinessService) -> None:
    other = BusinessServiceFactory.create()
    agreed(other, sla_target=None)
    answered(printing, UNHAPPY)
    answered(other, HAPPY)

    red, green = rolling(printing), rolling(other)

    assert (red.status, green.status) == ("likely_red", "likely_green")
    assert red.rating_low < red.rating < red.rating_high < 4.2 < green.rating_low
    assert (red.sla_status, green.sla_status) == ("green", "none")
    assert red.rating_raw == pytest.approx(sum(UNHAPPY) / len(UNHAPPY))


def test_the_median_weight_counts_the_chance_of_having_been_asked(printing: BusinessService) -> None:
    answered(printing, [4] * 5, resolved_at=NOW - timedelta(days=20))
    Decision.objects.update(probability=0.25)
    refresh_changed_days(now=NOW)

    values = parameter_set_for(TODAY, now=NOW).values

    assert values["median_weight"] == pytest.approx(4 / values["class_rates"]["000000"])


def test_an_agreement_without_a_rating_is_worth_the_answers_it_has() -> None:
    service = BusinessServiceFactory.create()
    install_indicators()
    own = replace(starter_terms(LAST_YEAR), indicators=(AgreedIndicator("solved"),), weights=(("X", 1.0),))
    publish(write_draft(own, by=None), by=None, now=NOW)
    answered(service, [1] * 12)
    Response.objects.update(is_solved=False)

    result = rolling(service)

    assert (result.status, result.n_effective) == ("likely_red", pytest.approx(12))


def test_under_five_people_nothing_is_shown(printing: BusinessService) -> None:
    answered(printing, [1, 1, 1, 1])

    result = rolling(printing)

    assert (result.status, result.rating, result.rating_low) == ("hidden", None, None)
    assert all(i["value"] is None for i in result.results["indicators"] if i["stream"] == "X")


def test_one_person_answering_often_is_one_person(printing: BusinessService) -> None:
    responses = answered(printing, [1] * 6)
    person = responses[0].resolution.person
    for response in responses:
        response.resolution.person = person
        response.resolution.save()

    assert rolling(printing).status == "hidden"


def test_answers_weigh_back_to_the_tickets_that_were_resolved(printing: BusinessService) -> None:
    answered(printing, [5] * 10)
    for response in answered(printing, [1] * 10):
        response.resolution.response_class = "102002"
        response.resolution.save()
    silent(printing, 60, resolved_at=NOW - timedelta(days=3))

    result = rolling(printing)

    assert result.rating > result.rating_raw == 3.0
    assert result.n_effective < 20


def test_measuring_again_changes_nothing_and_new_answers_do(printing: BusinessService) -> None:
    answered(printing, HAPPY)
    first = rolling(printing)
    again = rolling(printing)
    assert (again.pk, again.computed_at) == (first.pk, first.computed_at)

    answered(printing, [1] * 5)

    changed = rolling(printing)
    assert changed.pk == first.pk
    assert changed.input_hash != first.input_hash


def test_a_final_month_is_corrected_beside_never_overwritten(printing: BusinessService) -> None:
    april = NOW.replace(month=4, day=10)
    response = answered(printing, HAPPY, resolved_at=april)[0]
    refresh_changed_days(now=NOW)
    measure_all(as_of=TODAY, now=NOW, changed_days=[april.date()])
    final = Measurement.objects.get(period="month", starts_on=date(2026, 4, 1))
    assert final.state == "final"

    Response.objects.filter(pk=response.pk).update(rating=1)
    mark_changed({(printing.pk, april.date())})
    refresh_changed_days(now=NOW)
    measure_all(as_of=TODAY, now=NOW, changed_days=[april.date()])

    old, new = Measurement.objects.filter(period="month", starts_on=date(2026, 4, 1)).order_by("pk")
    assert (old.pk, old.input_hash, old.is_current) == (final.pk, final.input_hash, False)
    assert (new.corrects, new.is_current) == (old, True)
    assert new.rating < old.rating


def test_a_month_is_final_once_its_maturity_window_is_over(printing: BusinessService, settings: Any) -> None:
    settings.MATURITY_DAYS = 14
    answered(printing, HAPPY)
    refresh_changed_days(now=NOW)

    for days, state in ((14, "provisional"), (15, "final")):
        day = date(2026, 5, 31) + timedelta(days=days)
        measure_all(as_of=day, now=NOW, changed_days=[date(2026, 5, 31)])
        assert Measurement.objects.get(period="month", starts_on=date(2026, 5, 1)).state == state


def test_a_sweep_that_is_killed_before_it_measures_is_made_up_for_by_the_next(
    printing: BusinessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    april = NOW.replace(month=4, day=10)
    response = answered(printing, HAPPY, resolved_at=april)[0]
    judge.refresh(now=NOW)
    Response.objects.filter(pk=response.pk).update(rating=1)
    mark_changed({(printing.pk, april.date())})
    with monkeypatch.context() as halfway:
        halfway.setattr(judge, "measure_all", killed)
        with pytest.raises(KeyboardInterrupt):
            judge.refresh(now=NOW)

    judge.refresh(now=NOW)

    months = Measurement.objects.filter(period="month", starts_on=date(2026, 4, 1))
    assert [m.is_current for m in months.order_by("pk")] == [False, True]
    assert not EvidenceChange.objects.exists()


def test_a_sweep_that_was_overtaken_measures_afresh(
    printing: BusinessService, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(printing, HAPPY)
    rolling(printing)
    answered(printing, [1] * 5)
    refresh_changed_days(now=NOW)
    results_now = measure.results_now

    def overtaken(*read: Any, **given: Any) -> list[Measurement]:
        older = results_now(*read, **given)
        monkeypatch.setattr(measure, "results_now", results_now)
        answered(printing, [1] * 10)
        rolling(printing)
        return older

    monkeypatch.setattr(measure, "results_now", overtaken)
    measure_all(as_of=TODAY, now=NOW)

    assert Measurement.objects.get(period="rolling", is_current=True).n_answered == 35


def killed(**given: object) -> None:
    raise KeyboardInterrupt


def test_every_result_can_be_proved_and_a_tampered_one_is_named(
    printing: BusinessService, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(printing, UNHAPPY)
    result = rolling(printing)
    assert list(verify(Measurement.objects.all())) == []

    Measurement.objects.filter(pk=result.pk).update(rating=4.9, engine_version="1")

    with pytest.raises(SystemExit):
        call_command("verify", "--all")
    told = capsys.readouterr()
    assert f"Result {result.pk} (printing" in told.err
    assert "It was computed by engine 1." in told.err
    assert "1 differences (1 of an older engine, which stand as they were told)" in told.out


def test_changed_inputs_no_longer_match_their_hash(printing: BusinessService) -> None:
    answered(printing, UNHAPPY)
    result = rolling(printing)
    result.inputs["people"][0] += 1
    result.save()

    assert [finding.measurement.pk for finding in verify(Measurement.objects.all())] == [result.pk]


def test_the_command_measures_as_of_a_day_and_prints_a_line_of_json_per_result(
    printing: BusinessService, capsys: pytest.CaptureFixture[str]
) -> None:
    answered(printing, UNHAPPY)
    refresh_changed_days(now=NOW)

    call_command("measure", "--as-of", NOW.date().isoformat(), "--json")

    (line,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert (line["service"], line["period"][1]) == ("printing", NOW.date().isoformat())
    assert (line["answers"], line["experience"], line["sla"]) == (len(UNHAPPY), "likely_red", "green")
    assert line["rating_low"] < line["rating"] < line["rating_high"]
    assert line["input_hash"] == Measurement.objects.get(period="rolling").input_hash


def test_a_day_that_is_none_is_refused_with_what_to_write() -> None:
    with pytest.raises(CommandError, match="YYYY-MM-DD"):
        call_command("measure", "--as-of", "yesterday")
