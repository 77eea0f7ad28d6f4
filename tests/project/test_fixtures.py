"""The tests' own servers and people are what they claim to be."""

import os
import smtplib
import tempfile
from pathlib import Path

import pytest
from django.core.cache import cache
from django.db import connection

from surveys.models import BusinessService, User
from tests.servers import PREFIX, SmtpPeer, ValkeyServer, remove_leftovers, running_valkey


def test_only_the_people_of_a_service_see_it(
    service: BusinessService, owner: User, teammate: User, stranger: User, viewer: User
) -> None:
    seen = {
        user.username: list(BusinessService.objects.visible_to(user))
        for user in (owner, teammate, stranger, viewer)
    }

    assert seen == {"owner": [service], "teammate": [service], "stranger": [], "viewer": [service]}


@pytest.mark.django_db
def test_the_database_is_the_chosen_one() -> None:
    assert connection.vendor == os.environ.get("XLA_TEST_DATABASE", "sqlite")


def test_the_cache_lives_in_a_real_valkey(valkey: ValkeyServer) -> None:
    cache.set("greeting", "hello")

    assert [key for key in valkey.client.scan_iter() if key.endswith(b"greeting")]


def test_the_mail_server_keeps_what_it_takes_and_refuses_what_it_should(smtp: SmtpPeer) -> None:
    smtp.refusals["gone@example.org"] = "550 5.1.1 No such user"

    with smtplib.SMTP("127.0.0.1", smtp.port) as client:
        refused = client.sendmail(
            "desk@example.org", ["ann@example.org", "gone@example.org"], "Subject: Hello\n\nText"
        )

    assert refused == {"gone@example.org": (550, b"5.1.1 No such user")}
    assert [(mail.recipients, mail.message["Subject"]) for mail in smtp.received] == [
        (("ann@example.org",), "Hello")
    ]


def test_the_tests_of_another_user_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / f"{PREFIX}theirs"
    theirs.mkdir(mode=0)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(os, "getuid", lambda: theirs.stat().st_uid + 1)

    remove_leftovers()

    assert theirs.exists()


def test_valkey_keeps_its_data_in_a_folder_whose_name_is_not_utf8(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"B\xfcro")

    with running_valkey(folder):
        assert (folder / "appendonlydir").is_dir()
