"""Typed readers for settings from the environment.

Every setting is read as NAME, or from the file named by NAME_FILE (for secrets mounted as files); an empty
one counts as not set. A bad value stops the start with a sentence that says what to write instead. Each
reader records what it read in `Environment.known`, and a test holds the table in the README to that record.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ImproperlyConfigured

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off"}


@dataclass(frozen=True)
class Setting:
    """One setting: its name, what it does, and the default as text."""

    name: str
    help: str
    default: str


def given(values: Mapping[str, str], name: str) -> str | None:
    """Return what is written under NAME or in the file of NAME_FILE; None for nothing.

    Raises ImproperlyConfigured when both are set, or the file cannot be read.
    """
    value, path = values.get(name), values.get(f"{name}_FILE")
    if not path:
        return value or None
    if value:
        raise ImproperlyConfigured(f"Both {name} and {name}_FILE are set. Keep one of them.")
    try:
        return Path(path).read_text(encoding="utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise ImproperlyConfigured(
            f"{name}_FILE={path!r} cannot be read ({error}). Check the path and its permissions."
        ) from error


@dataclass
class Environment:
    """Reads settings from a mapping of strings, normally `os.environ`."""

    values: Mapping[str, str]
    known: dict[str, Setting] = field(default_factory=dict)

    def text(self, name: str, default: str, *, help: str) -> str:
        """Return the value of NAME, the content of NAME_FILE, or the default."""
        self.known[name] = Setting(name, help, default)
        value = given(self.values, name)
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
        if value.isascii() and value.isdigit() and low <= int(value) <= high:
            return int(value)
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number from {low} to {high}.")

    def days_kept(self, name: str, default: int, *, help: str) -> int:
        """Return for how many days something is kept: at least 30, or 0 for ever."""
        value = self.text(name, str(default), help=help)
        if value.isascii() and value.isdigit() and (int(value) == 0 or 30 <= int(value) <= 36_500):
            return int(value)
        raise ImproperlyConfigured(f"{name}={value!r} must be 0 (for ever) or from 30 to 36500 days.")

    def choice(self, name: str, default: str, *, of: Collection[str], help: str) -> str:
        """Return one of these words."""
        value = self.text(name, default, help=help)
        if value in of:
            return value
        raise ImproperlyConfigured(f"{name}={value!r} is unknown. Write one of {', '.join(of)}.")

    def zone(self, name: str, default: str, *, help: str) -> str:
        """Return the name of a time zone that this system knows."""
        value = self.text(name, default, help=help)
        try:
            return ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:  # OSError: the name of a folder
            raise ImproperlyConfigured(
                f"{name}={value!r} is no time zone. Write a name such as Europe/Berlin."
            ) from error

    def site(self, name: str, default: str, *, help: str) -> str:
        """Return the address of a site: http or https, a host, perhaps a port, and nothing after it."""
        return _site(name, self.text(name, default, help=help))

    def sites(self, name: str, default: str, *, help: str) -> list[str]:
        """Return a comma-separated list of addresses of sites."""
        return [_site(name, part) for part in self.names(name, default, help=help)]

    def server(self, name: str, default: str, *, schemes: Collection[str], help: str) -> str:
        """Return the address of a server; it may hold a password, so an error does not repeat it."""
        value = self.text(name, default, help=help)
        if _parts(value, schemes) is not None:
            return value
        starts = " or ".join(f"{scheme}://" for scheme in schemes)
        raise ImproperlyConfigured(f"{name} is no address of a server. Write one that begins with {starts}.")

    def mail_address(self, name: str, default: str, *, help: str) -> str:
        """Return a mail address, with or without a name before it; "" where the default is empty."""
        value = self.text(name, default, help=help)
        if not value or "@" in parseaddr(value)[1]:
            return value
        raise ImproperlyConfigured(
            f"{name}={value!r} is no mail address. Write desk@example.org or Service Desk <desk@example.org>."
        )

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


def _site(name: str, value: str) -> str:
    parts = _parts(value, ("http", "https"))
    if parts is not None and value == f"{parts.scheme}://{parts.netloc}":
        return value
    raise ImproperlyConfigured(
        f"{name}: {value!r} is no address of a site. Write it as https://xla.example.org, with nothing after "
        "the host."
    )


def _parts(address: str, schemes: Collection[str]) -> SplitResult | None:
    """Return the parts of an address with one of these schemes and a host; None for anything else."""
    try:
        parts = urlsplit(address)
        is_good = parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a host or port that cannot be
        return None
    return parts if is_good else None
