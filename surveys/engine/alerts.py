"""From the alerts of monitors to outages: like the mapping of tickets, presets and mappings are data.

A preset names, for each field of an alert, a JMESPath expression over one alert, and its words for down, up
and planned. Alertmanager and Grafana repeat the start of an alert when it is over; Uptime Kuma only says that
a monitor is up again, which ends whatever outage of that monitor is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from surveys.engine.field_paths import Getter, compile_items, compile_path
from surveys.engine.state_words import meaning_of, own_words
from surveys.engine.values import MappingError, one_value, parse_time

Light = Literal["down", "up", "planned", "nothing"]
LIGHTS: tuple[Light, ...] = ("down", "up", "planned", "nothing")
FIELDS = ("service", "monitor", "state", "started_at", "ended_at", "feature")
ROOM = {"service": 200, "monitor": 120, "feature": 100}
# Alertmanager writes the year 1 for "not over".
NO_TIME = "0001-"


@dataclass(frozen=True, slots=True)
class AlertPreset:
    """How one kind of monitor writes alerts; `names_start` says whether its ups repeat the start."""

    key: str
    items: str
    fields: Mapping[str, str]
    states: Mapping[str, Light]
    names_start: bool


@dataclass(frozen=True, slots=True)
class Alert:
    """One alert: something is down, or up again (then with `ended_at`).

    `started_at` is None where the monitor only says that it is up again; `names_start` says that it always
    repeats the start, which then tells one outage of a monitor from another.
    """

    service: str
    monitor: str
    started_at: datetime | None
    ended_at: datetime | None
    is_planned: bool
    feature: str
    names_start: bool


@dataclass(frozen=True, slots=True)
class AlertMapping:
    """A preset with a source's own mapping over it, ready to read alerts."""

    items: Getter
    fields: Mapping[str, Getter]
    states: Mapping[str, Light]
    names_start: bool

    def alerts_in(self, body: Any) -> list[Any]:
        """Return the alerts of a decoded body: one, or a list of them."""
        found = self.items(body)
        return found if isinstance(found, list) else [found]

    def alert(self, given: Any, *, received_at: datetime) -> Alert | None:
        """Return what an alert says, None when it says nothing about up or down. Raises MappingError."""
        if not isinstance(given, dict):
            raise MappingError("There is no alert in it: expected an object with fields. Check `items`.")
        values = {name: get(given) for name, get in self.fields.items()}
        light = self._light(values.get("state"))
        if light == "nothing":
            return None
        monitor = _text("monitor", values)
        if not monitor:
            raise MappingError("Nothing tells this alert from others. Map a field of it to `monitor`.")
        is_over = light == "up"
        started_at = _time("started_at", values) or received_at
        ended_at = max(_time("ended_at", values) or received_at, started_at) if is_over else None
        return Alert(
            service=_text("service", values),
            monitor=monitor,
            started_at=None if is_over and not self.names_start else started_at,
            ended_at=ended_at,
            is_planned=light == "planned",
            feature=_text("feature", values),
            names_start=self.names_start,
        )

    def _light(self, word: Any) -> Light:
        if word is None:
            return "nothing"
        return meaning_of(word, self.states, states=LIGHTS, example="down")


_BY_LABELS = {
    "service": "labels.service || labels.xla_service || labels.job",
    "monitor": "fingerprint || labels.alertname",
    "state": "status",
    "started_at": "startsAt",
    "ended_at": "endsAt",
    "feature": "labels.feature",
}
_FIRING: dict[str, Light] = {"firing": "down", "resolved": "up"}
ALERTMANAGER = AlertPreset("alertmanager", "alerts || @", _BY_LABELS, _FIRING, names_start=True)
GRAFANA = AlertPreset("grafana", "alerts || @", _BY_LABELS, _FIRING, names_start=True)
UPTIME_KUMA = AlertPreset(
    key="uptime_kuma",
    items="@",
    fields={
        "service": "monitor.name",
        "monitor": "monitor.id",
        "state": "heartbeat.status",
        "started_at": "heartbeat.time",
        "ended_at": "heartbeat.time",
    },
    states={"0": "down", "1": "up", "2": "nothing", "3": "planned"},
    names_start=False,
)
ALERT_PRESETS = {preset.key: preset for preset in (ALERTMANAGER, GRAFANA, UPTIME_KUMA)}


def alert_mapping(preset: str, overrides: Mapping[str, Any] | None = None) -> AlertMapping:
    """Return a preset with a source's own mapping over it. Raises MappingError for what cannot work."""
    base = ALERT_PRESETS[preset]
    paths = dict(overrides or {})
    states, items = paths.pop("states", {}), paths.pop("items", base.items)
    unknown = sorted(set(paths) - set(FIELDS))
    if unknown:
        raise MappingError(f"There is no field {unknown[0]!r}. The fields are: {', '.join(FIELDS)}.")
    getters = {name: compile_path(path) for name, path in {**base.fields, **paths}.items() if path}
    return AlertMapping(
        items=compile_items(items),
        fields={name: get for name, get in getters.items() if get is not None},
        states={**base.states, **own_words(states, states=LIGHTS, example=("problem", "down"))},
        names_start=base.names_start,
    )


def _text(name: str, values: Mapping[str, Any]) -> str:
    value = one_value(name, values.get(name))
    return "" if value is None else str(value)[: ROOM[name]]


def _time(name: str, values: Mapping[str, Any]) -> datetime | None:
    value = values.get(name)
    if value is None or str(value).startswith(NO_TIME):
        return None
    return parse_time(value, field=name)
