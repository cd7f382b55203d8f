"""Clients over the management API."""

from typing import Any

import pytest

from signpost.model.limits import CLIENTS_MAX
from signpost.model.tenants import SCOPES
from signpost.ports.paging import PageRequest
from signpost.usecases import clients as usecase
from tests.api.house import House, problem

CLIENTS = "/api/v2/clients"
EVERYTHING = PageRequest(take=1000)
SPA = {"name": "Shop", "app_type": "spa", "callbacks": ["https://shop.example/callback"]}


def test_a_page_application_gets_what_is_usual_for_it_and_no_secret(house: House) -> None:
    made = house.owner.made(CLIENTS, SPA)

    shown = {name: made[name] for name in ("app_type", "grant_types", "token_endpoint_auth_method", "callbacks")}
    assert shown == {
        "app_type": "spa",
        "grant_types": ["authorization_code", "refresh_token"],
        "token_endpoint_auth_method": "none",
        "callbacks": ["https://shop.example/callback"],
    }
    assert "client_secret" not in made
    assert house.owner.shown(f"{CLIENTS}/{made['client_id']}") == made


@pytest.mark.parametrize("app_type", ["regular_web", "non_interactive"])
def test_a_secret_is_shown_once_and_kept_as_a_hash(house: House, app_type: str) -> None:
    made = house.owner.made(CLIENTS, {"name": "Web", "app_type": app_type})

    shown = house.owner.shown(f"{CLIENTS}/{made['client_id']}")
    assert shown == {name: value for name, value in made.items() if name != "client_secret"}
    with house.store.reading(house.tenant.id) as tenant:
        client = tenant.clients.get(made["client_id"])
        assert client is not None
        assert usecase.is_secret_of(client, made["client_secret"])
        assert client.scopes == ()
        audited = repr(tenant.audit.list(EVERYTHING, entity_id=client.id))
    assert client.secret_hash not in audited
    assert made["client_secret"] not in audited


def test_every_change_is_audited(house: House) -> None:
    made = house.owner.made(CLIENTS, SPA)
    path = f"{CLIENTS}/{made['client_id']}"

    house.owner.patch(path, {"callbacks": ["https://shop.example/other"]})
    house.owner.delete(path)

    with house.store.reading(house.tenant.id) as tenant:
        entries = tenant.audit.list(EVERYTHING, entity_id=made["client_id"]).items
    assert [entry.action for entry in entries] == ["update", "update", "create"]
    assert entries[1].after is not None
    assert entries[1].after["callbacks"] == ["https://shop.example/other"]


def test_a_change_is_of_the_given_fields(house: House) -> None:
    made = house.owner.made(CLIENTS, SPA)

    reply = house.owner.patch(f"{CLIENTS}/{made['client_id']}", {"web_origins": ["https://shop.example"]})

    assert reply.status_code == 200
    changed = reply.json()
    assert changed == made | {"web_origins": ["https://shop.example"], "updated_at": changed["updated_at"]}


def test_who_is_to_keep_a_secret_from_now_on_gets_one_and_loses_its_scopes_before(house: House) -> None:
    with house.store.reading(house.tenant.id) as tenant:
        machine = tenant.clients.all()[0]
    path = f"{CLIENTS}/{machine.id}"
    page = {"app_type": "spa", "grant_types": ["authorization_code"], "token_endpoint_auth_method": "none"}

    operator = house.caller(house.tenant)
    opened = operator.patch(path, page)
    closed = operator.patch(path, {"app_type": "regular_web", "token_endpoint_auth_method": "client_secret_basic"})

    assert (opened.status_code, closed.status_code) == (200, 200)
    assert "client_secret" not in opened.json()
    assert closed.json()["client_secret"]
    with house.store.reading(house.tenant.id) as tenant:
        changed = tenant.clients.get(machine.id)
    assert changed is not None
    assert changed.scopes == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"callbacks": ["javascript:alert(1)"]}, "callbacks"),
        ({"callbacks": ["https://shop.example/#top"]}, "callbacks"),
        ({"callbacks": ["https://*.example/"]}, "callbacks"),
        ({"callbacks": ["https://shop.example/\r\nx: y"]}, "callbacks"),
        ({"callbacks": ["https://shop.example\\@evil.example/"]}, "callbacks"),
        ({"callbacks": ["https://name:word@shop.example/"]}, "callbacks"),
        ({"callbacks": ["//shop.example/"]}, "callbacks"),
        ({"callbacks": ["com.example.shop:/callback"]}, "callbacks"),
        ({"callbacks": [""]}, "callbacks"),
        ({"callbacks": ["https://shop.example/" + "x" * 2_048]}, "callbacks"),
        ({"callbacks": [f"https://shop.example/{n}" for n in range(101)]}, "callbacks"),
        ({"allowed_logout_urls": ["data:text/html,x"]}, "allowed_logout_urls"),
        ({"web_origins": ["https://shop.example/"]}, "web_origins"),
        ({"web_origins": ["*"]}, "web_origins"),
        ({"grant_types": ["client_credentials"]}, "grant_types"),
        ({"grant_types": ["implicit"]}, "grant_types"),
        ({"app_type": "non_interactive"}, "app_type"),
        ({"app_type": "native_app"}, "app_type"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "token_endpoint_auth_method"),
        ({"name": ""}, "name"),
        ({"client_secret": "mine"}, "client_secret"),
    ],
)
def test_what_could_not_work_or_be_safe_is_refused(house: House, changes: dict[str, Any], field: str) -> None:
    given = SPA | {"token_endpoint_auth_method": "none"} | changes
    refused = house.owner.post(CLIENTS, given)

    assert problem(refused) == (400, "invalid_body")
    assert field in refused.json()["message"]
    made = house.owner.made(CLIENTS, SPA)
    assert problem(house.owner.patch(f"{CLIENTS}/{made['client_id']}", changes)) == (400, "invalid_body")
    assert house.owner.shown(f"{CLIENTS}/{made['client_id']}") == made


def test_an_app_has_a_scheme_of_its_own(house: House) -> None:
    callbacks = ["com.example.shop:/callback", "http://127.0.0.1:8765/callback"]

    made = house.owner.made(CLIENTS, {"name": "App", "app_type": "native", "callbacks": callbacks})

    assert made["callbacks"] == callbacks


def test_pages_of_clients_are_counted_or_plain(house: House) -> None:
    ids = [house.owner.made(CLIENTS, SPA | {"name": f"Shop {n}"})["client_id"] for n in range(3)]

    page = house.owner.get(CLIENTS, page=1, per_page=2, app_type="spa,native").json()
    plain = house.owner.get(CLIENTS, include_totals="false", app_type="spa").json()
    everything = house.owner.get(CLIENTS).json()

    assert {name: page[name] for name in ("start", "limit", "length", "total")} == {
        "start": 2,
        "limit": 2,
        "length": 1,
        "total": 3,
    }
    assert [client["client_id"] for client in page["clients"]] == ids[2:]
    assert [client["client_id"] for client in plain] == ids
    assert everything["total"] == 4


def test_a_deleted_client_is_not_there_and_is_let_in_no_more(house: House) -> None:
    made = house.owner.made(CLIENTS, SPA)
    path = f"{CLIENTS}/{made['client_id']}"

    replies = [house.owner.delete(path), house.owner.delete(path), house.owner.get(path), house.owner.patch(path, SPA)]

    assert [reply.status_code for reply in replies] == [204, 204, 404, 404]
    assert problem(replies[2]) == (404, "client_not_found")
    assert house.owner.get(CLIENTS).json()["total"] == 1
    state = house.catalog.find(house.tenant.domain)
    assert state is not None
    assert state.clients[made["client_id"]].revoked_at is not None


def test_one_tenant_does_not_see_the_clients_of_another(house: House) -> None:
    made = house.owner.made(CLIENTS, SPA)
    other = house.caller(house.other_tenant)

    assert other.get(CLIENTS).json()["total"] == 1
    assert problem(other.get(f"{CLIENTS}/{made['client_id']}")) == (404, "client_not_found")


def test_a_tenant_has_so_many_clients(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("signpost.model.limits.CLIENTS_MAX", 2)
    made = house.owner.made(CLIENTS, SPA)

    assert CLIENTS_MAX > 2
    assert problem(house.owner.post(CLIENTS, SPA)) == (400, "client_limit_exceeded")
    house.owner.delete(f"{CLIENTS}/{made['client_id']}")
    house.owner.made(CLIENTS, SPA)


def test_a_caller_hands_out_no_scopes(house: House) -> None:
    maker = house.caller(house.tenant, "create:clients", "read:clients", "update:clients")

    made = maker.made(CLIENTS, {"name": "Machine", "app_type": "non_interactive"})

    assert set(SCOPES) >= {"create:clients"}
    assert problem(maker.post(CLIENTS, {"name": "M", "scopes": list(SCOPES)})) == (400, "invalid_body")
    with house.store.reading(house.tenant.id) as tenant:
        client = tenant.clients.get(made["client_id"])
    assert client is not None
    assert client.scopes == ()
