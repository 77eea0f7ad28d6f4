"""Commands that act for a user (`--as USERNAME`) let each role see and do what the pages let it.

A command of ours that is added without a line here fails.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command, get_commands
from django.db import transaction

from experience.models import AgreementVersion, Measurement, ParameterSet
from experience.services.agreements import publish, write_draft
from experience.services.parameters import parameter_set_for
from experience.services.starter import starter_terms
from surveys.models import BusinessService, CommentReading, ConfigurationChange, Person, User
from tests.experience.factories import answer, measured
from tests.factories import NOW, PersonFactory
from tests.project import test_roles
from tests.project.test_roles import IN, REFUSED, World

pytestmark = pytest.mark.django_db
world = test_roles.world

ROLES = ("stranger", "owner", "teammate", "viewer", "agreement_admin", "administrator")
EXPECTATIONS = {
    "signed in": (IN, IN, IN, IN, IN, IN),
    "sets up": (REFUSED, REFUSED, REFUSED, REFUSED, IN, IN),
    "administers": (REFUSED, REFUSED, REFUSED, REFUSED, REFUSED, IN),
}
# What these do belongs to no user of the pages.
FOR_THE_OPERATOR = {
    "up": "starts the installation",
    "prepare": "starts the installation",
    "demo": "starts the installation",
    "load_demo": "fills an installation in which nobody is yet",
    "first_administrator": "for the time when there is no user",
    "read_bounces": "the worker's errand; names no service",
    "calibrate_sentiment": "the worker's errand; learns from every comment and shows none",
    "train_sentiment": "reads the repository alone",
    "score_comments": "reads a file alone",
}


@dataclass(frozen=True)
class OnBehalf:
    """Who may run a command, and with which arguments it is tried."""

    who: str
    args: Callable[[Path], list[str]] = field(default=lambda folder: [])


def _file(text: str) -> Callable[[Path], list[str]]:
    def arguments(folder: Path) -> list[str]:
        path = folder / "file.csv"
        path.write_text(text, encoding="utf-8")
        return [str(path)]

    return arguments


def _terms(action: str) -> Callable[[Path], list[str]]:
    def arguments(folder: Path) -> list[str]:
        path = folder / "agreements.yaml"
        call_command("agreements", "export", str(path))
        return [action, str(path)]

    return arguments


def _person(folder: Path) -> list[str]:
    return [Person.objects.get(name="Ada Asks").external_id]


TABLE = {
    "agreements export": OnBehalf("signed in", _terms("export")),
    "agreements lint": OnBehalf("sets up", _terms("lint")),
    "agreements diff": OnBehalf("sets up", _terms("diff")),
    "agreements rehearse": OnBehalf("sets up", _terms("rehearse")),
    "agreements apply": OnBehalf("sets up", _terms("apply")),
    "verify": OnBehalf("signed in"),
    "measure": OnBehalf("sets up"),
    "rebuild_evidence": OnBehalf("administers"),
    "import_tickets": OnBehalf("sets up", _file("number,state,business_service,caller_id,opened_at\n")),
    "import_answers": OnBehalf("sets up", _file("number,answered_at,rating\n")),
    "import_people": OnBehalf("sets up", _file("external_id,email\nu-9,nine@example.org\n")),
    "import_sla_report": OnBehalf("sets up", _file("service,month,kind,share\n")),
    "sample": OnBehalf("sets up", lambda folder: ["remove"]),
    "export_person": OnBehalf("administers", _person),
    "erase_person": OnBehalf("administers", lambda folder: [*_person(folder), "--yes"]),
}


def run(name: str, *arguments: str, user: User | None) -> str:
    """Run a command for a user and return what it says."""
    out = StringIO()
    command, *action = name.split()
    named = [] if user is None else ["--as", user.username]
    # A result that the test made up cannot be verified, which ends that command with 1.
    with suppress(SystemExit):
        call_command(command, *action, *arguments, *named, stdout=out, stderr=StringIO())
    return out.getvalue()


def outcome(name: str, arguments: list[str], user: User) -> str:
    refused = f"{user.username} may not do this: the role {user.get_role_display()} does not allow it."
    try:
        run(name.split()[0], *arguments, user=user)
    except CommandError as error:
        if str(error) != refused:
            raise
        return REFUSED
    return IN


@pytest.fixture
def foreign(world: World) -> BusinessService:
    """Another's service with an agreement and a result of its own."""
    service = BusinessService.objects.get(key="foreign")
    terms = replace(starter_terms(NOW.date()), key="theirs", covers_rest=False, services=(service.key,))
    publish(write_draft(terms, by=None), by=None, now=NOW)
    measured(service)
    return service


def test_every_command_has_an_expectation() -> None:
    apps = ("surveys", "experience", "xla_service")
    ours = {name for name, app in get_commands().items() if app in apps}

    assert ours == {name.split()[0] for name in TABLE} | set(FOR_THE_OPERATOR)


@pytest.mark.parametrize("name", sorted(TABLE))
def test_each_role_meets_what_is_expected_of(name: str, world: World, tmp_path: Path) -> None:
    PersonFactory.create(name="Ada Asks")
    ParameterSet.objects.update(values=parameter_set_for(NOW.date() - timedelta(days=1), now=NOW).values)
    arguments = TABLE[name].args(tmp_path)
    met = {}
    for role in ROLES:
        with transaction.atomic():  # each role finds the world as it was
            met[role] = outcome(name, arguments, world.users[role])
            transaction.set_rollback(True)

    assert met == dict(zip(ROLES, EXPECTATIONS[TABLE[name].who], strict=True))


@pytest.mark.parametrize("role", ROLES)
def test_an_export_holds_the_agreements_of_own_services_alone(
    role: str, world: World, foreign: BusinessService
) -> None:
    text = run("agreements export", "-", user=world.users[role])

    sees_own, sees_foreign = role != "stranger", role not in ("owner", "teammate")
    assert ("agreement: own" in text, "agreement: theirs" in text) == (sees_own, sees_foreign)


@pytest.mark.parametrize("role", ROLES)
def test_a_foreign_agreement_that_is_asked_for_by_name_is_not_there(
    role: str, world: World, foreign: BusinessService
) -> None:
    is_refused = role in ("owner", "teammate")
    if is_refused:
        with pytest.raises(CommandError, match="No agreement has the key theirs"):
            run("agreements export", "-", "--agreement", "theirs", user=world.users[role])
    else:
        assert "theirs" in run("agreements export", "-", "--agreement", "theirs", user=world.users[role])


@pytest.mark.parametrize("role", ROLES)
def test_verifying_takes_the_results_of_own_services_alone(
    role: str, world: World, foreign: BusinessService
) -> None:
    own = Measurement.objects.published().filter(service=world.service).count()
    theirs = Measurement.objects.published().filter(service=foreign).count()
    said = run("verify", user=world.users[role])

    assert 0 not in (own, theirs)
    expected = own * (role != "stranger") + theirs * (role not in ("owner", "teammate"))
    assert said.startswith(f"{expected} results verified")


def test_a_name_that_nobody_has_and_an_account_that_is_off_are_refused_in_words(owner: User) -> None:
    with pytest.raises(CommandError, match="no user 'nobody'.*Users lists them"):
        call_command("verify", "--as", "nobody")
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="may not sign in any more"):
        call_command("verify", "--as", owner.username)


def test_whoever_applies_a_file_is_named_as_who_drafted_it(world: World, tmp_path: Path) -> None:
    path = tmp_path / "agreements.yaml"
    run("agreements export", str(path), "--agreement", "own", user=None)
    later = re.sub(r"valid_from: \S+", "valid_from: 2099-01-01", path.read_text(encoding="utf-8"))
    path.write_text(later, encoding="utf-8")

    run("agreements apply", str(path), user=world.users["agreement_admin"])

    drafted = AgreementVersion.objects.drafts().get(agreement__key="own")
    assert drafted.drafted_by == world.users["agreement_admin"]


def test_handing_out_a_person_notes_who_read_the_comments(world: World) -> None:
    response = answer(world.service, rating=2, comment="Call me on 0170 1234567")
    assert response.resolution is not None
    person = response.resolution.person

    run("export_person", person.external_id, user=world.users["administrator"])

    noted = CommentReading.objects.get()
    assert (noted.user, noted.service, noted.comment_count) == (
        world.users["administrator"],
        world.service,
        1,
    )


def test_erasing_a_person_stands_in_the_audit_log_without_the_name(world: World) -> None:
    person = PersonFactory.create(external_id="u-ada")

    run("erase_person", "u-ada", "--yes", user=world.users["administrator"])

    person.refresh_from_db()
    change: Any = ConfigurationChange.objects.get(what="Erased")
    assert (change.actor, change.subject) == (
        world.users["administrator"],
        f"person {person.external_id}",
    )
    assert "u-ada" not in change.subject
