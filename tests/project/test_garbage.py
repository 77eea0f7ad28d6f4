"""Whatever an address or a form holds, a page answers with what to do instead, or as if it were not there."""

from __future__ import annotations

from urllib.parse import quote_from_bytes

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.project.test_roles import TABLE, World, world

__all__ = ["world"]  # a fixture
pytestmark = pytest.mark.django_db

FORM = "application/x-www-form-urlencoded"
VALUES = (
    b"\x00", b"\xed\xa0\x80", b"9999-12", b"0001-01-01", b"9" * 30, b"1e999", "\U0001f600".encode() * 200,
    b"http://[",
)  # fmt: skip
PARAMETERS = (
    "q page month supplier group show sort order state tab kind service label band theme only seen with"
    " period period2 who who2 domain day from until number source email survey version language key actor"
)
FIELDS = (
    "name query next reason to what how due_on expected_points notice on sla kind target_share valid_from"
    " limit_hours priority lifecycle owner supplier survey user_count time_zone description team names source"
    " preset service_column services template sla_share ambition provider customer agreed_by if_missed note"
    " review_on agreed_on baseline_until weight.X weight.O agreed weight.rating target.rating number comment"
    " email role language username key mapping wording share scopes expires_at user event answers message"
)


def form(value: bytes, names: str) -> str:
    """Return a form, or a query, in which every field holds this value."""
    return "&".join(f"{name}={quote_from_bytes(value)}" for name in names.split())


@pytest.mark.parametrize("name", sorted(TABLE))
def test_garbage_is_answered_at(name: str, world: World, client: Client) -> None:
    client.force_login(world.users["administrator"])
    client.raise_request_exception = False
    address = reverse(name, args=TABLE[name].args(world))
    failed = []
    for value in VALUES:
        headers = {"HX-Request": "true", "HX-Current-URL": "http://["} if value == VALUES[-1] else {}
        with transaction.atomic():
            asked = client.get(f"{address}?{form(value, PARAMETERS)}", headers=headers)
            sent = client.post(address, form(value, FIELDS), content_type=FORM, headers=headers)
            transaction.set_rollback(True)
        failed += [value for answered in (asked, sent) if answered.status_code >= 500]

    assert failed == []
