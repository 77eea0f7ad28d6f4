"""Writers of SQLite take turns: nobody starves beside one that writes without end."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from django.db import OperationalError, connections

from xla_service.sqlite_in_turn.base import DatabaseWrapper

pytestmark = pytest.mark.django_db
TIMEOUT_SECONDS = 20
ON_A_BUSY_MACHINE = 15  # one where the machine is idle; dozens where nobody takes turns


def opened(path: Path, *, timeout: float = TIMEOUT_SECONDS) -> DatabaseWrapper:
    options = {"timeout": timeout, "transaction_mode": "IMMEDIATE"}
    settings = {**connections.databases["default"], "NAME": str(path), "OPTIONS": options}
    return DatabaseWrapper(settings, alias="default")


def write(database: DatabaseWrapper, inside: Callable[[], object] = lambda: None) -> None:
    database.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    with database.cursor() as cursor:
        cursor.execute("INSERT INTO written DEFAULT VALUES")
    inside()
    database.commit()
    database.set_autocommit(True)


def written(database: DatabaseWrapper) -> int:
    with database.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM written")
        return int(cursor.fetchone()[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    with closing(opened(tmp_path / "xla.sqlite3")) as database, database.cursor() as cursor:
        cursor.execute("CREATE TABLE written (id INTEGER PRIMARY KEY)")
    return tmp_path / "xla.sqlite3"


def test_who_waits_writes_before_the_busy_one_writes_again(path: Path) -> None:
    order: list[str] = []
    is_writing, is_done = threading.Event(), threading.Event()

    def import_without_end() -> None:
        with closing(opened(path)) as database:
            while not is_done.is_set():
                write(database, lambda: (is_writing.set(), order.append("import"), is_done.wait(0.05)))

    busy = threading.Thread(target=import_without_end)
    busy.start()
    with closing(opened(path)) as database:
        for _ in range(5):
            is_writing.clear()
            is_writing.wait(TIMEOUT_SECONDS)
            write(database, lambda: order.append("answer"))
    is_done.set()
    busy.join()

    between = "".join(name[0] for name in order).strip("i").split("a")
    assert max(len(imports) for imports in between) <= ON_A_BUSY_MACHINE


def test_a_turn_ends_with_the_transaction_whatever_became_of_it(path: Path) -> None:
    with closing(opened(path)) as first, closing(opened(path, timeout=0.2)) as second:
        first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
        first.rollback()
        first.set_autocommit(True)

        write(second)

        assert written(second) == 1


def test_a_turn_ends_with_the_connection(path: Path) -> None:
    first = opened(path)
    first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)
    first.close()

    with closing(opened(path, timeout=0.2)) as second:
        write(second)

        assert written(second) == 1


def test_whose_turn_does_not_come_in_time_is_told_so(path: Path) -> None:
    with closing(opened(path)) as first, closing(opened(path, timeout=0.2)) as second:
        first.set_autocommit(False, force_begin_transaction_with_broken_autocommit=True)

        with pytest.raises(OperationalError, match="locked"):
            write(second)
        first.rollback()
