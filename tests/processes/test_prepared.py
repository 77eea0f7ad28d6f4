"""A start prepares again whenever anything that `prepare` looks at has changed."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from xla_service.embedded.prepared import fingerprint


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    checkout = tmp_path / "check out"
    for name in ("surveys/migrations/0001_initial.py", "surveys/static/page.css", "xla_service/settings.py"):
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).touch()
    (checkout / "requirements.txt").touch()
    return checkout


@pytest.fixture
def data_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "data 100%?#"
    (folder / "static").mkdir(parents=True)
    (folder / "static" / "staticfiles.json").touch()
    with sqlite3.connect(folder / "xla.sqlite3") as database:
        database.execute("CREATE TABLE django_migrations (id, app, name)")
        database.execute("INSERT INTO django_migrations VALUES (1, 'surveys', '0001_initial')")
    database.close()
    return folder


def change_file(checkout: Path, data_folder: Path) -> None:
    os.utime(checkout / "surveys/static/page.css", ns=(1, 1))


def add_migration(checkout: Path, data_folder: Path) -> None:
    (checkout / "surveys/migrations/0002_more.py").touch()


def upgrade_packages(checkout: Path, data_folder: Path) -> None:
    (checkout / "requirements.txt").write_text("django==5.2.20")


def restore_older_database(checkout: Path, data_folder: Path) -> None:
    with sqlite3.connect(data_folder / "xla.sqlite3") as database:
        database.execute("DELETE FROM django_migrations")
    database.close()


Change = Callable[[Path, Path], None]


@pytest.mark.parametrize("change", [change_file, add_migration, upgrade_packages, restore_older_database])
def test_a_change_is_seen(change: Change, checkout: Path, data_folder: Path) -> None:
    before = fingerprint(checkout, data_folder, {})
    assert before == fingerprint(checkout, data_folder, {})

    change(checkout, data_folder)

    assert fingerprint(checkout, data_folder, {}) not in (before, None)


def test_another_port_of_the_mailbox_prepares_nothing(checkout: Path, data_folder: Path) -> None:
    before = fingerprint(checkout, data_folder, {"XLA_SMTP_PORT": "8025"})

    assert fingerprint(checkout, data_folder, {"XLA_SMTP_PORT": "41011"}) == before


def test_another_setting_is_seen(checkout: Path, data_folder: Path) -> None:
    before = fingerprint(checkout, data_folder, {"XLA_TIME_ZONE": "UTC"})

    assert fingerprint(checkout, data_folder, {"XLA_TIME_ZONE": "Mars"}) != before


@pytest.mark.parametrize("missing", ["xla.sqlite3", "static/staticfiles.json"])
def test_without_database_or_static_files_nothing_is_prepared(
    missing: str, checkout: Path, data_folder: Path
) -> None:
    (data_folder / missing).unlink()

    assert fingerprint(checkout, data_folder, {}) is None


def test_a_database_elsewhere_is_always_prepared(checkout: Path, data_folder: Path) -> None:
    assert fingerprint(checkout, data_folder, {"DATABASE_URL": "postgresql://db/xla"}) is None
    assert fingerprint(checkout, data_folder, {"DATABASE_URL_FILE": "/run/secrets/db"}) is None
