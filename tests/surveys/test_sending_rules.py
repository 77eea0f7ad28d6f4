import re
from collections import Counter
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from surveys.models import (
    ConfigurationChange,
    Decision,
    EvidenceChange,
    Invitation,
    Message,
    Resolution,
    SendingRule,
    User,
)
from surveys.services.decide import decide_resolutions
from surveys.services.default_survey import create_default_survey
from surveys.services.preview_rule import preview_rule
from surveys.services.sending_rules import RuleError, adopt_rule, draft_rule
from tests.factories import (
    NOW,
    BusinessServiceFactory,
    InvitationFactory,
    PersonFactory,
    ResolutionFactory,
    TicketFactory,
    default_survey,
)

pytestmark = pytest.mark.django_db
MONTH = timedelta(days=30)


def a_month(count: int = 60) -> list[Resolution]:
    service = BusinessServiceFactory.create()
    people = PersonFactory.create_batch(12)
    rows = []
    for n in range(count):
        ticket = TicketFactory.create(
            service=service, requester=people[n % 12], kind="request" if n % 6 == 0 else "incident"
        )
        resolved_at = NOW - MONTH + timedelta(hours=11 * n + 1)
        rows.append(ResolutionFactory.create(ticket=ticket, resolved_at=resolved_at))
    return rows


def test_with_no_history_a_preview_says_so() -> None:
    version = create_default_survey(now=NOW)

    preview = preview_rule(version.survey.rules.get(), version, starts_at=NOW - MONTH, ends_at=NOW)

    assert (preview.resolved, preview.asked, preview.sentence) == (0, 0, "0 resolved, 0 asked")


def test_a_preview_counts_what_the_same_rule_then_decides() -> None:
    a_month()
    version = create_default_survey(now=NOW)
    preview = preview_rule(version.survey.rules.get(), version, starts_at=NOW - MONTH, ends_at=NOW)

    decide_resolutions(now=NOW, as_it_happened=True)

    decided = Counter(Decision.objects.values_list("reason", flat=True))
    assert {key: count for key, _, count in preview.by_reason} == dict(decided)
    assert preview.asked == Decision.objects.filter(is_asked=True).count()
    assert preview.people == Invitation.objects.values("person").distinct().count()
    assert len(decided) > 1


def test_a_preview_of_decided_history_forgets_what_was_sent_within_it() -> None:
    a_month()
    version = create_default_survey(now=NOW)
    decide_resolutions(now=NOW, as_it_happened=True)

    preview = preview_rule(version.survey.rules.get(), version, starts_at=NOW - MONTH, ends_at=NOW)

    assert preview.asked == Decision.objects.filter(is_asked=True).count()


def test_a_survey_sent_before_the_month_still_counts_for_rest() -> None:
    version = create_default_survey(now=NOW)
    person = PersonFactory.create()
    InvitationFactory.create(
        resolution__requester=person, resolution__resolved_at=NOW - MONTH - timedelta(days=1)
    )
    ResolutionFactory.create(requester=person, resolved_at=NOW - MONTH + timedelta(days=3))
    draft = draft_rule(version.survey, {"resting_share": 1e-6}, now=NOW)

    preview = preview_rule(draft, version, starts_at=NOW - MONTH, ends_at=NOW)

    assert preview.sentence == "1 resolved, 0 asked, 1 was asked lately"


def test_a_preview_writes_nothing(django_assert_max_num_queries: Any) -> None:
    a_month()
    version = create_default_survey(now=NOW)
    draft = draft_rule(version.survey, {"share": 0.5, "kinds": ["incident"]}, now=NOW)

    with django_assert_max_num_queries(10):
        preview = preview_rule(draft, version, starts_at=NOW - MONTH, ends_at=NOW)

    assert preview.resolved == 60
    assert "10 this kind of ticket is not asked about" in preview.sentence
    for model in (Decision, Invitation, Message, EvidenceChange):
        assert not model.objects.exists()
    assert SendingRule.objects.count() == 1


def test_a_change_is_the_next_version_and_the_old_one_stays() -> None:
    survey = default_survey()

    rule = adopt_rule(survey, {"quarter_cap": 3}, now=NOW)

    assert (rule.number, rule.quarter_cap, rule.rest_days) == (2, 3, 14)
    assert survey.rules.get(number=1).quarter_cap == 6


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"exclusion_order": ["opted_out"]}, "cannot be left out"),
        ({"works_from": "18:00"}, "end later"),
        ({"working_days": "8"}, "at least one working day"),
        ({"quiet_from": None}, "quiet_hours"),
        ({"full_moon": True}, "A rule has no 'full_moon'"),
        ({"share": 0}, "share"),
        ({"delay_minutes": "soon"}, "soon"),
        (
            {"delay_minutes": 24 * 60 + 1},
            "open until 8 days after the resolution, but results are final after 7",
        ),
        ({"delay_minutes": 2 * 10**9}, "Choose a shorter delay"),
        ({"rest_days": 10**4}, "at most 366 days"),
        ({"rest_days": float("inf")}, "infinity"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(changes: dict[str, Any], complaint: str) -> None:
    with pytest.raises(RuleError, match=complaint):
        adopt_rule(default_survey(), changes, now=NOW)


def test_the_log_names_the_version_whoever_adopted_it(agreement_admin: User) -> None:
    adopt_rule(default_survey(), {"quarter_cap": 3}, by=agreement_admin, now=NOW, details=[("cap", "6", "3")])

    change = ConfigurationChange.objects.get()
    assert (change.what, change.actor) == ("Version 2 adopted", agreement_admin)
    assert change.details == [["cap", "6", "3"]]


# --- pages and API


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_the_page_previews_and_adopts(agreement_admin: User) -> None:
    survey, client = default_survey(), signed_in(agreement_admin)
    page = client.get(f"/asking/rules/{survey.key}/")
    form = page.context["form"]
    values = {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}
    values |= {"quarter_cap": "4"}

    previewed = client.post(f"/asking/rules/{survey.key}/", values | {"preview": "yes"})

    words = previewed.content.decode()
    assert "With these rules in the last 30 days" in words
    assert re.search(r"Surveys per person and quarter.*<del>6</del>.*<ins>4</ins>", words)
    assert "1 change<" in words
    assert "Adopt as version 2" in words
    assert survey.rules.count() == 1

    client.post(f"/asking/rules/{survey.key}/", values | {"adopt": "yes"})

    newest = survey.rules.order_by("number").last()
    assert (newest.number, newest.quarter_cap, newest.exclusion_order) == (
        2,
        4,
        survey.rules.get(number=1).exclusion_order,
    )


def form_values(client: Client, key: str) -> dict[str, Any]:
    form = client.get(f"/asking/rules/{key}/").context["form"]
    return {name: form[name].value() for name in form.fields if form[name].value() not in (None, False)}


def test_a_preview_sets_what_was_beside_what_would_have_been(agreement_admin: User) -> None:
    survey, client = default_survey(), signed_in(agreement_admin)
    service = BusinessServiceFactory.create(survey=survey)
    for day in range(2, 6):
        ResolutionFactory.create(on_service=service, resolved_at=timezone.now() - timedelta(days=day))
    decide_resolutions(now=timezone.now(), as_it_happened=True)

    page = client.post(
        f"/asking/rules/{survey.key}/",
        form_values(client, survey.key) | {"kinds": ["request"], "preview": "yes"},
    )

    rows = {row.label: (row.was, row.would, row.change) for row in page.context["rows"]}
    assert rows == {"Asked": (4, 0, -4), "This kind of ticket is not asked about": (0, 4, 4)}
    assert "4 fewer than the 4 that went out" in page.content.decode()
    assert survey.rules.count() == 1


def test_shares_are_typed_in_per_cent_and_days_are_ticked(agreement_admin: User) -> None:
    survey, client = default_survey(), signed_in(agreement_admin)
    values = form_values(client, survey.key)
    assert (values["share"], values["resting_share"], values["working_days"]) == ("100", "10", list("12345"))

    changed = {"share": "12.5", "working_days": ["6", "1"], "adopt": "yes"}
    client.post(f"/asking/rules/{survey.key}/", values | changed)

    newest = survey.rules.order_by("number").last()
    assert (newest.number, newest.share, newest.working_days) == (2, 0.125, "16")
    change = ConfigurationChange.objects.get()
    assert ["Ask about, % of the tickets", "100", "12.5"] in change.details


def test_a_preview_of_nothing_changed_offers_nothing_to_adopt(agreement_admin: User) -> None:
    survey, client = default_survey(), signed_in(agreement_admin)

    page = client.post(f"/asking/rules/{survey.key}/", form_values(client, survey.key) | {"preview": "yes"})

    assert page.context["changes"] == []
    assert 'name="adopt"' not in page.content.decode()


def test_every_field_says_what_it_does(agreement_admin: User) -> None:
    form = signed_in(agreement_admin).get(f"/asking/rules/{default_survey().key}/").context["form"]

    assert [name for name, field in form.fields.items() if not field.help_text] == []


def test_only_those_who_set_up_see_the_rules(viewer: User, owner: User) -> None:
    survey = default_survey()
    for user in (viewer, owner):
        for path in ("", f"{survey.key}/"):
            assert signed_in(user).get(f"/asking/rules/{path}").status_code == 403
    assert Client().get("/asking/rules/").status_code == 302


def test_the_api_previews(agreement_admin: User, viewer: User) -> None:
    asked = {"survey": default_survey().key, "changes": {"share": 0.5}}
    send = {"data": asked, "content_type": "application/json"}

    found = signed_in(agreement_admin).post("/api/v1/sending-rules/preview/", **send)

    assert found.status_code == 200
    assert found.json()["resolved"] == 0
    assert signed_in(viewer).post("/api/v1/sending-rules/preview/", **send).status_code == 403


def test_the_api_says_what_is_wrong_with_a_rule(agreement_admin: User) -> None:
    asked = {"survey": default_survey().key, "changes": {"exclusion_order": []}}

    found = signed_in(agreement_admin).post(
        "/api/v1/sending-rules/preview/", data=asked, content_type="application/json"
    )

    assert found.status_code == 400
    assert "cannot be left out" in found.json()["error"]["fields"]["changes"][0]


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"survey": "nobodys"}', "There is no survey of this key."),
        ('{"survey": "a\\u0000"}', "Null characters are not allowed."),
        ('{"survey": "after-resolution", "changes": {"rest_days": 1e400}}', "infinity"),
    ],
    ids=["deep", "unknown", "zero character", "without end"],
)
def test_a_preview_of_nonsense_is_refused_in_words(agreement_admin: User, body: str, says: str) -> None:
    default_survey()

    refused = signed_in(agreement_admin).post(
        "/api/v1/sending-rules/preview/", body, content_type="application/json"
    )

    assert refused.status_code == 400
    assert says in refused.content.decode()
