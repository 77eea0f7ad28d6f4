"""Settings come from the environment; what cannot be right stops the start with a sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from xla_service.checks import check_public_url
from xla_service.databases import POSTGRESQL, database
from xla_service.env import Environment
from xla_service.secret import read_or_create_secret
from xla_service.settings import BASE_DIR

Reader = Callable[[Environment], object]
READERS: dict[str, Reader] = {
    "flag": lambda env: env.flag("A", False, help=""),
    "integer": lambda env: env.integer("A", 5, low=1, high=9, help=""),
    "choice": lambda env: env.choice("A", "INFO", of=("DEBUG", "INFO"), help=""),
    "zone": lambda env: env.zone("A", "UTC", help=""),
    "site": lambda env: env.site("A", "http://127.0.0.1:8000", help=""),
    "sites": lambda env: env.sites("A", "", help=""),
    "mail": lambda env: env.mail_address("A", "", help=""),
    "server": lambda env: env.server("A", "redis://127.0.0.1/0", schemes=("redis", "rediss"), help=""),
    "networks": lambda env: env.networks("A", "", help=""),
}


@pytest.mark.parametrize(
    ("reader", "value", "read"),
    [
        ("flag", "Yes", True),
        ("integer", "9", 9),
        ("choice", "DEBUG", "DEBUG"),
        ("zone", "Europe/Berlin", "Europe/Berlin"),
        ("site", "https://xla.example.org:8443", "https://xla.example.org:8443"),
        ("sites", "https://a.example.org, http://b", ["https://a.example.org", "http://b"]),
        ("mail", "", ""),
        ("mail", "Desk <desk@example.org>", "Desk <desk@example.org>"),
        ("server", "rediss://:pass@redis.example.org:6380/1", "rediss://:pass@redis.example.org:6380/1"),
    ],
)
def test_a_good_value_is_read(reader: str, value: str, read: object) -> None:
    assert READERS[reader](Environment({"A": value})) == read


@pytest.mark.parametrize(
    ("reader", "value", "says"),
    [
        ("flag", "maybe", "neither on nor off"),
        ("integer", "10", "from 1 to 9"),
        ("integer", "-5", "from 1 to 9"),
        ("integer", "²", "from 1 to 9"),
        ("choice", "info", "one of DEBUG, INFO"),
        ("zone", "Mars/Phobos", "such as Europe/Berlin"),
        ("zone", "Europe", "such as Europe/Berlin"),
        ("site", "xla.example.org", "https://xla.example.org"),
        ("site", "https://xla.example.org/", "nothing after the host"),
        ("site", "https://xla.example.org/service", "nothing after the host"),
        ("site", "https://xla.example.org:port", "no address of a site"),
        ("sites", "https://a.example.org,portal", "'portal' is no address of a site"),
        ("mail", "Service Desk", "desk@example.org"),
        ("server", "redis.example.org:6379", "redis:// or rediss://"),
        ("server", "unix:///run/redis.sock", "redis:// or rediss://"),
        ("networks", "10.0.0.1/8", "such as 10.0.0.0/8"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused_with_what_to_write(
    reader: str, value: str, says: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=says):
        READERS[reader](Environment({"A": value}))


@pytest.mark.parametrize("values", [{"A": ""}, {"A_FILE": ""}, {"A": "", "A_FILE": ""}])
def test_an_empty_setting_counts_as_not_set(values: dict[str, str]) -> None:
    assert Environment(values).text("A", "usual", help="") == "usual"


def test_a_setting_is_read_from_the_file_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "a").write_text("secret\n")

    assert Environment({"A": "", "A_FILE": str(tmp_path / "a")}).text("A", "", help="") == "secret"
    with pytest.raises(ImproperlyConfigured, match="Keep one"):
        Environment({"A": "x", "A_FILE": str(tmp_path / "a")}).text("A", "", help="")
    with pytest.raises(ImproperlyConfigured, match="Check the path"):
        Environment({"A_FILE": str(tmp_path / "b")}).text("A", "", help="")


def test_the_own_database_lies_in_the_data_folder_whatever_that_is_called(tmp_path: Path) -> None:
    file = tmp_path / "a+b 100%?#ü" / "xla.sqlite3"

    assert database("", file=file)["NAME"] == str(file)


def test_postgresql_is_taken_with_its_options() -> None:
    found = database("postgresql://xla:p%40ss@db.example.org/xla?sslmode=require", file=Path("unused"))

    assert (found["ENGINE"], found["PASSWORD"], found["OPTIONS"]) == (
        POSTGRESQL,
        "p@ss",
        {"sslmode": "require"},
    )


@pytest.mark.parametrize(
    "url",
    [
        "db.example.org/xla",
        "mysql://xla:secret@db/xla",
        "postgresql://db.example.org",
        "postgresql://a:secret@b:x/c",
    ],
)
def test_a_database_that_cannot_be_used_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="DATABASE_URL") as refused:
        database(url, file=Path("unused"))

    assert "secret" not in str(refused.value)


def test_a_key_and_the_folder_made_for_it_are_closed_to_others(tmp_path: Path) -> None:
    key = read_or_create_secret(tmp_path / "data" / "key")

    assert read_or_create_secret(tmp_path / "data" / "key") == key
    assert (tmp_path / "data" / "key").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["key"]


def test_a_key_that_cannot_be_kept_or_was_lost_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ImproperlyConfigured, match="XLA_DATA_DIR"):
        read_or_create_secret(tmp_path / "file" / "key")
    with pytest.raises(ImproperlyConfigured, match="from a backup"):
        read_or_create_secret(tmp_path / "file")


def run(*command: str, **settings: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "xla_service.settings", **settings}
    return subprocess.run(
        [sys.executable, *command], env=environment, capture_output=True, text=True, check=False, cwd=BASE_DIR
    )


def test_a_wrong_setting_is_one_sentence_and_no_traceback() -> None:
    ended = run("manage.py", "up", XLA_TIME_ZONE="Mars")

    assert ended.returncode == 1
    assert ended.stderr == "XLA_TIME_ZONE='Mars' is no time zone. Write a name such as Europe/Berlin.\n"


def test_mail_is_encrypted_in_one_way() -> None:
    ended = run("manage.py", "check", XLA_SMTP_STARTTLS="on", XLA_SMTP_TLS="on")

    assert "Keep one of them" in ended.stderr


def test_a_password_that_smtp_cannot_carry_is_refused_without_repeating_it() -> None:
    ended = run("manage.py", "check", XLA_SMTP_PASSWORD="gehört")

    assert "letters of ASCII alone" in ended.stderr
    assert "gehört" not in ended.stderr


def test_a_database_that_does_not_answer_is_said_without_a_traceback() -> None:
    ended = run("manage.py", "prepare", DATABASE_URL="postgresql://xla:secret@127.0.0.1:9/xla")

    assert ended.returncode == 1
    assert "Connection refused" in ended.stderr
    assert ended.stderr.endswith("Start it, or correct DATABASE_URL.\n")
    assert "Traceback" not in ended.stderr
    assert "secret" not in ended.stderr


@pytest.mark.parametrize(
    ("public_url", "mail_server", "count"),
    [
        ("http://127.0.0.1:8000", "127.0.0.1", 0),
        ("http://127.0.0.1:8000", "smtp.example.org", 1),
        ("https://xla.example.org", "smtp.example.org", 0),
    ],
)
def test_mails_whose_links_nobody_else_can_open_are_warned_of(
    public_url: str, mail_server: str, count: int, settings: Any
) -> None:
    settings.PUBLIC_URL, settings.EMAIL_HOST = public_url, mail_server

    assert len(check_public_url(None)) == count


def test_time_zones_are_known_where_the_system_brings_none() -> None:
    ended = run("-c", "import xla_service.settings", XLA_TIME_ZONE="Europe/Berlin", PYTHONTZPATH="")

    assert ended.stderr == ""


def test_the_host_of_the_public_address_is_answered_to() -> None:
    code = "from xla_service.settings import ALLOWED_HOSTS; print(*ALLOWED_HOSTS)"

    assert "xla.example.org" in run("-c", code, XLA_PUBLIC_URL="https://xla.example.org").stdout.split()
