"""Pulling Prometheus over real HTTP: each minute counts once, and what goes wrong says what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.test import Client

from experience.engine.prometheus import Series
from experience.models import DayCell, Outage, PrometheusQuery
from experience.services.pull_prometheus import ask, pull_prometheus, remove_query
from surveys.models import BusinessService, ConfigurationChange, User
from tests.factories import NOW

pytestmark = pytest.mark.django_db
PAGE = "/data/prometheus/"


class Peer(ThreadingHTTPServer):
    """A server that answers like Prometheus: `value` at every minute it is asked about."""

    value, status, token = "1", 200, ""
    error: str = ""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.asked: list[dict[str, str]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Peer

    def do_GET(self) -> None:
        asked = {name: values[0] for name, values in parse_qs(urlsplit(self.path).query).items()}
        self.server.asked.append(asked | {"path": urlsplit(self.path).path})
        self.server.token = self.headers.get("Authorization", "")
        body = json.dumps(self.body(asked)).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def body(self, asked: dict[str, str]) -> Any:
        if self.server.error:
            return {"status": "error", "error": self.server.error}
        moments = range(int(float(asked["start"])), int(float(asked["end"])) + 1, 60)
        values = [[moment, self.server.value] for moment in moments if self.server.value]
        lines = [{"metric": {}, "values": values}] if values else []
        return {"status": "success", "data": {"resultType": "matrix", "result": lines}}

    def log_message(self, *args: object) -> None:
        """Keep the output of the tests to themselves."""


@pytest.fixture
def peer() -> Iterator[Peer]:
    with Peer() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def query(service: BusinessService, peer: Peer, kind: str = "up", **values: Any) -> PrometheusQuery:
    given = {"address": peer.address, "expression": "up", "asked_until": NOW} | values
    return PrometheusQuery.objects.create(service=service, kind=kind, **given)


def later(minutes: int) -> datetime:
    return NOW + timedelta(minutes=minutes, seconds=20)


def probes() -> int:
    return sum(DayCell.objects.filter(measure="response_time").values_list("count", flat=True))


# --- pulling ------------------------------------------------------------------------------------------------


def test_each_minute_is_asked_and_counted_once(service: BusinessService, peer: Peer) -> None:
    query(service, peer, "response_time", token="let-me-in")
    peer.value = "0.3"

    answered = [pull_prometheus(now=later(minutes)) for minutes in (4, 4, 6)]

    assert (answered, probes()) == ([1, 0, 1], 5)
    assert [asked["path"] for asked in peer.asked] == ["/api/v1/query_range"] * 2
    assert peer.token == "Bearer let-me-in"


def test_an_outage_goes_on_from_answer_to_answer_and_ends(service: BusinessService, peer: Peer) -> None:
    query(service, peer)
    for minutes, value in ((4, "1"), (8, "0"), (12, "0")):
        peer.value = value
        pull_prometheus(now=later(minutes))
    lasting = Outage.objects.get()

    peer.value = "1"
    pull_prometheus(now=later(16))

    outage = Outage.objects.get()
    assert (lasting.started_at, lasting.ended_at) == (NOW + timedelta(minutes=4), None)
    assert (outage.started_at, outage.ended_at) == (lasting.started_at, NOW + timedelta(minutes=12))


def test_what_was_missed_is_made_up_for_six_hours_at_a_time(service: BusinessService, peer: Peer) -> None:
    asked = query(service, peer, "response_time", asked_until=NOW - timedelta(hours=8))

    pull_prometheus(now=later(1))
    asked.refresh_from_db()
    assert (asked.asked_until, probes()) == (NOW - timedelta(hours=2), 360)

    pull_prometheus(now=later(1))
    assert probes() == 480


def test_a_sweep_that_was_overtaken_counts_nothing(
    service: BusinessService, peer: Peer, monkeypatch: pytest.MonkeyPatch
) -> None:
    query(service, peer, "response_time")

    def overtaken(*args: Any) -> list[Series]:
        PrometheusQuery.objects.update(asked_until=NOW + timedelta(minutes=3))
        return ask(*args)

    monkeypatch.setattr("experience.services.pull_prometheus.ask", overtaken)

    assert (pull_prometheus(now=later(4)), len(peer.asked), probes()) == (0, 1, 0)


def test_a_query_that_is_refused_says_why_and_is_asked_again(service: BusinessService, peer: Peer) -> None:
    asked = query(service, peer)
    peer.status, peer.error = 400, "parse error: unclosed left parenthesis"

    assert pull_prometheus(now=later(4)) == 0
    asked.refresh_from_db()
    assert (asked.error, asked.asked_until) == (f"Prometheus refused it: {peer.error}", NOW)

    peer.status, peer.error = 200, ""
    assert pull_prometheus(now=later(5)) == 1
    asked.refresh_from_db()
    assert asked.error == ""


def test_a_server_that_does_not_answer_is_asked_once_and_stops_no_other(
    service: BusinessService, peer: Peer
) -> None:
    lost = [query(service, peer, address="http://127.0.0.1:9") for _ in range(2)]
    query(service, peer)

    assert pull_prometheus(now=later(4)) == 1

    for each in lost:
        each.refresh_from_db()
        assert "It cannot be reached (Connection refused)" in each.error


def test_a_retired_service_is_asked_about_no_more(service: BusinessService, peer: Peer) -> None:
    query(service, peer)
    BusinessService.objects.update(lifecycle="retired")

    assert (pull_prometheus(now=later(4)), peer.asked) == (0, [])


def test_taking_a_query_away_ends_the_outage_that_lasted(
    service: BusinessService, peer: Peer, agreement_admin: User
) -> None:
    asked = query(service, peer)
    peer.value = "0"
    pull_prometheus(now=later(4))
    asked.refresh_from_db()

    remove_query(asked, by=agreement_admin, now=later(9))

    assert Outage.objects.get().ended_at == NOW + timedelta(minutes=3)
    assert not PrometheusQuery.objects.exists()


# --- the page -----------------------------------------------------------------------------------------------


@pytest.fixture
def admin(client: Client, agreement_admin: User) -> Iterator[Client]:
    client.force_login(agreement_admin)
    with time_machine.travel(NOW, tick=False):
        yield client


def typed(service: BusinessService, peer: Peer, **changes: str) -> dict[str, Any]:
    given = {"kind": "up", "address": peer.address, "expression": "min(up)", "token": ""}
    return given | {"service": service.pk} | changes


def test_the_page_without_queries_says_what_else_there_is(admin: Client) -> None:
    assert "Alerts can be posted instead" in admin.get(PAGE).content.decode()


def test_a_query_that_brings_values_is_kept_and_noted(
    admin: Client, service: BusinessService, peer: Peer
) -> None:
    response = admin.post(PAGE, typed(service, peer, token="secret-token"), follow=True)

    page = response.content.decode()
    assert "it brought 11 values of the last ten minutes" in page
    assert "min(up)" in page
    assert "secret-token" not in page
    assert ConfigurationChange.objects.get().subject == f"Prometheus query of {service.name}"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": ""}, "It brings no values of the last ten minutes"),
        ({"status": 400, "error": "parse error"}, "Prometheus refused it: parse error"),
        ({"status": 302}, "The address leads elsewhere (302"),
    ],
)
def test_a_query_that_brings_nothing_is_not_kept(
    admin: Client, service: BusinessService, peer: Peer, changes: dict[str, Any], words: str
) -> None:
    for name, value in changes.items():
        setattr(peer, name, value)

    response = admin.post(PAGE, typed(service, peer))

    assert response.status_code == 422
    assert words in response.content.decode()
    assert "min(up)" in response.content.decode()
    assert not PrometheusQuery.objects.exists()


@pytest.mark.parametrize("address", ["file:///etc/hostname", "prometheus", ""])
def test_an_address_that_is_none_says_how_to_write_it(
    admin: Client, service: BusinessService, peer: Peer, address: str
) -> None:
    response = admin.post(PAGE, typed(service, peer, address=address))

    assert "https://prometheus.example.org" in response.content.decode()
    assert response.status_code == 422


def test_a_query_is_taken_away(admin: Client, service: BusinessService, peer: Peer) -> None:
    admin.post(f"{PAGE}{query(service, peer).pk}/take-away/")

    assert not PrometheusQuery.objects.exists()
