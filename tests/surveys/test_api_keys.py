"""API keys: shown once, stored as a hash, bounded by their scope and by the rights of their user."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from surveys.api import keys as api_keys
from surveys.models import (
    ApiKey,
    BusinessService,
    ConfigurationChange,
    IntakeEvent,
    IntakeSource,
    Person,
    User,
)
from surveys.services.api_keys import create_key
from tests.experience.factories import measured
from tests.factories import NOW

pytestmark = pytest.mark.django_db
ALL = tuple(ApiKey.Scope.values)
RESULTS, PEOPLE = "/api/v1/results/", "/api/v1/people/"
ANNA = {"people": [{"email": "anna@example.org"}]}


@pytest.fixture(autouse=True)
def _clock() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def key_of(user: User, *scopes: str, **values: Any) -> str:
    values = {"name": "Script", "expires_at": None, "by": user, "now": NOW} | values
    return create_key(scopes=scopes or ALL, user=user, **values)[1]


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def get(token: str, path: str = RESULTS) -> Any:
    return Client().get(path, headers=bearer(token))


def post(token: str, path: str, body: Any) -> Any:
    return Client().post(path, json.dumps(body), content_type="application/json", headers=bearer(token))


def error_of(response: Any) -> str:
    return f"{response.status_code} {response.json()['error']['message']}"


# --- what a key opens ---------------------------------------------------------------------------------------


def test_a_key_reads_what_its_user_reads(owner: User, stranger: User, service: BusinessService) -> None:
    measured(service)

    own, foreign = get(key_of(owner)).json(), get(key_of(stranger)).json()

    assert [row["key"] for row in own["results"]] == [service.key]
    assert foreign == {"count": 0, "next_page": None, "results": []}


def test_results_say_what_the_portfolio_says(owner: User, service: BusinessService) -> None:
    row = measured(service, status="likely_red", rating=3.7)

    (found,) = get(key_of(owner)).json()["results"]

    assert (found["status"], found["rating"], found["ends_on"]) == (
        "likely_red",
        3.7,
        row.ends_on.isoformat(),
    )


@pytest.mark.parametrize("query", ["month=2026-13", "month=0000-01", "page=0", "colour=red", "page=x"])
def test_results_refuse_what_they_do_not_understand(owner: User, query: str) -> None:
    response = get(key_of(owner), f"{RESULTS}?{query}")

    assert response.status_code == 400
    assert query.split("=")[0] in response.json()["error"]["fields"]


def test_a_key_does_nothing_beyond_its_scope(agreement_admin: User) -> None:
    reader = key_of(agreement_admin, ApiKey.Scope.READ_RESULTS)

    assert get(reader).status_code == 200
    assert error_of(post(reader, PEOPLE, ANNA)).startswith("403 This API key may not do that")
    assert not Person.objects.exists()


def test_a_key_does_nothing_beyond_its_user(viewer: User, agreement_admin: User) -> None:
    assert post(key_of(viewer), PEOPLE, ANNA).status_code == 403
    assert post(key_of(agreement_admin), PEOPLE, ANNA).status_code == 200


def test_an_address_that_names_no_scope_is_closed_to_keys(owner: User, monkeypatch: Any) -> None:
    from experience.api.results import ResultsView

    monkeypatch.delattr(ResultsView, "key_scope")

    assert error_of(get(key_of(owner))).startswith("403 API keys do not open this address")


# --- who sends data -----------------------------------------------------------------------------------------


def test_tickets_come_in_by_key_by_signature_or_with_the_secret_of_the_source(
    agreement_admin: User, viewer: User
) -> None:
    IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="the secret of the desk")
    path = "/api/v1/intake/desk/"

    assert post(key_of(agreement_admin), path, {"number": "1"}).status_code == 202
    assert post("the secret of the desk", path, {"number": "2"}).status_code == 202
    assert post("another secret", path, {"number": "3"}).status_code == 401
    assert post(key_of(viewer), path, {"number": "4"}).status_code == 403
    assert post(key_of(agreement_admin, "read_results"), path, {"number": "5"}).status_code == 403
    assert IntakeEvent.objects.count() == 2


def test_a_source_without_a_secret_takes_no_empty_one() -> None:
    IntakeSource.objects.create(key="desk", name="Desk", preset="generic", secret="")

    assert post("", "/api/v1/intake/desk/", {"number": "1"}).status_code == 401


@pytest.mark.parametrize("path", ["/api/v1/signals/", "/api/v1/texts/"])
def test_signals_and_texts_come_in_by_key(agreement_admin: User, path: str) -> None:
    IntakeSource.objects.create(key="probe", name="Probe", preset="generic", secret="s" * 20)
    headers = bearer(key_of(agreement_admin, "send_signals")) | {"X-XLA-Source": "probe"}

    response = Client().post(path, "{}", content_type="application/json", headers=headers)

    assert response.status_code == 400  # it was let in, and then says what a batch has to hold
    assert "batch_id" in response.json()["error"]["fields"]


# --- which keys open nothing --------------------------------------------------------------------------------


def test_without_a_key_or_a_session_the_api_says_how_to_sign_in() -> None:
    response = Client().get(RESULTS)

    assert (response.status_code, response["WWW-Authenticate"]) == (401, 'Bearer realm="XLA Service"')
    assert response.json()["error"]["code"] == "not_authenticated"


def test_a_wrong_key_is_refused_even_beside_a_session(client: Client, owner: User) -> None:
    client.force_login(owner)
    real = key_of(owner)

    response = client.get(RESULTS, headers=bearer(real[:-1] + ("A" if real[-1] != "A" else "B")))

    assert error_of(response).startswith("401 This API key is unknown, revoked or expired")


def test_an_expired_key_opens_nothing(owner: User) -> None:
    token = key_of(owner, expires_at=NOW + timedelta(days=1))

    assert get(token).status_code == 200
    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert get(token).status_code == 401


def test_the_key_of_a_user_who_is_switched_off_opens_nothing(owner: User) -> None:
    token = key_of(owner)
    User.objects.filter(pk=owner.pk).update(is_active=False)

    assert get(token).status_code == 401


def test_a_key_that_asks_too_often_has_to_wait(owner: User, monkeypatch: Any) -> None:
    monkeypatch.setattr(api_keys, "MOST_PER_KEY", 2)
    token = key_of(owner)

    codes = [get(token).status_code for _ in range(3)]

    assert codes == [200, 200, 429]
    assert get(key_of(owner)).status_code == 200


def test_a_network_that_tries_wrong_keys_has_to_wait_while_right_ones_go_on(
    owner: User, monkeypatch: Any
) -> None:
    monkeypatch.setattr(api_keys, "MOST_WRONG_KEYS", 2)

    assert [get("xla_wrong").status_code for _ in range(3)] == [401, 401, 429]
    assert get(key_of(owner)).status_code == 200


def test_last_use_is_known_to_the_minute_and_does_not_cost_a_write_each_time(
    owner: User, django_assert_num_queries: Any
) -> None:
    token = key_of(owner)
    get(token)

    with django_assert_num_queries(3), time_machine.travel(NOW + timedelta(seconds=50), tick=False):
        get(token)  # the key, the services, their gaps

    assert ApiKey.objects.get().last_used_at == NOW


# --- the page -----------------------------------------------------------------------------------------------


@pytest.fixture
def page(client: Client, administrator: User) -> Client:
    client.force_login(administrator)
    return client


def test_a_key_is_shown_once_and_only_its_hash_is_kept(page: Client, owner: User) -> None:
    form = {"name": "Dashboard", "user": owner.pk, "scopes": ["read_results"], "expires_on": "2026-12-31"}

    created = page.post(reverse("api-keys"), form)

    found = re.search(r"xla_[\w-]{43}", created.content.decode())
    assert found is not None
    assert created["Cache-Control"].startswith("max-age=0")
    token, key = found[0], ApiKey.objects.get()
    assert get(token).status_code == 200
    assert token not in str(list(ApiKey.objects.values())) + page.get(reverse("api-keys")).content.decode()
    assert (key.prefix, key.user, key.scopes) == (token[:12], owner, ["read_results"])


def test_making_and_revoking_a_key_stand_in_the_audit_log_without_the_key(page: Client, owner: User) -> None:
    token = key_of(owner, "read_results", name="Dashboard")

    page.post(reverse("api-key-revoke", args=[ApiKey.objects.get().pk]))
    page.post(reverse("api-key-revoke", args=[ApiKey.objects.get().pk]))

    assert get(token).status_code == 401
    changes = ConfigurationChange.objects.order_by("pk")
    assert [(change.subject, change.what) for change in changes] == [
        (f"API key Dashboard ({token[:12]}…)", "Created"),
        (f"API key Dashboard ({token[:12]}…)", "Revoked"),
    ]
    assert changes[0].details == [
        ["may", None, "read_results"],
        ["as", None, "owner"],
        ["lasts", None, "until revoked"],
    ]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": ""}, "Name the program that will use the key."),
        ({"scopes": []}, "Tick at least one thing that the key may do."),
        ({"expires_on": "2026-06-01"}, "Choose a day after today."),
        ({"user": 0}, "Choose a user whose account is on."),
    ],
)
def test_a_faulty_form_says_so_and_keeps_what_was_typed(
    page: Client, owner: User, changes: dict[str, Any], says: str
) -> None:
    form = {"name": "Dashboard", "user": owner.pk, "scopes": ["read_results"], "expires_on": ""} | changes

    response = page.post(reverse("api-keys"), form)

    assert response.status_code == 422
    assert says in response.content.decode()
    assert not ApiKey.objects.exists()


def test_the_openapi_document_names_the_security_scheme() -> None:
    words = Client().get("/api/v1/schema/").content.decode()

    assert "bearer" in words
    assert "apiKey: []" in words
