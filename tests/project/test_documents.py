"""What the documents say is what the code does."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from django.core.management import get_commands, load_command_class

from xla_service import __version__
from xla_service.settings import BASE_DIR, env

OUR_APPS = ("surveys", "experience", "xla_service")
# Written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.$-])/(?:root|home/\w+|work|tmp/team|opt/(?:wheels|pypi))/(?=\w)")
REGISTRY = re.compile(r"^--(?:index-url|extra-index-url|find-links|trusted-host)", re.MULTILINE)
COMMAND = re.compile(r"manage\.py ([a-z_]+)")


@pytest.fixture(scope="module")
def readme() -> str:
    return (BASE_DIR / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def documents() -> dict[str, str]:
    paths = [BASE_DIR / "README.md", BASE_DIR / "CHANGELOG.md", *(BASE_DIR / "docs").glob("*.md")]
    return {path.name: path.read_text(encoding="utf-8") for path in paths}


@pytest.fixture(scope="module")
def tracked() -> list[Path]:
    # A build server may run as another user than the one who owns the clone.
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    listed = subprocess.run(command, cwd=BASE_DIR, check=True, capture_output=True, text=True)
    return [path for name in listed.stdout.split("\0") if name and (path := BASE_DIR / name).is_file()]


def documented_default(name: str, default: str | None) -> str:
    return "var" if name == "XLA_DATA_DIR" else default or ""


def test_one_version_is_named_everywhere() -> None:
    project = tomllib.loads((BASE_DIR / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    changes = (BASE_DIR / "CHANGELOG.md").read_text(encoding="utf-8")

    assert project["version"] == __version__
    assert f"## {__version__.rpartition('.')[0]} " in changes


def test_the_table_of_settings_is_what_the_settings_read(readme: str) -> None:
    expected = []
    for setting in env.known.values():
        default = documented_default(setting.name, setting.default)
        shown = f"`{default}`" if default else ""
        expected.append(f"| `{setting.name}` | {shown} | {setting.help} |")

    table = re.findall(r"^\| `[A-Z_]+` \|.*$", readme, re.MULTILINE)

    assert table == expected, "README.md, section Settings, has to read:\n" + "\n".join(expected)


def test_the_example_environment_names_every_setting_with_its_default() -> None:
    expected = []
    for setting in env.known.values():
        default = documented_default(setting.name, setting.default)
        quoted = f'"{default}"' if re.search(r"[\s<>]", default) else default
        expected.append(f"# {setting.help}\n#{setting.name}={quoted}")

    blocks = (BASE_DIR / ".env.example").read_text(encoding="utf-8").strip().split("\n\n")[1:]

    assert blocks == expected, ".env.example has to read:\n" + "\n\n".join(expected)


def test_every_command_of_ours_is_documented(documents: dict[str, str]) -> None:
    ours = {name for name, app in get_commands().items() if app in OUR_APPS}
    documented = {name for text in documents.values() for name in COMMAND.findall(text)}

    assert ours - documented == set()


def test_every_documented_command_exists(documents: dict[str, str]) -> None:
    documented = {name for text in documents.values() for name in COMMAND.findall(text)}

    assert documented - set(get_commands()) == set()


def test_every_command_of_ours_says_what_it_is_for() -> None:
    for name, app in get_commands().items():
        if app in OUR_APPS:
            assert load_command_class(app, name).help, f"manage.py {name} has no help text"


def test_every_script_that_the_documents_name_can_be_run(documents: dict[str, str]) -> None:
    named = {name for text in documents.values() for name in re.findall(r"(?<![\w./])bin/[a-z]+\b", text)}

    assert {"bin/setup", "bin/demo", "bin/test"} <= named
    assert [name for name in named if not os.access(BASE_DIR / name, os.X_OK)] == []


def anchors(document: Path) -> set[str]:
    """The headings of a document as links name them."""
    headings = re.findall(r"^#+ (.*)$", document.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_link_between_documents_leads_somewhere(documents: dict[str, str]) -> None:
    broken = []
    for name, text in documents.items():
        folder = BASE_DIR if (BASE_DIR / name).exists() else BASE_DIR / "docs"
        for target, anchor in re.findall(r"\]\(([^)#:]+)(?:#([^)]*))?\)", text):
            aim = folder / target
            if not aim.exists() or (anchor and anchor not in anchors(aim)):
                broken.append(f"{name}: {target}#{anchor}")

    assert broken == []


def test_every_file_that_the_documents_name_is_there(documents: dict[str, str]) -> None:
    to_be_made = {"translating.md", "CHANGELOG.md"}  # a new language; what was there once
    named = {
        name
        for document, text in documents.items()
        if document not in to_be_made
        for name in re.findall(r"`((?:bench|experience|surveys|tests|xla_service)/[\w/]+\.\w+)`", text)
    }

    assert len(named) > 30
    assert [name for name in sorted(named) if not (BASE_DIR / name).exists()] == []


def test_every_setting_that_the_documents_name_is_read(documents: dict[str, str]) -> None:
    of_the_scripts = {"XLA_VENV", "XLA_PYTHON", "XLA_DATABASE_PASSWORD", "XLA_KEY"}
    named = {name for text in documents.values() for name in re.findall(r"\bXLA_[A-Z_]+[A-Z]", text)}

    known = {name for setting in env.known for name in (setting, f"{setting}_FILE")}

    assert named - known - of_the_scripts == set()


def test_no_file_knows_the_machine_it_was_written_on(tracked: list[Path]) -> None:
    found = []
    for path in tracked:
        content = path.read_bytes()
        if b"\0" not in content[:1024] and (
            match := MACHINE_PATHS.search(content.decode("utf-8", "replace"))
        ):
            found.append(f"{path.relative_to(BASE_DIR)}: {match.group()}")

    assert found == []


@pytest.mark.parametrize("folder", [".", "bin", "tests", "xla_service/embedded", "xla_service/oidc"])
def test_requirements_are_pinned_by_hash_and_name_no_registry(folder: str) -> None:
    wanted = (BASE_DIR / folder / "requirements.in").read_text(encoding="utf-8")
    pinned = (BASE_DIR / folder / "requirements.txt").read_text(encoding="utf-8")

    names = {name.lower() for name in re.findall(r"^[A-Za-z][\w.-]*", wanted, re.MULTILINE)}
    blocks = dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==(.*?)(?=^[a-z]|\Z)", pinned, re.M | re.S))

    assert names - set(blocks) == set(), "run bin/lock"
    assert [name for name, pin in blocks.items() if "--hash=sha256:" not in pin] == []
    assert REGISTRY.search(pinned) is None


def test_tests_run_on_the_versions_that_users_get() -> None:
    def pins(name: str) -> dict[str, str]:
        text = (BASE_DIR / name).read_text(encoding="utf-8")
        return dict(re.findall(r"^([a-z0-9.-]+)(?:\[[^]]*\])?==([^ ;\\]+)", text, re.MULTILINE))

    ours, tested = pins("requirements.txt"), pins("tests/requirements.txt")

    assert {name: tested.get(name) for name in ours} == ours, "run bin/lock"
