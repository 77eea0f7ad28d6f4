import hmac
import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from surveys.engine.signatures import sign
from surveys.models import IntakeEvent, IntakeSource

pytestmark = pytest.mark.django_db

SECRET = "a secret of the desk"
BODY = json.dumps({"number": "INC1", "state": "6"}).encode()


@pytest.fixture(autouse=True)
def source(db: None) -> IntakeSource:
    return IntakeSource.objects.create(key="desk", name="Desk", preset="servicenow", secret=SECRET)


def post(client: Client, body: bytes = BODY, *, source: str = "desk", **headers: str) -> Any:
    headers = {"X-XLA-Signature": sign(body, SECRET)} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    return client.post(f"/api/v1/intake/{source}/", body, content_type="application/json", headers=headers)


def test_an_event_is_stored_as_it_came_and_waits(client: Client, source: IntakeSource) -> None:
    response = post(client)

    event = IntakeEvent.objects.get()
    assert response.status_code == 202
    assert response.json() == {"event": event.pk, "state": "received", "is_new": True}
    assert (event.source, event.state, event.body) == (source, "received", BODY.decode())


def test_the_same_body_again_is_the_same_event(client: Client) -> None:
    first, second = post(client), post(client)

    assert (second.status_code, second.json()["event"]) == (200, first.json()["event"])
    assert IntakeEvent.objects.count() == 1


@pytest.mark.parametrize("header", ["X_Delivery_Id", "Idempotency_Key"])
def test_the_same_body_under_two_delivery_ids_is_two_events(client: Client, header: str) -> None:
    assert post(client, **{header: "one"}).status_code == 202
    assert post(client, **{header: "two"}).status_code == 202
    assert post(client, **{header: "one"}).status_code == 200
    assert IntakeEvent.objects.count() == 2


def test_a_delivery_id_with_another_body_is_refused_and_not_lost_in_silence(client: Client) -> None:
    post(client, X_Delivery_Id="one")

    response = post(client, b'{"number": "INC2"}', X_Delivery_Id="one")

    assert response.status_code == 409
    assert "Send a new id with each delivery" in response.json()["error"]["message"]


def test_a_long_delivery_id_is_as_good_as_a_short_one(client: Client) -> None:
    assert post(client, X_Delivery_Id="x" * 500).status_code == 202
    assert post(client, X_Delivery_Id="x" * 500).status_code == 200
    assert post(client, X_Delivery_Id="x" * 501).status_code == 202


@pytest.mark.parametrize(
    "body",
    [b"{broken", b"", b"\xff\xfe not text", b'{"a": "\x00"}', b"[" * 100_000],
    ids=["broken", "empty", "no text", "zero character", "deep"],
)
def test_whatever_comes_is_kept(client: Client, body: bytes) -> None:
    assert post(client, body).status_code == 202
    assert IntakeEvent.objects.count() == 1


@pytest.mark.parametrize("signature", ["", "sha256=", "sha256=" + "0" * 64, sign(BODY, "another secret")])
def test_a_body_that_is_not_signed_is_refused_with_what_to_do(client: Client, signature: str) -> None:
    response = post(client, X_XLA_Signature=signature)

    assert response.status_code == 401
    error = response.json()["error"]
    assert error["code"] == "not_signed"
    assert "HMAC-SHA256 of the raw body" in error["message"]
    assert not IntakeEvent.objects.exists()


def test_an_unknown_source_is_not_found(client: Client) -> None:
    response = post(client, source="elsewhere")

    assert response.status_code == 404
    assert "There is no active source 'elsewhere'" in response.json()["error"]["message"]


def test_a_source_that_was_switched_off_is_not_found(client: Client) -> None:
    IntakeSource.objects.update(is_active=False)

    assert post(client).status_code == 404


@pytest.mark.parametrize("size", [1024 * 1024 + 1, 6 * 1024 * 1024])
def test_a_body_over_one_mebibyte_is_refused(client: Client, size: int) -> None:
    response = post(client, b" " * size)

    assert response.status_code == 413
    assert response.json()["error"]["code"] == "body_too_large"
    assert post(client, b" " * 1024 * 1024).status_code == 202


def test_reading_changes_nothing_and_is_not_offered(client: Client) -> None:
    assert client.get("/api/v1/intake/desk/").status_code == 405


@pytest.mark.parametrize(
    ("header", "value", "code"),
    [
        ("Authorization", f"Bearer {SECRET}", 202),
        ("Authorization", "Basic " + b64encode(f"xla:{SECRET}".encode()).decode(), 202),
        ("Authorization", "Basic " + b64encode(b"xla:wrong").decode(), 401),
        ("Authorization", "Basic not base64", 401),
        ("Authorization", f"Bearer {SECRET}x", 401),
        ("X-Hub-Signature", "sha1=" + hmac.new(SECRET.encode(), BODY, "sha1").hexdigest(), 202),
        ("X-Hub-Signature", "sha1=" + "0" * 40, 401),
    ],
)
def test_a_system_that_cannot_sign_our_way_carries_the_secret_or_signs_its_own(
    client: Client, header: str, value: str, code: int
) -> None:
    response = post(client, X_XLA_Signature="", **{header.replace("-", "_"): value})

    assert response.status_code == code
