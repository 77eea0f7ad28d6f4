"""Agreements as code: every problem has its line, what is exported reads back, applying is all or nothing."""

from __future__ import annotations

import json
import re
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from experience.engine.agreement_file import read_agreements, written
from experience.engine.agreement_terms import AgreedIndicator, Exclusion
from experience.models import Agreement, AgreementVersion
from experience.selectors.agreements import published_version, version_terms
from experience.services.agreement_files import (
    FileError,
    apply,
    diff,
    export_agreements,
    lint,
    rehearse_file,
)
from experience.services.library import install_indicators
from surveys.models import User
from tests.experience.scenes import agreed
from tests.factories import NOW, BusinessServiceFactory, UserFactory

pytestmark = pytest.mark.django_db
TODAY = NOW.date()
DOCS = Path(__file__).resolve().parents[2] / "docs" / "agreements.md"
SMALL = """\
agreement: workplace
name: Workplace
ambition: People get on with their work.
valid_from: 2026-07-01
services: [printing]
weights: {X: 0.7, O: 0.3}
indicators:
  rating: {weight: 3, target: 4.3}
  user_clock:
"""


@pytest.fixture(autouse=True)
def catalogue() -> None:
    install_indicators()
    BusinessServiceFactory.create(key="printing")
    BusinessServiceFactory.create(key="e-mail")


@pytest.fixture
def ann() -> User:
    return UserFactory.create(username="ann", role=User.Role.AGREEMENT_ADMIN)


def applied(text: str, *, publishes: bool = True, by: User | None = None) -> list[tuple[str, str, int]]:
    done = apply(text, by=by, today=TODAY, now=NOW, publishes=publishes)
    return [(each.key, each.outcome, each.number) for each in done]


def problems(text: str) -> list[tuple[int, str]]:
    return [(p.line, p.message) for p in lint(text, today=TODAY)]


def example() -> str:
    [text] = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), flags=re.DOTALL)
    return str(text)


# --- the documented example ---------------------------------------------------------------------------------


def test_the_documented_example_lints_and_applies(ann: User) -> None:
    assert problems(example()) == []

    assert applied(example(), by=ann) == [("workplace", "published", 1), ("new-joiner", "published", 1)]

    workplace = published_version(Agreement.objects.get(key="workplace"))
    assert workplace is not None
    terms = version_terms(workplace)
    assert terms.indicators[2] == AgreedIndicator("lost_time", 1, target=90, ceiling=20)
    assert terms.exclusions == (Exclusion(date(2026, 5, 3), date(2026, 5, 4), "Fire in the data centre"),)
    assert (terms.owner, terms.agreed_on, terms.is_primary) == ("ann", date(2026, 5, 20), True)


def test_the_documented_example_names_every_key() -> None:
    table = "\n".join(
        line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `")
    )
    documents, _ = read_agreements(example())

    assert {path for d in documents for path in d.lines if re.fullmatch(r"\w+", path)} <= set(
        re.findall(r"`(\w+)`", table)
    )


def test_what_is_exported_reads_back_as_the_same_terms(ann: User) -> None:
    applied(example(), by=ann)

    text = export_agreements(Agreement.objects.order_by("key"))

    assert problems(text) == []
    assert applied(text, by=ann) == [("new-joiner", "unchanged", 1), ("workplace", "unchanged", 1)]
    first, _ = read_agreements(text)
    again, _ = read_agreements(written([document.terms for document in first]))
    assert [d.terms for d in again] == [d.terms for d in first]


def test_the_starter_agreement_is_exported_as_covering_every_other_service() -> None:
    agreed(BusinessServiceFactory.create())

    assert "services: every other" in export_agreements(Agreement.objects.all())


# --- lint ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("services: [printing]", "services: [printing", 6, "not YAML"),
        ("name: Workplace", "nmae: Workplace", 2, "Did you mean `name`?"),
        ("name: Workplace\n", "", 1, "Write `name:`"),
        ("name: Workplace", "name:", 2, "Write `name:`"),
        ("name: Workplace", "name: Workplace\nname: Again", 3, "here twice"),
        ("name: Workplace", "name: 42", 2, "write text"),
        ("ambition: People get on with their work.\n", "", 1, "ambition: Say in plain words"),
        ("2026-07-01", "1 July", 4, "YYYY-MM-DD"),
        ("2026-07-01", "2026-13-01", 4, "YYYY-MM-DD"),
        ("services: [printing]", "services: printing", 5, "write a list"),
        ("services: [printing]", "services:\n  - printing\n  - fax", 7, "no service with the key “fax”"),
        ("services: [printing]", "services: [printing, printing]", 5, "here twice"),
        ("services: [printing]", "services: [printing]\nperiod: week", 6, "write month"),
        ("services: [printing]", "services: [printing]\nprimary: perhaps", 6, "true or false"),
        ("services: [printing]", "services: [printing]\nowner: nobody", 6, "no user “nobody”"),
        ("services: [printing]", "services: [printing]\nsites: [Oslo]", 6, "primary: false"),
        ("services: [printing]", "services: [printing]\npreset: balanced", 6, "not both"),
        ("weights: {X: 0.7, O: 0.3}", "weights: {X: 0.7, Z: 0.3}", 6, "no `Z`"),
        ("weights: {X: 0.7, O: 0.3}", "weights: {X: 0.7, O: much}", 6, "write a number"),
        (
            "weights: {X: 0.7, O: 0.3}",
            "weights:\n  X: 0.7\n  O: 0.3\n  T: 0.1",
            9,
            "No indicator of stream T",
        ),
        ("target: 4.3", "target: 5.3", 8, "between 1 and 5"),
        ("target: 4.3", "target: .inf", 8, "write a number"),
        ("target: 4.3", "goal: 4.3", 8, "no `goal`"),
        ("user_clock:", "clock:", 9, "no indicator “clock”"),
        ("user_clock:", "user_clock: yes", 9, "key: value"),
        ("  user_clock:", "  user_clock:\nexclusions: [{from: 2026-05-03}]", 10, "from, to and reason"),
        (
            "  user_clock:",
            "  user_clock:\nexclusions:\n  - {from: 2026-05-03, to: 2026-05-01, reason: Fire}",
            11,
            "end after they begin",
        ),
        ("agreement: workplace", "agreement: Work Place", 1, "lower-case"),
    ],
)
def test_every_problem_has_its_line(old: str, new: str, line: int, said: str) -> None:
    assert old in SMALL

    found = problems(SMALL.replace(old, new))

    assert [p for p in found if p[0] == line and said in p[1]], found


def test_all_problems_are_told_at_once_and_by_document() -> None:
    text = SMALL.replace("Workplace", "42") + "---\n" + SMALL.replace("2026-07-01", "soon")

    assert [line for line, _ in problems(text)] == [2, 11, 14]  # the second is the same agreement again


def test_what_cannot_be_read_keeps_back_no_problem_of_the_rest() -> None:
    text = (
        SMALL.replace("2026-07-01", "soon")
        .replace("target: 4.3", "target: 5.3")
        .replace("services: [printing]", "services: [printing, fax]")
        .replace("ambition: People get on with their work.\n", f"provider: {'x' * 121}\n")
    )

    said = [message for _, message in problems(text)]

    assert sorted(message.split(":")[0] for message in said) == [
        "ambition", "indicators.rating.target", "provider", "services[0]", "valid_from",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("2026-07-01", "soon\nreview_on: 2026-12-01"),
        ("weights: {X: 0.7, O: 0.3}", "weights: much"),
        ("weights: {X: 0.7, O: 0.3}", "preset: most"),
        ("services: [printing]", "services: printing"),
        ("agreement: workplace\n", ""),
    ],
)
def test_nothing_is_told_that_follows_only_from_what_cannot_be_read(old: str, new: str) -> None:
    assert len(problems(SMALL.replace(old, new))) == 1


def test_lint_refuses_a_text_that_no_draft_can_hold() -> None:
    assert problems(SMALL.replace("Workplace", "W" * 121)) == [(2, "name: Keep it to 120 characters.")]


def test_an_agreement_is_in_a_file_once() -> None:
    found = problems(SMALL + "---\n" + SMALL)

    assert found == [(11, "agreement: It is in this file twice. Keep one.")]


def test_the_holder_of_a_service_is_named_on_the_services_line() -> None:
    applied(SMALL)

    [(line, message)] = problems(SMALL.replace("agreement: workplace", "agreement: other"))

    assert line == 5
    assert "primary agreement “workplace”" in message


def test_changed_terms_begin_later_and_say_so_on_their_line() -> None:
    applied(SMALL)
    changed = SMALL.replace("4.3", "4.5")

    assert problems(changed) == [(4, "valid_from: Version 1 holds. The next begins on 2026-07-02 or later.")]
    assert problems(changed.replace("2026-07-01", "2026-08-01")) == []


def test_an_agreed_exclusion_stays_in_the_file() -> None:
    applied(SMALL + "exclusions:\n  - {from: 2026-05-03, to: 2026-05-04, reason: Fire}\n")

    [(_, message)] = problems(SMALL)

    assert "2026-05-03 to 2026-05-04 (Fire) was agreed" in message


@pytest.mark.parametrize("text", ["", "---\n", "- a\n- list\n", "\x00", "a: &a [*a]\n"])
def test_odd_files_are_no_accident(text: str) -> None:
    assert isinstance(problems(text), list)
    assert not Agreement.objects.exists()


# --- diff, apply --------------------------------------------------------------------------------------------


def test_a_diff_shows_what_changed_against_what_is_published() -> None:
    applied(SMALL)
    changed = SMALL.replace("4.3", "4.5").replace("2026-07-01", "2026-08-01")

    [changes] = diff(changed).values()

    assert {(c.path, c.before, c.after) for c in changes} == {
        ("valid_from", "2026-07-01", "2026-08-01"),
        ("indicators.rating.target", "4.3", "4.5"),
    }


def test_applying_drafts_and_publishes_only_when_asked() -> None:
    assert applied(SMALL, publishes=False) == [("workplace", "drafted", 1)]
    assert applied(SMALL) == [("workplace", "published", 1)]
    assert applied(SMALL) == [("workplace", "unchanged", 1)]
    assert AgreementVersion.objects.count() == 1


def test_applying_a_bad_file_changes_nothing() -> None:
    text = SMALL + "---\n" + SMALL.replace("agreement: workplace", "agreement: other")

    with pytest.raises(FileError, match="15: services"):
        applied(text)

    assert not Agreement.objects.exists()


def test_two_people_apply_a_file_that_asks_for_two(ann: User) -> None:
    ben = UserFactory.create(username="ben")
    text = SMALL + "second_person: true\n"
    assert applied(text, publishes=False, by=ann) == [("workplace", "drafted", 1)]
    with pytest.raises(FileError, match="10: second_person: ann wrote this draft"):
        applied(text, by=ann)

    assert applied(text, by=ben) == [("workplace", "published", 1)]

    version = AgreementVersion.objects.get()
    assert (version.drafted_by, version.published_by) == (ann, ben)


def test_name_and_owner_change_without_a_new_version(ann: User) -> None:
    applied(SMALL)

    assert applied(SMALL.replace("Workplace", "Work") + "owner: ann\n") == [("workplace", "unchanged", 1)]

    agreement = Agreement.objects.get()
    assert (agreement.name, agreement.owner) == ("Work", ann)


def test_a_new_exclusion_is_agreed_by_applying(ann: User) -> None:
    applied(SMALL)
    text = SMALL + "exclusions:\n  - {from: 2026-05-03, to: 2026-05-04, reason: Fire}\n"

    [done] = apply(text, by=ann, today=TODAY, now=NOW, publishes=True)
    [again] = apply(text, by=ann, today=TODAY, now=NOW, publishes=True)

    assert (done.outcome, done.excluded, again.excluded) == ("unchanged", 1, 0)
    assert Agreement.objects.get().exclusions.get().agreed_by == ann


def test_a_file_is_rehearsed_without_being_saved_also_where_another_agreement_holds() -> None:
    applied(SMALL)

    [rehearsal] = rehearse_file(
        SMALL.replace("agreement: workplace", "agreement: other"), today=TODAY, now=NOW, months=2
    ).values()

    assert {result.subject for result in rehearsal.results} == {"printing"}
    assert Agreement.objects.count() == 1


# --- the command --------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "agreements.yaml"
    path.write_text(SMALL.replace("2026-07-01", "2099-07-01"), encoding="utf-8")
    return path


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("agreements", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_lints_applies_compares_and_exports(file: Path, ann: User, tmp_path: Path) -> None:
    assert "no problems" in command("lint", str(file))
    assert "workplace: published, version 1" in command("apply", str(file), "--publish", "--by", "ann")
    file.write_text(file.read_text(encoding="utf-8").replace("4.3", "4.5"), encoding="utf-8")
    assert "indicators.rating.target: 4.3 -> 4.5" in command("diff", str(file))
    command("export", str(tmp_path / "out.yaml"), "--agreement", "workplace")
    assert "target: 4.3" in (tmp_path / "out.yaml").read_text(encoding="utf-8")
    assert "agreement: workplace" in command("export", "-")


def test_the_command_names_file_and_line_and_fails(file: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file.write_text(SMALL.replace("4.3", "5.3"), encoding="utf-8")

    with pytest.raises(SystemExit) as left:
        command("lint", str(file))

    assert left.value.code == 1
    assert (
        f"{file}:8: indicators.rating.target: Target 5.3 must lie between 1 and 5" in capsys.readouterr().err
    )


def test_the_command_rehearses_as_text_and_as_json(file: Path) -> None:
    text = command("rehearse", str(file), "--months", "1")
    [line] = command("rehearse", str(file), "--months", "1", "--json").splitlines()

    assert text.startswith("workplace: 1 months, 0 below target")
    assert (json.loads(line)["subject"], json.loads(line)["colour"]) == ("printing", "none")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("lint", "nowhere.yaml"), "cannot be used"),
        (("export", "-", "--agreement", "none"), "No agreement has the key none"),
        (("apply", "{file}", "--by", "nobody"), "no user 'nobody'"),
        (("rehearse", "{file}", "--months", "25"), "between 1 and 24"),
    ],
)
def test_the_command_says_what_it_cannot_do(file: Path, arguments: tuple[str, ...], said: str) -> None:
    with pytest.raises(CommandError, match=said):
        command(*(argument.format(file=file) for argument in arguments))
