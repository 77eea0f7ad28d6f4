"""What every test can ask for: people, a service, real servers and a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone, translation

from surveys.models import BusinessService, User
from tests import servers

# Playwright's synchronous API runs an event loop in the test's thread, where Django would refuse to query.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

NO_CHROMIUM = "Chromium is not installed: apt-get install chromium"
CHROMIUM_FLAGS = [
    "--no-sandbox",  # containers and root cannot use it; the pages under test are our own
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


# --- the session --------------------------------------------------------------------------------------------


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests where there is no browser; on a build server that is an error instead."""
    in_browser = [item for item in items if item.get_closest_marker("browser")]
    if not in_browser or servers.chromium() is not None:
        return
    if os.environ.get("CI"):
        raise pytest.UsageError(NO_CHROMIUM)
    for item in in_browser:
        item.add_marker(pytest.mark.skip(reason=NO_CHROMIUM))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a session in which no test ran, whatever skipped them."""
    reporter: Any = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or hasattr(session.config, "workerinput") or session.config.option.collectonly:
        return
    if session.exitstatus == pytest.ExitCode.OK and not reporter.stats.get("passed"):
        session.exitstatus = pytest.ExitCode.NO_TESTS_COLLECTED


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say in plain sight what was not tested and what to install for it."""
    skipped = terminalreporter.stats.get("skipped", [])
    if skipped:
        terminalreporter.section(f"{len(skipped)} NOT TESTED", sep="!", red=True, bold=True)
        for reason in sorted(
            {str(report.longrepr[2]) for report in skipped if isinstance(report.longrepr, tuple)}
        ):
            terminalreporter.line(reason)


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    """Leave the next test no cache, and no language or time zone of the last request."""
    yield
    cache.clear()
    translation.deactivate()
    timezone.deactivate()


# --- people and their service -------------------------------------------------------------------------------


def _user(username: str, role: User.Role = User.Role.OWNER) -> User:
    return User.objects.create_user(username=username, email=f"{username}@example.org", role=role)


@pytest.fixture
def owner(db: None) -> User:
    """The owner of `service`."""
    return _user("owner")


@pytest.fixture
def teammate(db: None) -> User:
    """A user on the team of `service` (once that fixture is used)."""
    return _user("teammate")


@pytest.fixture
def stranger(db: None) -> User:
    """A service owner without a service: must see nothing."""
    return _user("stranger")


@pytest.fixture
def viewer(db: None) -> User:
    """A user who reads every service and changes nothing."""
    return _user("viewer", User.Role.VIEWER)


@pytest.fixture
def agreement_admin(db: None) -> User:
    """A user who sets up services, surveys and agreements."""
    return _user("agreement-admin", User.Role.AGREEMENT_ADMIN)


@pytest.fixture
def administrator(db: None) -> User:
    """A user who may do everything."""
    return _user("administrator", User.Role.ADMINISTRATOR)


@pytest.fixture
def service(owner: User, teammate: User) -> BusinessService:
    """A live business service, owned by `owner`, with `teammate` on its team."""
    service = BusinessService.objects.create(key="e-mail", name="E-mail", owner=owner)
    service.team.add(teammate)
    return service


# --- servers ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def valkey_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.ValkeyServer]:
    """One Valkey server for all tests of this process."""
    with servers.running_valkey(tmp_path_factory.mktemp("valkey")) as server:
        yield server


@pytest.fixture
def valkey(valkey_server: servers.ValkeyServer, settings: Any) -> servers.ValkeyServer:
    """A real, empty Valkey, used for the cache and the throttles; `valkey.url` also serves as a broker."""
    valkey_server.client.flushall()
    settings.REDIS_URL = valkey_server.url
    settings.CACHES = {
        "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": valkey_server.url}
    }
    return valkey_server


@pytest.fixture
def smtp(settings: Any) -> Iterator[servers.SmtpPeer]:
    """A real SMTP server that takes this test's mail; `smtp.messages` holds what arrived."""
    with servers.running_smtp() as peer:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", peer.port
        yield peer


# --- browser ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Use the system's Chromium; no browser is downloaded."""
    return {**browser_type_launch_args, "executable_path": servers.chromium(), "args": CHROMIUM_FLAGS}


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder of the checkout."""
    return Path(__file__).resolve().parent.parent
