"""Typed readers for settings from the environment.

Every setting is read as NAME, or from the file named by NAME_FILE (for secrets mounted as files). A bad value
stops the
start with a sentence that says what to write instead. Each reader records what it read in
`Environment.known`, and a test
holds the table of settings in the README to that record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Setting:
    """One setting: its name, what it does, and the default as text (None when it has to be computed or
    given).
    """

    name: str
    help: str
    default: str | None


@dataclass
class Environment:
    """Reads settings from a mapping of strings, normally `os.environ`."""

    values: Mapping[str, str]
    known: dict[str, Setting] = field(default_factory=dict)

    def text(self, name: str, default: str, *, help: str) -> str:
        """Return the value of NAME, the content of NAME_FILE, or the default."""
        self.known[name] = Setting(name, help, default)
        value = self._given(name)
        return default if value is None else value

    def flag(self, name: str, default: bool, *, help: str) -> bool:
        """Return a yes/no setting; refuse anything but 1/0, true/false, yes/no, on/off."""
        value = self.text(name, "on" if default else "off", help=help).lower()
        if value in TRUE | FALSE:
            return value in TRUE
        raise ImproperlyConfigured(f"{name}={value!r} is neither on nor off. Write {name}=on or {name}=off.")

    def integer(self, name: str, default: int, *, low: int, high: int, help: str) -> int:
        """Return a whole number within [low, high]."""
        value = self.text(name, str(default), help=help)
        if value.lstrip("-").isdigit() and low <= int(value) <= high:
            return int(value)
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number from {low} to {high}.")

    def names(self, name: str, default: str, *, help: str) -> list[str]:
        """Return a comma-separated list without blanks."""
        return [part.strip() for part in self.text(name, default, help=help).split(",") if part.strip()]

    def pairs(self, name: str, default: str, *, help: str) -> dict[str, str]:
        """Return a comma-separated list of key=value; the last equals sign of each separates."""
        found = {}
        for part in self.names(name, default, help=help):
            key, equals, value = part.rpartition("=")
            if not equals or not key.strip() or not value.strip():
                raise ImproperlyConfigured(f"{name}: {part!r} is no pair. Write key=value,key=value.")
            found[key.strip()] = value.strip()
        return found

    def networks(self, name: str, default: str, *, help: str) -> list[IPv4Network | IPv6Network]:
        """Return a comma-separated list of addresses and networks such as 10.0.0.0/8."""
        try:
            return [ip_network(part) for part in self.names(name, default, help=help)]
        except ValueError as error:
            raise ImproperlyConfigured(
                f"{name} holds what is no network ({error}). Write addresses and networks such as 10.0.0.0/8."
            ) from error

    def _given(self, name: str) -> str | None:
        path = self.values.get(f"{name}_FILE")
        if path is None:
            return self.values.get(name)
        if name in self.values:
            raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
        try:
            return Path(path).read_text(encoding="utf-8").strip()
        except OSError as error:
            raise ImproperlyConfigured(
                f"{name}_FILE={path!r} cannot be read ({error.strerror}). Check the path and its permissions."
            ) from error
