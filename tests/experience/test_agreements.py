"""Agreements from draft to retirement: immutable once published, one primary one per service, baselines."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from experience.engine.agreement_terms import AgreedIndicator, AgreementTerms, Exclusion
from experience.engine.cells import rows_of
from experience.engine.daycells import RESOLUTION_MEASURES
from experience.engine.periods import Period
from experience.models import (
    Agreement,
    AgreementIndicator,
    AgreementService,
    AgreementVersion,
    FrozenTermsError,
    Gap,
    Measurement,
    Outage,
)
from experience.selectors.agreements import scope_of, version_terms, versions_in_force
from experience.selectors.windows import evidence_of, evidence_together
from experience.services.agreement_problems import AgreementError
from experience.services.agreements import (
    draft_from_baseline,
    exclude_days,
    publish,
    retire,
    withdraw,
    write_draft,
)
from experience.services.evidence import refresh_changed_days
from experience.services.gaps import evaluate_week
from experience.services.library import install_indicators
from experience.services.measure import measure_all
from experience.services.verify import verify
from surveys.models import BusinessService, User
from surveys.services.changes import mark_changed
from tests.experience.scenes import agreed, answered
from tests.factories import NOW, BusinessServiceFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
LAST_YEAR = TODAY - timedelta(days=365)
UNHAPPY = [1] * 14 + [2] * 6


@pytest.fixture
def printing() -> BusinessService:
    install_indicators()
    return BusinessServiceFactory.create(key="printing")


def terms(**changes: object) -> AgreementTerms:
    sound = AgreementTerms(
        key="workplace",
        name="Workplace",
        ambition="People get on with their work.",
        valid_from=LAST_YEAR,
        services=("printing",),
        weights=(("X", 0.7), ("O", 0.3)),
        indicators=(AgreedIndicator("rating", 3.0, target=4.0), AgreedIndicator("user_clock")),
    )
    return replace(sound, **changes)  # type: ignore[arg-type]


def published(**changes: object) -> AgreementVersion:
    return publish(write_draft(terms(**changes), by=None), by=None, now=NOW)


def measured(kind: str = "rolling", *, days: set[date] | None = None) -> list[Measurement]:
    refresh_changed_days(now=NOW)
    found = measure_all(as_of=TODAY, now=NOW, changed_days=days or set())
    return [m for m in found if m.period == kind]


def said(error: pytest.ExceptionInfo[AgreementError]) -> str:
    return str(error.value)


# --- drafts -------------------------------------------------------------------------------------------------


def test_a_draft_keeps_its_terms_and_measures_nothing(printing: BusinessService) -> None:
    draft = write_draft(terms(), by=None)

    assert version_terms(draft) == terms()
    assert (draft.number, draft.state, versions_in_force(TODAY)) == (1, "draft", [])


def test_writing_again_rewrites_the_one_draft(printing: BusinessService) -> None:
    first = write_draft(terms(), by=None)
    second = write_draft(terms(indicators=(AgreedIndicator("rating"),), weights=(("X", 1.0),)), by=None)

    assert second.pk == first.pk
    assert [row.indicator.key for row in second.indicators.all()] == ["rating"]


def test_unknown_names_are_refused_with_their_place(printing: BusinessService) -> None:
    unknown = terms(services=("nowhere",), owner="nobody", indicators=(AgreedIndicator("mood"),))

    with pytest.raises(AgreementError) as error:
        write_draft(unknown, by=None)

    assert [p.path for p in error.value.problems] == ["services[0]", "owner", "indicators.mood"]


def test_a_draft_without_an_ambition_is_kept_but_not_published(printing: BusinessService) -> None:
    draft = write_draft(terms(ambition=""), by=None)

    with pytest.raises(AgreementError, match="ambition"):
        publish(draft, by=None, now=NOW)


# --- immutable once published -------------------------------------------------------------------------------


def _change_by_save(version: AgreementVersion) -> None:
    version.weight_experience = 0.1
    version.save()


def _change_indicator(version: AgreementVersion) -> None:
    indicator = version.indicators.all()[0]
    indicator.target = 1.5
    indicator.save()


def _move_indicator_to_a_draft(version: AgreementVersion) -> None:
    indicator = version.indicators.all()[0]
    indicator.version = write_draft(terms(key="other", is_primary=False), by=None)
    indicator.save()


WAYS_TO_CHANGE: dict[str, Callable[[AgreementVersion], object]] = {
    "save": _change_by_save,
    "update": lambda v: AgreementVersion.objects.filter(pk=v.pk).update(ambition="None"),
    "back to draft": lambda v: AgreementVersion.objects.filter(pk=v.pk).update(state="draft"),
    "delete": lambda v: v.delete(),
    "delete many": lambda v: AgreementVersion.objects.filter(pk=v.pk).delete(),
    "indicator saved": _change_indicator,
    "indicator moved away": _move_indicator_to_a_draft,
    "indicators updated": lambda v: v.indicators.update(weight=9),
    "indicators deleted": lambda v: v.indicators.all().delete(),
    "indicator deleted": lambda v: v.indicators.all()[0].delete(),
    "indicator added": lambda v: AgreementIndicator.objects.create(
        version=v, indicator=install_indicators()["apdex"]
    ),
    "services added": lambda v: v.services.add(BusinessServiceFactory.create()),
    "services removed": lambda v: v.services.clear(),
}


@pytest.mark.parametrize("way", WAYS_TO_CHANGE)
def test_published_terms_cannot_be_changed(printing: BusinessService, way: str) -> None:
    version = published()

    with pytest.raises(FrozenTermsError, match="Draft the next version"), transaction.atomic():
        WAYS_TO_CHANGE[way](version)

    assert version_terms(AgreementVersion.objects.get(pk=version.pk)) == terms()


# --- publishing ---------------------------------------------------------------------------------------------


def test_publishing_says_who_and_when(printing: BusinessService, agreement_admin: User) -> None:
    version = publish(write_draft(terms(), by=agreement_admin), by=agreement_admin, now=NOW)

    assert (version.state, version.published_at, version.published_by) == ("published", NOW, agreement_admin)


def test_a_draft_is_published_once(printing: BusinessService) -> None:
    draft = write_draft(terms(), by=None)
    stale = AgreementVersion.objects.get(pk=draft.pk)
    publish(draft, by=None, now=NOW)

    with pytest.raises(AgreementError):
        publish(stale, by=None, now=NOW)


def test_where_configured_a_second_person_publishes(printing: BusinessService) -> None:
    ann, ben = UserFactory.create(username="ann"), UserFactory.create(username="ben")
    draft = write_draft(terms(needs_second_person=True), by=ann)

    with pytest.raises(AgreementError, match="ann wrote this draft"):
        publish(draft, by=ann, now=NOW)
    with pytest.raises(AgreementError, match="two people"):
        publish(draft, by=None, now=NOW)

    assert publish(draft, by=ben, now=NOW).published_by == ben


def test_a_draft_cannot_take_the_second_person_away(printing: BusinessService) -> None:
    ann, ben = UserFactory.create(username="ann"), UserFactory.create(username="ben")
    publish(write_draft(terms(needs_second_person=True), by=ann), by=ben, now=NOW)

    with pytest.raises(AgreementError, match="second_person"):
        write_draft(terms(valid_from=TODAY, needs_second_person=False), by=ann)


def test_the_old_version_holds_until_the_new_one_begins(printing: BusinessService) -> None:
    first = published()
    july = date(2026, 7, 1)
    second = published(valid_from=july, ambition="Even better.")
    first.refresh_from_db()

    assert (first.state, second.state) == ("superseded", "published")
    assert [f.version for f in versions_in_force(july - timedelta(days=1))] == [first]
    assert [f.version for f in versions_in_force(july)] == [second]
    assert versions_in_force(LAST_YEAR - timedelta(days=1)) == []


def test_the_next_version_does_not_begin_in_the_past(printing: BusinessService) -> None:
    published()

    with pytest.raises(AgreementError, match="2026-06-01 or later"):
        published(valid_from=TODAY - timedelta(days=1))


def test_a_service_has_one_primary_agreement_and_the_error_names_it(printing: BusinessService) -> None:
    published()

    with pytest.raises(AgreementError) as error:
        published(key="printers", name="Printers")

    assert "services[0]: “printing” is under the primary agreement “workplace” (Workplace)" in said(error)
    assert published(key="printers", is_primary=False).state == "published"


def test_the_database_itself_allows_one_primary_agreement_per_service(printing: BusinessService) -> None:
    published()
    other = published(key="printers", is_primary=False)

    with pytest.raises(IntegrityError), transaction.atomic():
        AgreementService.objects.filter(version=other).update(is_primary=True)


def test_a_service_given_up_by_the_next_version_is_still_held_until_then(printing: BusinessService) -> None:
    BusinessServiceFactory.create(key="e-mail")
    july = date(2026, 7, 1)
    published(services=("e-mail", "printing"))
    published(services=("e-mail",), valid_from=july)

    with pytest.raises(AgreementError, match="workplace"):
        published(key="printers", valid_from=july - timedelta(days=1))
    assert published(key="printers2", valid_from=july).state == "published"


def test_a_retired_agreement_ends_and_frees_its_services(
    printing: BusinessService, agreement_admin: User
) -> None:
    version = published()

    retire(version.agreement, by=agreement_admin, now=NOW)

    version.refresh_from_db()
    assert (version.state, version.agreement.retired_on, version.agreement.retired_by) == (
        "retired",
        TODAY,
        agreement_admin,
    )
    assert versions_in_force(TODAY) == []
    assert [f.version for f in versions_in_force(TODAY - timedelta(days=1))] == [version]
    assert published(key="printers", valid_from=TODAY).state == "published"
    with pytest.raises(AgreementError, match="Use another key"):
        write_draft(terms(valid_from=TODAY), by=None)


def test_a_version_is_not_withdrawn_where_another_agreement_covers_the_rest_by_now(
    printing: BusinessService,
) -> None:
    published(services=(), covers_rest=True)
    second = published(valid_from=TODAY + timedelta(days=1))
    published(key="other", services=(), covers_rest=True)

    with pytest.raises(AgreementError) as error:
        withdraw(second, by=None, now=NOW)

    assert "covers every other service already" in said(error)
    assert AgreementVersion.objects.get(pk=second.pk).state == "published"


def test_nothing_published_is_nothing_to_retire(printing: BusinessService) -> None:
    draft = write_draft(terms(), by=None)

    with pytest.raises(AgreementError, match="nothing to retire"):
        retire(draft.agreement, by=None, now=NOW)


# --- the starter agreement ----------------------------------------------------------------------------------


def test_the_starter_agreement_has_six_indicators_that_count(printing: BusinessService) -> None:
    version = agreed(printing)

    counted = [row.indicator.key for row in version.indicators.all() if row.weight > 0]
    assert sorted(counted) == [
        "availability",
        "lost_time",
        "rating",
        "repeat_contact",
        "solved",
        "user_clock",
    ]
    assert version_terms(version).stream_weights == {"X": 0.5, "O": 0.25, "T": 0.25}


def test_the_starter_agreement_covers_exactly_what_no_other_primary_one_does(
    printing: BusinessService,
) -> None:
    starter = agreed(printing)
    mail = BusinessServiceFactory.create(key="e-mail")
    BusinessServiceFactory.create(key="old", lifecycle=BusinessService.Lifecycle.RETIRED)
    own = published(valid_from=TODAY)

    def covered(day: date) -> dict[AgreementVersion, set[BusinessService]]:
        return {found.version: set(found.services) for found in versions_in_force(day)}

    assert covered(TODAY - timedelta(days=1)) == {starter: {printing, mail}}
    assert covered(TODAY) == {starter: {mail}, own: {printing}}


def test_people_see_the_agreements_of_their_services_and_the_starter(
    printing: BusinessService, owner: User, stranger: User
) -> None:
    agreed(printing)
    published()
    printing.owner = owner
    printing.save()

    assert {a.key for a in Agreement.objects.visible_to(owner)} == {"starter", "workplace"}
    assert {a.key for a in Agreement.objects.visible_to(stranger)} == {"starter"}


# --- what is measured ---------------------------------------------------------------------------------------


def test_a_period_is_judged_by_the_version_in_force_on_its_last_day(printing: BusinessService) -> None:
    first = published()
    answered(printing, UNHAPPY, resolved_at=NOW - timedelta(days=10))
    assert {m.agreement_version for m in measured()} == {first}

    second = published(valid_from=TODAY, ambition="Even better.")

    versions = {m.starts_on: m.agreement_version for m in measured("month")}
    assert versions == {date(2026, 5, 1): first, date(2026, 6, 1): second}
    current = Measurement.objects.current().filter(period="rolling", ends_on=TODAY)
    assert [m.agreement_version for m in current] == [second]


def test_extra_agreements_are_measured_too_and_have_gaps_of_their_own(printing: BusinessService) -> None:
    agreed(printing)
    extra = published(is_primary=False)
    answered(printing, UNHAPPY)
    results = measured()

    assert {m.agreement_version.agreement.key for m in results} == {"starter", "workplace"}
    assert all(m.status == "likely_red" for m in results)
    only_extra = [m for m in results if m.agreement_version == extra]
    assert evaluate_week(only_extra, as_of=TODAY, now=NOW) == 1
    assert not Gap.objects.primary().exists()
    assert evaluate_week(results, as_of=TODAY, now=NOW) == 1
    assert {gap.agreement for gap in Gap.objects.all()} == {None, extra.agreement}


def test_an_agreement_for_some_people_counts_only_theirs(printing: BusinessService) -> None:
    sales = answered(printing, [1] * 12)
    for response in sales:
        response.resolution.persona, response.resolution.site = "sales", "Oslo"
        response.resolution.save()
    answered(printing, [5] * 12)
    everybody = published(key="all", is_primary=False)
    some = published(is_primary=False, personas=("sales", "board"), sites=("Oslo",))
    results = {m.agreement_version: m for m in measured()}

    assert (results[some].rating_raw, results[some].n_resolved) == (1.0, 12)
    assert (results[everybody].rating_raw, results[everybody].n_resolved) == (3.0, 24)
    assert list(verify(Measurement.objects.all())) == []


def test_few_people_in_scope_stay_hidden(printing: BusinessService) -> None:
    for response in answered(printing, [1] * 20)[:4]:
        response.resolution.persona = "board"
        response.resolution.save()
    published(is_primary=False, personas=("board",))

    [result] = measured()

    assert (result.status, result.rating) == ("hidden", None)


def test_counting_from_raw_rows_gives_the_cells_of_everybody(printing: BusinessService) -> None:
    responses = answered(printing, UNHAPPY)
    for response in responses:
        response.is_solved, response.lost_time_minutes = True, 30
        response.save()
        response.resolution.persona = "sales"
        response.resolution.save()
    Outage.objects.create(
        service=printing,
        source="monitor",
        external_key="1",
        started_at=NOW - timedelta(days=3),
        ended_at=NOW - timedelta(days=2),
    )
    mark_changed({(printing.pk, TODAY - timedelta(days=step)) for step in (2, 3)})
    refresh_changed_days(now=NOW)
    scope = scope_of(write_draft(terms(is_primary=False, personas=("sales",)), by=None))
    window = Period(TODAY - timedelta(days=27), TODAY)

    from_cells = evidence_of([printing], window, now=NOW)
    from_rows = evidence_of([printing], window, now=NOW, scope=scope)

    assert rows_of(from_rows.cells) == rows_of(from_cells.cells)
    assert {cell.measure for cell in rows_of(from_cells.cells)} - set(RESOLUTION_MEASURES) == {"downtime"}
    assert (from_rows.people, from_rows.up_seconds) == (from_cells.people, from_cells.up_seconds)


def test_services_together_are_one_and_a_person_counts_once(printing: BusinessService) -> None:
    mail = BusinessServiceFactory.create(key="e-mail")
    first, second = answered(printing, [1, 2]), answered(mail, [5, 5])
    for here, there in zip(first, second, strict=True):
        there.resolution.person = here.resolution.person
        there.resolution.save()
    refresh_changed_days(now=NOW)

    evidence = evidence_together([printing, mail], Period(LAST_YEAR, TODAY), now=NOW)

    assert (evidence.services, evidence.people[0].distinct, evidence.people[0].answers) == (1, 2, 4)
    assert evidence.rating_counts(["satisfaction"]) == [{1: 1, 2: 1, 5: 2}]
    places = [cell[:5] for cell in rows_of(evidence.cells)]
    assert len(places) == len(set(places))


# --- exclusions ---------------------------------------------------------------------------------------------


def test_excluded_days_leave_the_evidence_and_correct_a_final_month(
    printing: BusinessService, agreement_admin: User
) -> None:
    version = published()
    incident = date(2026, 4, 10)
    answered(printing, [5] * 12, resolved_at=NOW.replace(month=4, day=20))
    answered(printing, UNHAPPY, resolved_at=NOW.replace(month=4, day=10))
    [before] = [m for m in measured("month", days={incident}) if m.starts_on == date(2026, 4, 1)]
    assert (before.state, before.n_answered) == ("final", 32)

    exclude_days(version.agreement, Exclusion(incident, incident, "Fire"), by=agreement_admin, now=NOW)

    changed = {day for _, day in refresh_changed_days(now=NOW)}
    [after] = [m for m in measured("month", days=changed) if m.starts_on == date(2026, 4, 1)]
    assert (after.corrects, after.n_answered, after.rating_raw) == (before, 12, 5.0)
    assert list(verify(Measurement.objects.all())) == []


def test_excluded_days_are_not_watched_time(printing: BusinessService) -> None:
    version = published()
    Outage.objects.create(
        service=printing, source="m", external_key="1", started_at=NOW - timedelta(days=300), ended_at=NOW
    )
    day = date(2026, 5, 3)
    exclude_days(version.agreement, Exclusion(day, day, "Fire"), by=None, now=NOW)
    may = Period(date(2026, 5, 1), date(2026, 5, 31))

    evidence = evidence_of([printing], may, now=NOW, scope=scope_of(version))

    assert evidence.up_seconds == [30 * 86400]


@pytest.mark.parametrize("reason", ["", "Fire"])
def test_days_are_excluded_once_and_with_a_reason(printing: BusinessService, reason: str) -> None:
    agreement = published().agreement
    days = (date(2026, 4, 10), date(2026, 4, 11))
    exclude_days(agreement, Exclusion(*days, "Fire"), by=None, now=NOW)

    with pytest.raises(AgreementError, match="why|already"):
        exclude_days(agreement, Exclusion(*days, reason), by=None, now=NOW)


# --- baseline -----------------------------------------------------------------------------------------------


def test_in_a_baseline_nothing_is_red_and_no_gap_opens(printing: BusinessService) -> None:
    published(baseline_until=TODAY + timedelta(days=60))
    answered(printing, UNHAPPY)

    results = measured()

    assert [(m.status, m.colour) for m in results] == [("likely_red", "none")]
    assert evaluate_week(results, as_of=TODAY, now=NOW) == 0
    assert not Gap.objects.exists()
    assert list(verify(Measurement.objects.all())) == []


def test_without_the_baseline_the_same_answers_are_red(printing: BusinessService) -> None:
    published()
    answered(printing, UNHAPPY)

    results = measured()

    assert [m.colour for m in results] == ["red"]
    assert evaluate_week(results, as_of=TODAY, now=NOW) == 1


def test_a_gap_that_was_open_closes_when_a_baseline_begins(printing: BusinessService) -> None:
    agreed(printing)
    answered(printing, UNHAPPY)
    evaluate_week(measured(), as_of=TODAY, now=NOW)
    gap = Gap.objects.live().get()
    published(valid_from=TODAY, baseline_until=TODAY + timedelta(days=90))

    evaluate_week(measured(), as_of=TODAY, now=NOW)

    gap.refresh_from_db()
    assert gap.state == "closed"
    assert "baseline" in gap.events.last().reason


def test_the_baseline_of_an_extra_agreement_leaves_the_primary_ones_gaps_alone(
    printing: BusinessService,
) -> None:
    agreed(printing)
    answered(printing, UNHAPPY)
    evaluate_week(measured(), as_of=TODAY, now=NOW)
    gap = Gap.objects.live().get()
    published(is_primary=False, valid_from=TODAY, baseline_until=TODAY + timedelta(days=90))

    evaluate_week(measured(), as_of=TODAY, now=NOW)

    assert Gap.objects.live().get() == gap


def test_targets_are_proposed_from_the_baselines_months_and_agreed_by_publishing(
    printing: BusinessService,
) -> None:
    version = published(baseline_until=date(2026, 5, 31), valid_from=date(2026, 3, 1))
    months = {3: [4] * 12, 4: [3] * 12, 5: [5] * 6 + [4] * 6}
    for month, ratings in months.items():
        answered(printing, ratings, resolved_at=NOW.replace(month=month, day=15))
    measured(days={date(2026, month, 15) for month in months})

    draft = draft_from_baseline(version, by=None)

    targets = {row.indicator.key: row.target for row in draft.indicators.all()}
    assert targets["rating"] == pytest.approx(4.0)
    assert targets["user_clock"] == pytest.approx(3.0, rel=0.01)
    assert (draft.valid_from, draft.baseline_until, draft.state) == (TODAY, None, "draft")
    publish(draft, by=None, now=NOW)
    assert [m.colour for m in measured("month") if m.starts_on == date(2026, 6, 1)] == ["none"]


def test_what_no_month_measured_keeps_its_target(printing: BusinessService) -> None:
    version = published(baseline_until=date(2026, 5, 31))

    draft = draft_from_baseline(version, by=None)

    assert version_terms(draft).indicators == terms().indicators


def test_targets_come_from_a_baseline_only(printing: BusinessService) -> None:
    with pytest.raises(AgreementError, match="no baseline"):
        draft_from_baseline(published(), by=None)


# --- really solved ------------------------------------------------------------------------------------------


def test_really_solved_is_the_share_of_answers_that_say_yes(printing: BusinessService) -> None:
    agreed(printing)
    responses = answered(printing, [5] * 24)
    for number, response in enumerate(responses[:20]):
        response.is_solved = number < 15
        response.save()

    [result] = measured()

    solved = next(i for i in result.results["indicators"] if i["key"] == "solved")
    assert (solved["value"], solved["n"], solved["state"]) == (0.75, 20, "ok")
    assert solved["low"] < 0.75 < solved["high"]
