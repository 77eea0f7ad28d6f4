"""Who may open what: every address of the URL table, for every role, with an own and a foreign object.

A page that is added without a line here fails. Each line names the expectation and how to reach the page.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from experience.models import (
    Agreement,
    BusinessGoal,
    Gap,
    Improvement,
    PrometheusQuery,
    SavedView,
    Sla,
    SuccessFactor,
)
from experience.services.agreements import publish, write_draft
from experience.services.starter import starter_terms
from surveys.models import (
    BusinessService,
    Contradiction,
    ExclusionProposal,
    FollowUp,
    FollowUpReceiver,
    HookDelivery,
    HookKind,
    IntakeSource,
    Job,
    ServiceNotice,
    SilentSample,
    Ticket,
    User,
)
from surveys.services.api_keys import create_key
from surveys.services.jobs import start_job
from surveys.services.webhooks import put_delivery
from tests.experience.factories import answer, gap, measured
from tests.factories import NOW, PersonFactory, ResolutionFactory, default_survey

pytestmark = pytest.mark.django_db

ROLES = ("nobody", "stranger", "owner", "teammate", "viewer", "agreement_admin", "administrator")
SIGN_IN, NOT_FOUND, REFUSED, IN = "sign in", "not found", "refused", "in"

# What each role meets: nobody is not signed in, the stranger owns another service, owner and teammate look
# after the one that the object belongs to.
EXPECTATIONS = {
    "everybody": (IN,) * 7,
    "signed in": (SIGN_IN, IN, IN, IN, IN, IN, IN),
    "reads own": (SIGN_IN, NOT_FOUND, IN, IN, IN, IN, IN),
    "acts on own": (SIGN_IN, NOT_FOUND, IN, IN, REFUSED, IN, IN),
    "owns the view": (SIGN_IN, NOT_FOUND, IN, NOT_FOUND, NOT_FOUND, NOT_FOUND, NOT_FOUND),
    "API signed in": (SIGN_IN, IN, IN, IN, IN, IN, IN),
    "API reads own": (SIGN_IN, NOT_FOUND, IN, IN, IN, IN, IN),
    "API sets up": (SIGN_IN, REFUSED, REFUSED, REFUSED, REFUSED, IN, IN),
    "sets up": (SIGN_IN, REFUSED, REFUSED, REFUSED, REFUSED, IN, IN),
    "administers": (SIGN_IN, REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, IN),
}


@dataclass(frozen=True)
class World:
    """The objects that addresses lead to; all belong to `owner` and her team."""

    service: BusinessService
    gap: Gap
    improvement: Improvement
    view: SavedView
    agreement: Agreement
    ticket: Ticket
    users: dict[str, User]


@dataclass(frozen=True)
class Access:
    """The expectation for one address, and how to reach it."""

    who: str
    method: str = "get"
    args: Callable[[World], list[Any]] = field(default=lambda world: [])
    data: dict[str, Any] = field(default_factory=dict)


def _service(world: World) -> list[Any]:
    return [world.service.key]


def _gap(world: World) -> list[Any]:
    return [world.gap.pk]


def _sla(world: World) -> list[Any]:
    sla = Sla.objects.create(service=world.service, valid_from=NOW.date(), target_share=0.9)
    return [world.service.key, sla.pk]


def _silent(world: World) -> list[Any]:
    SilentSample.objects.create(
        service=world.service, starts_on="2026-05-01", ends_on="2026-05-31", scale="satisfaction",
        asked_count=9, rating_counts=[0] * 5, seed="s", frame=[], drawn_by=world.users["owner"],
        drawn_at=NOW, closes_at=NOW,
    )  # fmt: skip
    return [world.service.key, "2026-05"]


def _notice(world: World) -> list[Any]:
    wording = {"en": "New printers."}
    return [ServiceNotice.objects.create(service=world.service, wording=wording, shown_from=NOW.date()).pk]


def _contradiction(world: World) -> list[Any]:
    response = answer(world.service, rating=5, comment="Terrible")
    kind = Contradiction.Kind.HAPPY_RATING
    return [Contradiction.objects.create(response=response, kind=kind, found_at=NOW).response_id]


def _proposal(world: World) -> list[Any]:
    person = PersonFactory.create()
    return [
        ExclusionProposal.objects.create(person=person, ticket_count=9, usual_count=1, proposed_at=NOW).pk
    ]


def _api_key(world: World) -> list[Any]:
    user = world.users["viewer"]
    key, _ = create_key(name="Script", scopes=[], user=user, expires_at=None, by=user, now=NOW)
    return [key.pk]


def _source(world: World) -> list[Any]:
    IntakeSource.objects.get_or_create(key="desk", name="Desk", preset="generic", secret="s" * 16)
    return ["desk"]


def _agreement(world: World) -> list[Any]:
    return [world.agreement.key]


def _prometheus_query(world: World) -> list[Any]:
    given = {"kind": "up", "address": "http://127.0.0.1:9", "expression": "up", "asked_until": NOW}
    return [PrometheusQuery.objects.create(service=world.service, **given).pk]


def _follow_up(world: World) -> FollowUp:
    receiver, _ = FollowUpReceiver.objects.get_or_create(name="Desk", email="desk@example.org")
    return FollowUp.objects.create(
        resolution=ResolutionFactory.create(on_service=world.service),
        service=world.service,
        receiver=receiver,
        told_at=NOW,
        due_at=NOW,
    )


def _hook() -> FollowUpReceiver:
    hook = {"webhook_url": "http://127.0.0.1:9/hook", "webhook_secret": "s" * 16}
    given = {"name": "Network", "email": "network@example.org", **hook}
    return FollowUpReceiver.objects.get_or_create(assignment_group="Network", defaults=given)[0]


def _delivery() -> HookDelivery:
    put_delivery(_hook(), HookKind.GAP_CLOSED, {}, key="gap-1-1", subject="E-mail", now=NOW)
    return HookDelivery.objects.get()


def _factor() -> SuccessFactor:
    goal, _ = BusinessGoal.objects.get_or_create(name="People get back to work quickly")
    return SuccessFactor.objects.get_or_create(goal=goal, value_stream="detect_to_correct", name="Fast")[0]


def _job() -> Job:
    return start_job(Job.Kind.TICKET_IMPORT, by=None, now=NOW)


# Addresses outside this table of roles, and what guards them instead.
GUARDED_OTHERWISE = {
    "answer": "the token of the invitation",
    "answer-again": "the token of the invitation, once its person was drawn",
    "answer-contact": "the token of the invitation",
    "answer-meant": "the token of the invitation",
    "answer-mended": "the token of the invitation",
    "answer-thanks": "the token of the invitation",
    "answer-click": "the token of the invitation",
    "answer-more": "the token of the invitation",
    "unsubscribe": "the token of the invitation",
    "feedback": "open to everybody, rate-limited",
    "rate": "the signature of the source",
    "api-answers": "the signature of the source",
    "intake": "the signature of the source",
    "signals": "the signature of the source",
    "texts": "the signature of the source",
    "api-people": "the session; see tests/surveys/test_directory.py",
    "api-schema": "open to everybody; says nothing about this installation",
    "sign-in": "open to everybody",
    "sign-in-code": "the password given before; see tests/project/test_sign_in.py",
    "oidc-begin": "open to everybody where a provider is set; see tests/project/test_oidc.py",
    "oidc-callback": "the answer of the provider; see tests/project/test_oidc.py",
    "lost-password": "open to everybody, rate-limited",
    "welcome": "the token in the mail",
    "survey-preview-style": "open to everybody, like the stylesheet it is made from",
    "survey-trial": "the signed code in the trial mail; stores nothing",
    "first-sign-in": "the signed code that the launcher prints, while there is no user",
    "sign-out": "ends a session only",
    "mailbox": "only beside a local mail sink; see tests/project/test_mailbox.py",
    "mail": "only beside a local mail sink; see tests/project/test_mailbox.py",
    "mail-html": "only beside a local mail sink; see tests/project/test_mailbox.py",
}
TABLE = {
    "portfolio": Access("signed in"),
    "portfolio-export": Access("signed in", args=lambda world: ["csv"]),
    "view-save": Access("signed in", "post", data={"name": "Mine"}),
    "view-rename": Access("owns the view", "post", lambda world: [world.view.pk], {"name": "Yours"}),
    "view-drop": Access("owns the view", "post", lambda world: [world.view.pk]),
    "service": Access("reads own", args=_service),
    "service-answers": Access("reads own", args=_service),
    "service-tab": Access("reads own", args=lambda world: [world.service.key, "compare"]),
    "silent-sample": Access("acts on own", args=_silent),
    "silent-list": Access("acts on own", args=_silent),
    "silent-draw": Access("acts on own", "post", _service),
    "silent-step": Access("acts on own", "post", lambda world: [*_silent(world), "end"]),
    "comments": Access("signed in"),
    "comment-looked-at": Access("acts on own", "post", _contradiction),
    "gaps": Access("signed in"),
    "gap": Access("reads own", args=_gap),
    "gap-take": Access("acts on own", "post", _gap),
    "gap-give": Access("acts on own", "post", _gap),
    "gap-set-aside": Access("acts on own", "post", _gap, {"reason": "Known"}),
    "gap-undo": Access("acts on own", "post", _gap),
    "gap-plan": Access("acts on own", "post", _gap),
    "improvements": Access("signed in"),
    "improvement-step": Access("acts on own", "post", lambda world: [world.improvement.pk, "give-up"]),
    "agreements": Access("signed in"),
    "agreement": Access("reads own", args=_agreement),
    "agreement-results": Access("reads own", args=_agreement),
    "agreement-new": Access("sets up"),
    "agreement-edit": Access("sets up", args=_agreement),
    "agreement-rehearsal": Access("sets up", "post", _agreement),
    "agreement-propose": Access("sets up", "post", _agreement),
    "agreement-undo": Access("sets up", "post", _agreement),
    "api-why-asked": Access("API reads own", args=lambda world: [world.ticket.number]),
    "api-preview-rule": Access("API sets up", "post"),
    "api-results": Access("API signed in"),
    "prometheus": Access("sets up"),
    "prometheus-remove": Access("sets up", "post", _prometheus_query),
    "executive-operations": Access("signed in"),
    "metrics": Access("API signed in"),
    "inbound": Access("sets up"),
    "sources": Access("sets up"),
    "source-new": Access("sets up"),
    "source": Access("sets up", args=_source),
    "source-preview": Access("sets up", "post", _source),
    "source-secret": Access("sets up", "post", _source),
    "source-switch": Access("sets up", "post", _source),
    "source-alias": Access("sets up", "post", _source),
    "inbound-replay": Access("sets up", "post"),
    "health": Access("administers"),
    "catalogue": Access("sets up"),
    "catalogue-service": Access("sets up", args=_service),
    "sla-take-back": Access("sets up", "post", _sla),
    "setup": Access("sets up"),
    "setup-services": Access("sets up"),
    "setup-tickets": Access("sets up"),
    "setup-survey": Access("sets up"),
    "setup-agreement": Access("sets up"),
    "setup-result": Access("sets up"),
    "setup-sample": Access("sets up", "post", data={"load": "1"}),
    "job": Access("sets up", args=lambda world: [_job().pk]),
    "kpi-tree": Access("signed in"),
    "kpi-goal-new": Access("sets up"),
    "kpi-goal": Access("sets up", args=lambda world: [_factor().goal_id]),
    "kpi-goal-remove": Access("sets up", "post", lambda world: [_factor().goal_id]),
    "kpi-factor-new": Access("sets up", args=lambda world: [_factor().goal_id]),
    "kpi-factor": Access("sets up", args=lambda world: [_factor().pk]),
    "kpi-factor-remove": Access("sets up", "post", lambda world: [_factor().pk]),
    "executive": Access("signed in"),
    "reviews": Access("signed in"),
    "review": Access("reads own", args=lambda world: [world.service.key, "2026-05"]),
    "users": Access("administers"),
    "user-change": Access("administers", "post", lambda world: [world.users["viewer"].pk]),
    "audit-log": Access("administers"),
    "account": Access("signed in"),
    "password-change": Access("signed in", "post"),
    "second-factor": Access("signed in"),
    "second-factor-change": Access("signed in", "post"),
    "api-keys": Access("administers"),
    "api-key-revoke": Access("administers", "post", _api_key),
    "answer-audit": Access("sets up"),
    "notices": Access("sets up"),
    "notice-take-back": Access("sets up", "post", _notice),
    "open-feedback": Access("sets up"),
    "feedback-qr": Access("sets up", args=lambda world: [world.service.key]),
    "feedback-card": Access("sets up", args=lambda world: [world.service.key]),
    "follow-ups": Access("signed in"),
    "follow-up-done": Access("acts on own", "post", lambda world: [_follow_up(world).pk]),
    "receiver-name": Access("sets up", "post"),
    "receiver-take-away": Access("sets up", "post", lambda world: [_follow_up(world).receiver_id]),
    "webhooks": Access("sets up"),
    "webhook-test": Access("sets up", "post", lambda world: [_hook().pk]),
    "webhook-switch": Access("sets up", "post", lambda world: [_hook().pk]),
    "webhook-secret": Access("sets up", "post", lambda world: [_hook().pk]),
    "webhook-take-away": Access("sets up", "post", lambda world: [_hook().pk]),
    "webhook-kinds": Access("sets up", "post", lambda world: [_hook().pk]),
    "webhook-again": Access("sets up", "post", lambda world: [_follow_up(world).pk]),
    "webhook-delivery-again": Access("sets up", "post", lambda world: [_delivery().pk]),
    "why-asked": Access("signed in"),
    "sending-rules": Access("sets up"),
    "surveys": Access("sets up"),
    "survey-new": Access("sets up"),
    "survey-design": Access("sets up", args=lambda world: [default_survey().key]),
    "survey-versions": Access("sets up", args=lambda world: [default_survey().key]),
    "survey-preview": Access("sets up", args=lambda world: [default_survey().key, "page"]),
    "translations": Access("sets up"),
    "translation": Access("sets up", args=lambda world: [default_survey().key, "de"]),
    "sending-rule": Access("sets up", args=lambda world: [default_survey().key]),
    "failed-mail": Access("sets up"),
    "send-failed-again": Access("sets up", "post"),
    "people": Access("sets up"),
    "people-import": Access("sets up", "post"),
    "proposal-settle": Access("sets up", "post", _proposal),
    "person-history": Access("sets up", args=lambda world: [PersonFactory.create().pk]),
    "person-export": Access("administers", args=lambda world: [PersonFactory.create().pk]),
    "person-erase": Access("administers", "post", lambda world: [PersonFactory.create().pk]),
    "design-system": Access("administers"),
}


def names(patterns: Any) -> Iterator[str]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != "admin":
                yield from names(pattern.url_patterns)
        elif isinstance(pattern, URLPattern):
            yield pattern.name or str(pattern.pattern)


@pytest.fixture
def world(
    service: BusinessService,
    owner: User,
    teammate: User,
    stranger: User,
    viewer: User,
    agreement_admin: User,
    administrator: User,
) -> World:
    BusinessService.objects.create(key="foreign", name="Foreign", owner=stranger)
    found = gap(service, last_measurement=measured(service))
    improvement = Improvement.objects.create(
        service=service, gap=found, triggered_on=NOW.date(), what="Replace the queue",
        due_on=NOW.date() + timedelta(days=9), expected_points=5, planned_at=NOW,
    )  # fmt: skip
    users = (stranger, owner, teammate, viewer, agreement_admin, administrator)
    BusinessService.objects.filter(pk=service.pk).update(survey=default_survey())
    ticket = ResolutionFactory.create(on_service=BusinessService.objects.get(pk=service.pk)).ticket
    view = SavedView.objects.create(user=owner, name="Mine")
    return World(
        service, found, improvement, view, _agreed(service), ticket, dict(zip(ROLES[1:], users, strict=True))
    )


def _agreed(service: BusinessService) -> Agreement:
    """An agreement for the one service alone."""
    terms = replace(starter_terms(NOW.date()), key="own", covers_rest=False, services=(service.key,))
    return publish(write_draft(terms, by=None), by=None, now=NOW).agreement


def outcome(response: Any) -> str:
    if response.status_code == 302 and response.headers["Location"].startswith(
        ("/sign-in/", "/admin/login/")
    ):
        return SIGN_IN
    assert response.status_code < 500
    return {401: SIGN_IN, 403: REFUSED, 404: NOT_FOUND}.get(response.status_code, IN)


def test_every_address_has_an_expectation() -> None:
    there = set(names(get_resolver().url_patterns))
    known = {*TABLE, *GUARDED_OTHERWISE}

    assert there - known == set(), "Write into this file who may open these addresses."
    assert known - there == set(), "These addresses are gone."


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_role_meets_what_is_expected_at(name: str, world: World, client: Client) -> None:
    access = TABLE[name]
    address = reverse(name, args=access.args(world))
    met = {}
    for role in ROLES:
        client.logout()
        if role in world.users:
            client.force_login(world.users[role])
        with transaction.atomic():  # each role finds the world as it was
            met[role] = outcome(getattr(client, access.method)(address, access.data))
            transaction.set_rollback(True)

    assert met == dict(zip(ROLES, EXPECTATIONS[access.who], strict=True))


@pytest.mark.parametrize("role", ROLES)
def test_the_django_administration_is_for_administrators_alone(
    role: str, world: World, client: Client
) -> None:
    User.objects.exclude(role="administrator").update(is_staff=True)  # a flag is neither enough nor needed
    if role in world.users:
        client.force_login(world.users[role])

    met = outcome(client.get(reverse("admin:index")))

    assert met == (IN if role == "administrator" else SIGN_IN)


def test_a_list_shows_the_own_service_and_never_a_foreign_one(world: World, client: Client) -> None:
    foreign = BusinessService.objects.get(key="foreign")
    gap(foreign, last_measurement=measured(foreign))
    for role in ("stranger", "owner", "teammate"):
        client.force_login(world.users[role])
        for name in ("portfolio", "gaps"):
            words = client.get(reverse(name)).content.decode()
            assert ("Foreign" in words, "E-mail" in words) == (role == "stranger", role != "stranger")
