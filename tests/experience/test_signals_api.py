import json
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from experience.models import DayCell, Outage, SignalBatch
from surveys.engine.signatures import sign
from surveys.models import BusinessService, IntakeSource

pytestmark = pytest.mark.django_db

SECRET = "a secret of the monitor"
SAMPLE = {"service": "mail", "kind": "response_time", "at": "2026-05-31T10:00:00Z", "milliseconds": 1200}
DOWN = {"service": "mail", "kind": "outage", "key": "o1", "started_at": "2026-05-31T10:00:00Z"}


@pytest.fixture(autouse=True)
def monitor(db: None) -> IntakeSource:
    BusinessService.objects.create(key="mail", name="E-mail")
    return IntakeSource.objects.create(key="monitor", name="Monitor", preset="generic", secret=SECRET)


def post(client: Client, body: Any, *, source: str = "monitor", secret: str = SECRET) -> Any:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = {"X-XLA-Source": source, "X-XLA-Signature": sign(raw, secret)}
    return client.post("/api/v1/signals/", raw, content_type="application/json", headers=headers)


def batch(*observations: Any, batch_id: str = "1") -> dict[str, Any]:
    return {"batch_id": batch_id, "observations": list(observations)}


def nothing_is_stored() -> bool:
    return not (SignalBatch.objects.exists() or DayCell.objects.exists() or Outage.objects.exists())


def test_a_batch_is_folded_and_its_outages_are_kept(client: Client) -> None:
    response = post(client, batch(SAMPLE, DOWN))

    assert response.status_code == 201
    assert response.json() == {"batch_id": "1", "observations": 2, "is_new": True}
    cell, outage = DayCell.objects.get(), Outage.objects.get()
    assert (cell.measure, cell.bucket, cell.count) == ("response_time", 1, 1)
    assert (outage.source, outage.external_key, outage.ended_at) == ("monitor", "o1", None)
    assert outage.started_at == datetime(2026, 5, 31, 10, tzinfo=UTC)


def test_the_same_batch_id_again_changes_nothing(client: Client) -> None:
    post(client, batch(SAMPLE))

    response = post(client, batch(SAMPLE, SAMPLE))

    assert (response.status_code, response.json()["is_new"]) == (200, False)
    assert DayCell.objects.get().count == 1


def test_a_bad_observation_is_named_and_nothing_is_stored(client: Client) -> None:
    response = post(client, batch(SAMPLE, DOWN, SAMPLE | {"milliseconds": "fast"}))

    assert response.status_code == 400
    (complaint,) = response.json()["error"]["fields"]["observations"]
    assert complaint.startswith('observations[2]: "milliseconds" must be a number')
    assert nothing_is_stored()


def test_an_unknown_service_refuses_the_batch(client: Client) -> None:
    response = post(client, batch(SAMPLE, DOWN | {"service": "fax"}))

    assert response.status_code == 400
    assert "observations[1]: No business service is called 'fax'" in response.text
    assert nothing_is_stored()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"{broken", "The body is not JSON"),
        (b"[" * 100_000, "The body is not JSON"),
        ([], "Some fields cannot be accepted"),
        ({"observations": [SAMPLE]}, "batch_id"),
        (batch(), "observations"),
        (batch(SAMPLE, batch_id="x" * 81), "batch_id"),
        (batch(SAMPLE) | {"colour": "red"}, "There is no field of this name."),
        (batch(*[SAMPLE] * 10_001), "A batch holds at most 10,000 observations"),
    ],
    ids=["broken", "deep", "list", "no id", "empty", "long id", "unknown field", "too many"],
)
def test_a_body_that_is_no_batch_says_what_to_send(client: Client, body: Any, words: str) -> None:
    response = post(client, body)

    assert response.status_code == 400
    assert words in response.text
    assert nothing_is_stored()


def test_ten_thousand_observations_fit_in_one_batch(client: Client) -> None:
    response = post(client, batch(*[SAMPLE] * 10_000))

    assert response.status_code == 201
    assert DayCell.objects.get().count == 10_000


def test_only_the_source_itself_sends(client: Client) -> None:
    assert post(client, batch(SAMPLE), secret="another secret").status_code == 401
    assert post(client, batch(SAMPLE), source="elsewhere").status_code == 404
    assert client.post("/api/v1/signals/", batch(SAMPLE), content_type="application/json").status_code == 404
    assert nothing_is_stored()
