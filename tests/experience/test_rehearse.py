"""Rehearsal: a draft replayed on past months says what it would have said, and stores nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from itertools import permutations

import pytest
from django.apps import apps
from django.db import connection
from django.test.utils import CaptureQueriesContext

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms, Exclusion
from experience.engine.blend import Score, p_below_from_interval
from experience.engine.indicators import Terms
from experience.engine.measure import IndicatorResult, judge
from experience.engine.normalise import Anchors
from experience.engine.rehearsal import Rehearsal, RehearsedResult, smallest_change
from experience.models import Outage, Sla
from experience.selectors.agreements import version_terms
from experience.services.agreement_problems import AgreementError
from experience.services.agreements import publish, write_draft
from experience.services.evidence import refresh_changed_days
from experience.services.library import install_indicators
from experience.services.measure import measure_all
from experience.services.rehearse import rehearse
from surveys.models import BusinessService
from surveys.services.changes import mark_changed
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory, ResolutionFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
LAST_YEAR = TODAY - timedelta(days=365)
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)
HAPPY, MIXED, UNHAPPY = [5] * 24 + [4] * 8, [5] * 10 + [4] * 12 + [3] * 10, [2] * 8 + [3] * 16 + [4] * 10


@pytest.fixture
def printing() -> BusinessService:
    install_indicators()
    return BusinessServiceFactory.create(key="printing")


def lived(service: BusinessService, april: list[int], may: list[int], *, days_down: int = 0) -> None:
    """Let people answer in two months; the service is watched, and down for some days of each."""
    answered(service, april, resolved_at=NOW.replace(month=4, day=15))
    answered(service, may, resolved_at=NOW.replace(month=5, day=15))
    for month in (1, 4, 5):
        start = NOW.replace(month=month, day=2, hour=0)
        Outage.objects.create(
            service=service,
            source="monitor",
            external_key=f"{service.key}-{month}",
            started_at=start,
            ended_at=start + timedelta(days=days_down),
        )
    days = {date(2026, month, day) for month in (4, 5) for day in range(2, 3 + days_down)}
    mark_changed({(service.pk, day) for day in days})
    refresh_changed_days(now=NOW)


def terms(**changes: object) -> AgreementTerms:
    sound = AgreementTerms(
        key="workplace",
        name="Workplace",
        ambition="People get on with their work.",
        valid_from=TODAY,
        services=("printing",),
        indicators=(
            AgreedIndicator("rating", 3.0),
            AgreedIndicator("user_clock"),
            AgreedIndicator("availability"),
        ),
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def rehearsed(agreement: AgreementTerms, months: int = 2) -> Rehearsal:
    return rehearse(agreement, today=TODAY, now=NOW, months=months)


def of_month(rehearsal: Rehearsal, first_on: date, subject: str = "printing") -> RehearsedResult:
    found = (r for r in rehearsal.results if (r.subject, r.period.first_on) == (subject, first_on))
    return next(found)


def test_each_month_has_score_interval_and_breach(printing: BusinessService) -> None:
    lived(printing, HAPPY, UNHAPPY)

    rehearsal = rehearsed(terms())

    april, may = of_month(rehearsal, APRIL), of_month(rehearsal, MAY)
    assert (april.colour, april.is_breach, may.colour, may.is_breach) == ("green", False, "red", True)
    assert may.score is not None
    assert may.score.low is not None
    assert may.score.low < may.score.value < 70
    assert rehearsal.breaches == (may,)


def test_a_draft_for_every_other_service_keeps_those_that_its_own_version_names(
    printing: BusinessService,
) -> None:
    BusinessServiceFactory.create(key="mail")
    publish(write_draft(terms(valid_from=LAST_YEAR), by=None), by=None, now=NOW)

    rehearsal = rehearsed(terms(services=(), covers_rest=True))

    assert {result.subject for result in rehearsal.results} == {"mail", "printing"}


def test_the_version_in_force_replays_to_its_own_final_result(printing: BusinessService) -> None:
    version = agreed(printing)
    lived(printing, MIXED, UNHAPPY, days_down=1)
    stored = measure_all(as_of=TODAY, now=NOW, changed_days=[APRIL])
    final = next(m for m in stored if (m.period, m.starts_on) == ("month", APRIL))
    assert final.state == "final"

    replayed = of_month(rehearsed(version_terms(version)), APRIL)

    assert replayed.score is not None
    assert (replayed.score.value, replayed.score.low, replayed.colour) == (
        pytest.approx(final.score, abs=1e-9),
        pytest.approx(final.low, abs=1e-9),
        final.colour,
    )
    assert not replayed.flips


def test_sla_attainment_goes_by_the_limit_of_the_sla(printing: BusinessService) -> None:
    Sla.objects.create(service=printing, valid_from=LAST_YEAR, target_share=0.8, limit_minutes=1)
    own = terms(
        valid_from=LAST_YEAR,
        indicators=(AgreedIndicator("rating"), AgreedIndicator("sla_attainment")),
        weights=(("X", 0.5), ("O", 0.5)),
    )
    publish(write_draft(own, by=None), by=None, now=NOW)
    lived(printing, MIXED, UNHAPPY)
    stored = measure_all(as_of=TODAY, now=NOW, changed_days=[APRIL])
    final = next(m for m in stored if (m.period, m.starts_on) == ("month", APRIL))

    replayed = of_month(rehearsed(own), APRIL)

    assert final.sla_share == 0
    assert replayed.score is not None
    assert replayed.score.value == pytest.approx(final.score, abs=1e-9)


def test_a_month_is_replayed_with_the_parameters_it_was_closed_with(printing: BusinessService) -> None:
    version = agreed(printing)
    lived(printing, MIXED, [1] * 16 + [5] * 16)
    may_9 = NOW.replace(month=5, day=9)
    stored = measure_all(as_of=may_9.date(), now=may_9, changed_days=[APRIL])
    final = next(m for m in stored if (m.period, m.starts_on) == ("month", APRIL))
    measure_all(as_of=TODAY, now=NOW)

    replayed = of_month(rehearsed(version_terms(version)), APRIL)

    assert replayed.score is not None
    assert replayed.score.low == pytest.approx(final.low, abs=1e-9)


def test_services_that_change_colour_against_the_version_in_force_are_named(
    printing: BusinessService,
) -> None:
    mail = BusinessServiceFactory.create(key="e-mail")
    agreed(printing)
    lived(printing, MIXED, MIXED)
    lived(mail, UNHAPPY, UNHAPPY)
    easier = (AgreedIndicator("rating", target=3.3), AgreedIndicator("user_clock"))

    rehearsal = rehearsed(
        terms(services=("e-mail", "printing"), indicators=easier, weights=(("X", 0.5), ("O", 0.5)))
    )

    assert {(r.subject, r.colour_now, r.colour) for r in rehearsal.flips} == {("printing", "amber", "green")}
    assert (mails := of_month(rehearsal, MAY, "e-mail")).colour == mails.colour_now == "red"


def test_without_a_version_in_force_there_is_nothing_to_flip(printing: BusinessService) -> None:
    lived(printing, HAPPY, UNHAPPY)

    assert {r.colour_now for r in rehearsed(terms()).results} == {None}


def test_the_agreements_own_version_is_compared_before_the_starter(printing: BusinessService) -> None:
    agreed(printing)
    publish(write_draft(terms(valid_from=LAST_YEAR), by=None), by=None, now=NOW)
    lived(printing, MIXED, MIXED)
    same = terms(valid_from=TODAY)

    assert rehearsed(same).flips == ()
    easier = replace(same, indicators=(AgreedIndicator("rating", target=3.0), *same.indicators[1:]))
    assert {r.colour_now for r in rehearsed(easier).flips} == {"amber"}


def test_a_rehearsal_stores_nothing(printing: BusinessService) -> None:
    lived(printing, HAPPY, UNHAPPY)
    before = {model: model._default_manager.count() for model in apps.get_models()}

    rehearsed(terms(), months=24)

    assert {model: model._default_manager.count() for model in apps.get_models()} == before


def test_the_number_of_queries_does_not_grow_with_the_services(printing: BusinessService) -> None:
    agreed(printing)

    def queries(keys: tuple[str, ...]) -> int:
        with CaptureQueriesContext(connection) as captured:
            rehearsed(terms(services=keys), months=6)
        return len(captured)

    few = queries(("printing",))
    keys = tuple(BusinessServiceFactory.create().key for _ in range(8))
    assert queries((*keys, "printing")) == few
    assert few <= 20 + 6 * 6


def test_fewer_than_five_people_show_no_score(printing: BusinessService) -> None:
    lived(printing, [1] * 4, UNHAPPY)

    april = of_month(rehearsed(terms()), APRIL)

    assert (april.experience, april.score, april.colour) == ("hidden", None, "none")


def test_what_an_indicator_was_is_told_without_any_agreement_or_answer(printing: BusinessService) -> None:
    for month in (4, 5):
        ResolutionFactory.create(on_service=printing, resolved_at=NOW.replace(month=month, day=15))
    mark_changed({(printing.pk, date(2026, month, 15)) for month in (4, 5)})
    refresh_changed_days(now=NOW)

    played = rehearsed(terms())

    assert not played.is_scored
    assert {key: len(values) for key, values in played.past.items()} == {"user_clock": 2}


def test_the_past_of_a_month_with_too_few_people_is_not_told(printing: BusinessService) -> None:
    lived(printing, [1] * 4, UNHAPPY)

    assert len(rehearsed(terms()).past["user_clock"]) == 1  # May alone


def test_a_journey_is_replayed_as_one(printing: BusinessService) -> None:
    mail = BusinessServiceFactory.create(key="e-mail")
    lived(printing, HAPPY, HAPPY)
    lived(mail, UNHAPPY, UNHAPPY)
    journey = terms(is_primary=False, journey="new joiner", services=("e-mail", "printing"))

    rehearsal = rehearsed(journey)

    assert {r.subject for r in rehearsal.results} == {"new joiner"}
    alone = [of_month(rehearsed(terms(services=(key,))), MAY, key) for key in ("e-mail", "printing")]
    scores = [r.score.value for r in alone if r.score]
    together = of_month(rehearsal, MAY, "new joiner").score
    assert together is not None
    assert min(scores) < together.value < max(scores)


def test_excluded_days_of_a_draft_are_left_out(printing: BusinessService) -> None:
    lived(printing, HAPPY, UNHAPPY)
    mid_may = date(2026, 5, 15)

    rehearsal = rehearsed(terms(exclusions=(Exclusion(mid_may, mid_may, "Fire"),)))

    assert of_month(rehearsal, MAY).experience == "missing"
    assert of_month(rehearsal, APRIL).colour == "green"


def test_the_starter_of_the_rest_is_replayed_on_the_rest(printing: BusinessService) -> None:
    starter = agreed(printing)
    BusinessServiceFactory.create(key="e-mail")
    publish(write_draft(terms(), by=None), by=None, now=NOW)

    assert {r.subject for r in rehearsed(version_terms(starter)).results} == {"e-mail"}


@pytest.mark.parametrize("months", [0, 25])
def test_one_to_twenty_four_months_are_replayed(printing: BusinessService, months: int) -> None:
    with pytest.raises(ValueError, match="between 1 and 24"):
        rehearsed(terms(), months=months)


def test_terms_that_could_not_be_published_are_refused(printing: BusinessService) -> None:
    with pytest.raises(AgreementError, match="ambition"):
        rehearsed(terms(ambition=""))


# --- what the colour hangs on -------------------------------------------------------------------------------


def test_the_smallest_weight_change_flips_the_colour_and_a_smaller_one_does_not(
    printing: BusinessService,
) -> None:
    lived(printing, HAPPY, HAPPY, days_down=1)
    sound = terms()

    [found] = rehearsed(sound).sensitivities

    change = found.smallest_change
    assert change is not None
    weights = dict(sound.weights)

    def colour_after(share: float) -> str:
        moved = weights | {
            change.giver: weights[change.giver] - share,
            change.taker: weights[change.taker] + share,
        }
        indicators = tuple(i for i in sound.indicators if moved["T"] > 0 or i.key != "availability")
        return of_month(
            rehearsed(replace(sound, weights=tuple(moved.items()), indicators=indicators)), MAY
        ).colour

    assert change.giver == "T"
    assert colour_after(change.share) == change.colour != found.colour
    assert colour_after(change.share - 0.003) == found.colour


def test_a_veto_cannot_be_outvoted_by_weights(printing: BusinessService) -> None:
    lived(printing, UNHAPPY, UNHAPPY)

    [found] = rehearsed(terms()).sensitivities

    assert (found.colour, found.smallest_change) == ("red", None)


def test_each_indicator_is_left_out_once(printing: BusinessService) -> None:
    lived(printing, HAPPY, HAPPY, days_down=1)
    sound = terms()

    [found] = rehearsed(sound).sensitivities

    without = {out.indicator: (out.score, out.colour) for out in found.left_out}
    assert set(without) == {"rating", "user_clock", "availability"}
    assert without["rating"] == (None, "none")
    dropped = replace(sound, indicators=sound.indicators[:2], weights=(("X", 0.5), ("O", 0.25)))
    alone = of_month(rehearsed(dropped), MAY)
    assert alone.score is not None
    assert without["availability"] == (pytest.approx(alone.score.value), alone.colour)


def test_weight_may_also_move_between_indicators_of_one_stream(printing: BusinessService) -> None:
    lived(printing, HAPPY, HAPPY)
    for month in (4, 5):
        for response in printing.responses.filter(resolution__resolved_on__month=month):
            response.lost_time_minutes = 400
            response.save()
        mark_changed({(printing.pk, date(2026, month, 15))})
    refresh_changed_days(now=NOW)
    both = (AgreedIndicator("rating", 1.0), AgreedIndicator("lost_time", 1.0))

    [found] = rehearsed(terms(indicators=both, weights=(("X", 1.0),))).sensitivities

    assert found.colour == "red"
    assert found.smallest_change is not None
    change = (found.smallest_change.giver, found.smallest_change.taker)
    assert change == ("lost_time", "rating")


def test_nothing_measured_hangs_on_nothing(printing: BusinessService) -> None:
    assert rehearsed(terms()).sensitivities == ()


def indicator(
    stream: str, key: str, score: float, *, half: float = 0.0, weight: float = 1.0
) -> IndicatorResult:
    measured = Terms(key, key, stream, "share", key, "share", 0, 1, Anchors(0.2, 0.5, 0.9), weight)
    found = Score(score, score - half, score + half, 1.0, 100.0 if stream == "X" else None)
    p_below = p_below_from_interval(score, score + half)
    return IndicatorResult(measured, "ok", 0.5, 0.4, 0.6, 0.5, found, 100, 100.0, p_below)


CASES = {
    "a stream pulls it down": [
        indicator("X", "rating", 84, half=3),
        indicator("O", "clock", 80),
        indicator("T", "up", 35),
    ],
    "one indicator pulls its stream down": [
        indicator("X", "rating", 88, half=3, weight=2),
        indicator("X", "lost_time", 30, half=4),
        indicator("O", "clock", 75),
        indicator("T", "up", 71),
    ],
    "others hold it up": [
        indicator("X", "rating", 76, half=5),
        indicator("O", "clock", 69),
        indicator("T", "up", 95),
        indicator("T", "fast", 40),
    ],
}
WEIGHTS = {"X": 0.5, "O": 0.25, "T": 0.25}


def smallest_by_trying(indicators: list[IndicatorResult]) -> float:
    """Return the smallest share that flips the colour, tried in thousandths of all weight."""
    shares = {
        i.terms.key: WEIGHTS[i.terms.stream]
        * i.terms.weight
        / sum(j.terms.weight for j in indicators if j.terms.stream == i.terms.stream)
        for i in indicators
    }
    start = judge(indicators, WEIGHTS, 100).colour
    for step in range(1, 1001):
        share = step / 1000
        for giver, taker in permutations(WEIGHTS, 2):
            if WEIGHTS[giver] > share:
                moved = WEIGHTS | {giver: WEIGHTS[giver] - share, taker: WEIGHTS[taker] + share}
                if judge(indicators, moved, 100).colour != start:
                    return share
        for one, other in permutations(indicators, 2):
            if one.terms.stream == other.terms.stream and shares[one.terms.key] > share:
                weights = shares | {
                    one.terms.key: shares[one.terms.key] - share,
                    other.terms.key: shares[other.terms.key] + share,
                }
                weighed = [
                    replace(i, terms=replace(i.terms, weight=weights[i.terms.key])) for i in indicators
                ]
                if judge(weighed, WEIGHTS, 100).colour != start:
                    return share
    raise AssertionError("no move flips")


@pytest.mark.parametrize("case", CASES)
def test_no_smaller_move_of_weight_flips_the_colour(case: str) -> None:
    change = smallest_change(CASES[case], WEIGHTS, 100)

    assert change is not None
    assert change.share == pytest.approx(smallest_by_trying(CASES[case]), abs=0.0011)
    assert change.colour != judge(CASES[case], WEIGHTS, 100).colour
