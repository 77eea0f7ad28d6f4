"""Alerts of monitors, read by preset and mapping."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from surveys.engine.alerts import ALERT_PRESETS, Alert, alert_mapping
from surveys.engine.values import MappingError

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
START, END = datetime(2026, 5, 4, 10, tzinfo=UTC), datetime(2026, 5, 4, 10, 30, tzinfo=UTC)
FIRING = {
    "status": "firing",
    "labels": {"alertname": "MailDown", "service": "mail", "feature": "Calendar"},
    "startsAt": "2026-05-04T10:00:00Z",
    "endsAt": "0001-01-01T00:00:00Z",
    "fingerprint": "f1",
}
KUMA = {"monitor": {"id": 7, "name": "mail"}, "heartbeat": {"status": 0, "time": "2026-05-04 10:00:00.000"}}


def read(preset: str, body: Any, mapping: dict[str, Any] | None = None) -> list[Alert | None]:
    known = alert_mapping(preset, mapping)
    return [known.alert(given, received_at=NOW) for given in known.alerts_in(body)]


@pytest.mark.parametrize("preset", ["alertmanager", "grafana"])
def test_the_status_of_each_alert_counts_not_that_of_the_group(preset: str) -> None:
    over = FIRING | {"status": "resolved", "endsAt": "2026-05-04T10:30:00Z", "fingerprint": "f2"}

    down, up = read(preset, {"status": "firing", "alerts": [FIRING, over]})

    assert down == Alert("mail", "f1", START, None, is_planned=False, feature="Calendar", names_start=True)
    assert up == Alert("mail", "f2", START, END, is_planned=False, feature="Calendar", names_start=True)


@pytest.mark.parametrize(
    ("status", "started_at", "ended_at", "is_planned"),
    [(0, START, None, False), (1, None, START, False), (3, START, None, True)],
    ids=["down", "up", "maintenance"],
)
def test_uptime_kuma_says_down_up_and_planned(
    status: int, started_at: datetime, ended_at: datetime, is_planned: bool
) -> None:
    (alert,) = read("uptime_kuma", KUMA | {"heartbeat": {"status": status, "time": "2026-05-04 10:00:00"}})

    assert alert == Alert("mail", "7", started_at, ended_at, is_planned, "", names_start=False)


@pytest.mark.parametrize(
    "body",
    [{"heartbeat": None, "monitor": None, "msg": "Testing"}, KUMA | {"heartbeat": {"status": 2}}],
    ids=["test message", "pending"],
)
def test_what_says_nothing_about_up_or_down_is_no_alert(body: dict[str, Any]) -> None:
    assert read("uptime_kuma", body) == [None]


def test_a_mapping_reads_a_monitor_nobody_heard_of() -> None:
    mapping = {
        "items": "events", "service": "host", "monitor": "check", "state": "level",
        "started_at": "since", "states": {"critical": "down"},
    }  # fmt: skip
    body = {
        "events": [{"host": "mail", "check": "smtp", "level": "CRITICAL", "since": "2026-05-04T10:00:00Z"}]
    }

    (alert,) = read("alertmanager", body, mapping)

    assert alert is not None
    assert (alert.service, alert.monitor, alert.started_at) == ("mail", "smtp", START)


@pytest.mark.parametrize(
    ("mapping", "says"),
    [
        ({"colour": "x"}, "There is no field 'colour'"),
        ({"service": "a ||"}, "is not a JMESPath expression"),
        ({"states": {"x": "broken"}}, "must look like"),
    ],
)
def test_a_mapping_that_cannot_work_says_what_to_correct(mapping: dict[str, Any], says: str) -> None:
    with pytest.raises(MappingError, match=says):
        alert_mapping("grafana", mapping)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"status": "sleepy"}, "The state 'sleepy' is not known"),
        ({"fingerprint": None, "labels": {"service": "mail"}}, "Nothing tells this alert from others"),
        ({"startsAt": "soon"}, "`started_at` is 'soon'"),
        ({"labels": {"service": ["a"]}}, "`service` holds list"),
    ],
)
def test_an_alert_that_cannot_be_read_says_what_to_correct(change: dict[str, Any], says: str) -> None:
    with pytest.raises(MappingError, match=says):
        read("grafana", {"alerts": [FIRING | change]})


def test_something_that_is_no_alert_is_named() -> None:
    with pytest.raises(MappingError, match="There is no alert in it"):
        read("grafana", {"alerts": ["x"]})


def test_every_preset_works_without_a_mapping() -> None:
    for preset in ALERT_PRESETS:
        assert {"service", "monitor"} <= alert_mapping(preset).fields.keys()
