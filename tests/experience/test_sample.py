"""The sample: stands beside own data without touching it, mails nobody, and leaves without a trace."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from experience.demo import sample as sample_module
from experience.demo.load import NotEmptyError, load_demo
from experience.demo.sample import load_sample
from experience.demo.sample_removal import remove_sample
from experience.models import Measurement, ParameterSet
from experience.selectors.set_up import sample_services
from experience.services import gaps
from experience.services.agreements import write_draft
from experience.services.judge import refresh
from experience.services.library import install_indicators
from experience.services.measure import measure_all
from experience.services.parameters import parameter_set_for
from experience.services.starter import create_starter_agreements, starter_terms
from experience.tasks import run_jobs
from surveys.models import BusinessService, Invitation, Job, Message, Person, Response, Ticket, User
from surveys.services.changes import mark_changed
from surveys.services.decide import decide_resolutions
from surveys.services.jobs import JobRefusedError
from surveys.services.remind import put_reminders
from tests.experience.factories import measured, starter
from tests.factories import BusinessServiceFactory, InvitationFactory, ResolutionFactory, ResponseFactory
from xla_service.moments import organisation_day

pytestmark = pytest.mark.django_db

# What remembers that the sample was there, on purpose, and what belongs to the product.
REMEMBERS = {"surveys.configurationchange", "surveys.job", "experience.indicator"}


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Room bookings alone, so that a test takes seconds."""
    chosen = {"room-booking": sample_module._CHOSEN["room-booking"]}
    monkeypatch.setattr(sample_module, "_CHOSEN", chosen)


def silent(stage: str, done: int, total: int) -> None:
    """Watch nothing."""


def load() -> dict[str, int]:
    return load_sample(now=timezone.now(), by=None, progress=silent)


def remove() -> dict[str, int]:
    return remove_sample(now=timezone.now(), by=None, progress=silent)


@pytest.fixture
def own() -> BusinessService:
    """A service with answers, measured today, and a person whose address looks like the sample's."""
    service = BusinessServiceFactory.create(key="mine", name="Mine")
    now = timezone.now()
    create_starter_agreements(now=now, valid_from=now.date() - timedelta(days=60))
    for day in range(1, 13):
        resolved_at = now - timedelta(days=day)
        resolution = ResolutionFactory.create(
            on_service=service, resolved_at=resolved_at, resolved_on=resolved_at.date()
        )
        ResponseFactory.create(invitation=InvitationFactory.create(resolution=resolution), rating=4)
        mark_changed({(service.pk, resolved_at.date())})
    Person.objects.create(external_id="Sample caller 1 of ours", email="somebody@example.org")
    refresh(now=now)
    return service


def everything() -> dict[str, Any]:
    """Return every row of every table, column by column."""
    return {
        model._meta.label_lower: list(model._base_manager.order_by("pk").values())
        for app in ("surveys", "experience")
        for model in apps.get_app_config(app).get_models()
        if model._meta.label_lower not in REMEMBERS
    }


# --- beside own data ----------------------------------------------------------------------------------------


def test_removing_the_sample_leaves_every_other_row_as_it_was(own: BusinessService) -> None:
    before = everything()

    load()
    assert Ticket.objects.filter(source="sample").count() > 300
    assert Measurement.objects.filter(service__is_sample=True).exists()
    assert {name for name, rows in everything().items() if rows != before[name]} > {
        "surveys.ticket",
        "surveys.response",
        "experience.measurement",
    }
    remove()

    after = everything()
    assert {name for name in before if after[name] != before[name]} == set()


def test_in_an_empty_installation_nothing_is_left_either() -> None:
    before = everything()

    load()
    remove()

    assert {name for name, rows in everything().items() if rows != before[name]} == set()


def test_estimates_of_other_services_do_not_know_the_sample(own: BusinessService) -> None:
    tomorrow = organisation_day(timezone.now()) + timedelta(days=1)
    alone = parameter_set_for(tomorrow, now=timezone.now()).values
    ParameterSet.objects.filter(made_on=tomorrow).delete()

    load()

    assert parameter_set_for(tomorrow, now=timezone.now()).values == alone


def test_sample_services_are_tested_apart_from_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one family, eight hopeless services would carry a doubtful one over the line."""
    discovered: list[Measurement] = []
    monkeypatch.setattr(gaps, "refresh_gaps", lambda found, **_: discovered.extend(found) or 0)
    doubtful = BusinessServiceFactory.create(key="doubtful")
    version = starter()
    months = [
        measured(
            service,
            agreement_version=version,
            period=Measurement.Period.MONTH,
            p_below=p_below,
            n_effective=40,
            sla_status="green",
        )
        for service, p_below in [
            (doubtful, 0.085),
            *((BusinessServiceFactory.create(is_sample=True), 1e-9) for _ in range(8)),
            (BusinessServiceFactory.create(), 0.9),
        ]
    ]

    gaps.close_month(months, as_of=months[0].ends_on + timedelta(days=8), now=timezone.now())

    assert len(discovered) == 8
    assert doubtful not in {m.service for m in discovered}


# --- what it is ---------------------------------------------------------------------------------------------


def test_the_sample_signs_nobody_in_and_mails_nobody() -> None:
    load()
    put_reminders(now=timezone.now())
    decide_resolutions(now=timezone.now())

    assert Invitation.objects.exists()
    assert Response.objects.filter(is_simulated=True).count() == Response.objects.count() > 50
    assert not Message.objects.exists()
    assert not User.objects.exists()


def test_every_service_of_it_is_marked() -> None:
    load()

    assert [(s.key, s.name, s.is_sample) for s in sample_services()] == [
        ("sample-room-booking", "Sample: Room Booking", True)
    ]


def test_the_sweep_leaves_a_sample_that_is_being_loaded_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    loading = BusinessServiceFactory.create(is_sample=True, lifecycle="pipeline")
    ResolutionFactory.create(on_service=loading)
    other = ResolutionFactory.create()

    assert decide_resolutions(now=timezone.now()) == 1
    other.refresh_from_db()
    assert other.is_decided


def test_own_tickets_that_wait_for_a_decision_are_not_decided_by_the_load() -> None:
    waiting = ResolutionFactory.create(resolved_at=timezone.now())

    load()

    waiting.refresh_from_db()
    assert not waiting.is_decided


def test_the_sample_is_loaded_once_and_beside_no_demo() -> None:
    call_command("sample", "load", stdout=StringIO())

    with pytest.raises(CommandError, match="already"):
        call_command("sample", "load", stdout=StringIO())
    with pytest.raises(NotEmptyError, match="sample load"):
        load_demo(now=timezone.now(), say=print, environment={"XLA_DATA_DIR": "nowhere-at-all"})

    call_command("sample", "remove", stdout=StringIO())
    assert not BusinessService.objects.exists()


def test_a_load_that_was_interrupted_is_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    def power_cut(*args: Any, **named: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(sample_module, "send_answers", power_cut)
        with pytest.raises(KeyboardInterrupt):
            load()

    assert load()["answers"] > 50


def test_what_came_to_hang_on_a_sample_service_keeps_the_sample(own: BusinessService) -> None:
    load()
    ticket = ResolutionFactory.create(on_service=sample_services()[0]).ticket
    with pytest.raises(JobRefusedError, match="Tickets of 'servicenow' belong to"):
        remove()

    Ticket.objects.filter(pk=ticket.pk).update(service=own)
    ticket.resolutions.update(service=own)
    terms = starter_terms(timezone.now().date())
    mixed = replace(terms, key="mixed", covers_rest=False, services=("sample-room-booking",))
    write_draft(mixed, by=None)
    with pytest.raises(JobRefusedError, match="names a sample service"):
        remove()

    assert len(sample_services()) == 1


# --- from the guide -----------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> Client:
    client.force_login(agreement_admin)
    return client


def test_the_guide_loads_the_sample_and_removes_it_once_confirmed(admin: Client) -> None:
    admin.post(reverse("setup-sample"), {"load": "1"})
    assert "begins in a few seconds" in admin.get(reverse("setup")).content.decode()
    run_jobs()
    assert "1 sample service is here" in admin.get(reverse("setup")).content.decode()
    assert "Sample: Room Booking" in admin.get(reverse("portfolio")).content.decode()

    unsure = admin.post(reverse("setup-sample"), {"remove": "1"}, follow=True)
    assert "tick that you are sure" in unsure.content.decode()
    assert not Job.objects.unfinished().exists()

    admin.post(reverse("setup-sample"), {"remove": "1", "sure": "on"})
    run_jobs()
    words = admin.get(reverse("setup")).content.decode()
    assert "The sample data is gone" in words
    assert not BusinessService.objects.exists()


def test_loading_and_removing_wait_for_each_other(admin: Client) -> None:
    admin.post(reverse("setup-sample"), {"load": "1"})

    response = admin.post(reverse("setup-sample"), {"remove": "1", "sure": "on"}, follow=True)

    assert "Wait until that is done" in response.content.decode()
    assert Job.objects.count() == 1


def test_the_library_stays(own: BusinessService) -> None:
    before = {indicator.pk for indicator in install_indicators().values()}

    load()
    remove()

    assert {indicator.pk for indicator in install_indicators().values()} == before


def test_results_of_own_services_stay_the_same_beside_the_sample(own: BusinessService) -> None:
    today = organisation_day(timezone.now())
    before = {m.pk: m.input_hash for m in Measurement.objects.filter(service=own)}

    load()
    measure_all(as_of=today, now=timezone.now())

    assert {m.pk: m.input_hash for m in Measurement.objects.filter(service=own)} == before
