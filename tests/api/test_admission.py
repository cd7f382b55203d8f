"""Who may call which route, and that tenants don't see each other."""

from typing import Any

import pytest

from tests.api.conftest import NewHouse
from tests.api.house import House, absent, problem

FLAG, VARIATION = f"/feature-flags/{absent('flg')}", f"/feature-flags/{absent('flg')}/variations/{absent('var')}"
ACTION = f"/api/v2/actions/actions/{absent('act')}"
LOG_STREAM = f"/api/v2/log-streams/{absent('lst')}"
TEMPLATE = "/api/v2/branding/templates/universal-login"
CLIENT = f"/api/v2/clients/{absent('cli')}"
EXPERIMENT, SEGMENT = f"/experiments/{absent('exp')}", f"/segments/{absent('seg')}"
ROUTES = [
    ("GET", "/experiments", "read:experimentation"),
    ("POST", "/experiments", "create:experimentation"),
    ("GET", EXPERIMENT, "read:experimentation"),
    ("PATCH", EXPERIMENT, "update:experimentation"),
    ("DELETE", EXPERIMENT, "delete:experimentation"),
    ("POST", f"{EXPERIMENT}/status", "update:experimentation"),
    ("POST", f"{EXPERIMENT}/validate", "read:experimentation"),
    ("POST", f"{EXPERIMENT}/advance-ramp", "update:experimentation"),
    ("GET", f"{EXPERIMENT}/results", "read:experimentation"),
    ("GET", f"{EXPERIMENT}/analysis-plan", "read:experimentation"),
    ("GET", "/holdout/results", "read:experimentation"),
    ("GET", "/feature-flags", "read:experimentation"),
    ("POST", "/feature-flags", "create:experimentation"),
    ("GET", FLAG, "read:experimentation"),
    ("PATCH", FLAG, "update:experimentation"),
    ("DELETE", FLAG, "delete:experimentation"),
    ("POST", f"{FLAG}/status", "update:experimentation"),
    ("GET", f"{FLAG}/variations", "read:experimentation"),
    ("POST", f"{FLAG}/variations", "create:experimentation"),
    ("GET", VARIATION, "read:experimentation"),
    ("PATCH", VARIATION, "update:experimentation"),
    ("DELETE", VARIATION, "delete:experimentation"),
    ("GET", "/segments", "read:experimentation"),
    ("POST", "/segments", "create:experimentation"),
    ("GET", SEGMENT, "read:experimentation"),
    ("PATCH", SEGMENT, "update:experimentation"),
    ("DELETE", SEGMENT, "delete:experimentation"),
    ("GET", "/metrics", "read:experimentation"),
    ("POST", "/metrics", "create:experimentation"),
    ("POST", "/metrics/preview", "read:experimentation"),
    ("GET", "/metrics/nothing", "read:experimentation"),
    ("PATCH", "/metrics/nothing", "update:experimentation"),
    ("DELETE", "/metrics/nothing", "delete:experimentation"),
    ("GET", "/api/v2/logs", "read:logs"),
    ("GET", "/api/v2/logs/1", "read:logs"),
    ("GET", "/api/v2/users/1/logs", "read:logs"),
    ("GET", "/api/v2/actions/actions", "read:actions"),
    ("POST", "/api/v2/actions/actions", "create:actions"),
    ("GET", ACTION, "read:actions"),
    ("PATCH", ACTION, "update:actions"),
    ("POST", f"{ACTION}/rotate-secret", "update:actions"),
    ("DELETE", ACTION, "delete:actions"),
    ("GET", "/api/v2/log-streams", "read:log_streams"),
    ("POST", "/api/v2/log-streams", "create:log_streams"),
    ("GET", LOG_STREAM, "read:log_streams"),
    ("PATCH", LOG_STREAM, "update:log_streams"),
    ("DELETE", LOG_STREAM, "delete:log_streams"),
    ("GET", TEMPLATE, "read:branding"),
    ("PUT", TEMPLATE, "update:branding"),
    ("DELETE", TEMPLATE, "delete:branding"),
    ("GET", "/api/v2/clients", "read:clients"),
    ("POST", "/api/v2/clients", "create:clients"),
    ("GET", CLIENT, "read:clients"),
    ("PATCH", CLIENT, "update:clients"),
    ("DELETE", CLIENT, "delete:clients"),
]
OTHERS = {
    "create:experimentation",
    "read:experimentation",
    "update:experimentation",
    "delete:experimentation",
    "read:logs",
    "create:events",
}


@pytest.mark.parametrize(("method", "path", "scope"), ROUTES)
def test_every_route_asks_for_its_scope_and_for_no_other(house: House, method: str, path: str, scope: str) -> None:
    with_it = house.caller(house.tenant, scope).send(method, path)
    without_it = house.caller(house.tenant, *(OTHERS - {scope})).send(method, path)
    without_token = house.stranger().send(method, path)

    assert with_it.status_code in {200, 204, 400, 404}
    assert problem(without_it) == (403, "insufficient_scope")
    assert without_it.json()["message"] == f"Insufficient scope; expected any of: {scope}."
    assert problem(without_token) == (401, "invalid_token")
    assert without_token.json()["message"] == "Invalid token."
    assert without_token.headers["www-authenticate"] == "Bearer"


@pytest.mark.parametrize(
    "headers",
    [
        {"authorization": "Bearer"},
        {"authorization": "Bearer x"},
        {"authorization": "Bearer x.y.z"},
        {"authorization": "Basic Zm9vOmJhcg=="},
        {"authorization": "Bearer " + "x" * 20_000},
        {"authorization": ""},
    ],
)
def test_what_is_no_token_is_not_let_in(house: House, headers: dict[str, str]) -> None:
    assert problem(house.stranger().send("GET", "/segments", headers=headers)) == (401, "invalid_token")


def test_two_tokens_are_none(house: House) -> None:
    token = house.owner.token

    reply = house.client.get(
        "/api/v2/experimentation/segments",
        headers=[("host", house.tenant.domain), ("authorization", token), ("authorization", token)],
    )

    assert problem(reply) == (401, "invalid_token")


def test_every_reply_tells_the_rate_limit(new_house: NewHouse) -> None:
    house = new_house(per_minute=3)
    replies = [
        house.owner.get("/segments"),
        house.owner.get("/segments/x"),
        house.owner.send("DELETE", SEGMENT),
        house.owner.get("/segments"),
    ]

    assert [reply.status_code for reply in replies] == [200, 400, 204, 429]
    assert [reply.headers["x-ratelimit-remaining"] for reply in replies] == ["2", "1", "0", "0"]
    assert {reply.headers["x-ratelimit-limit"] for reply in replies} == {"3"}
    assert all(int(reply.headers["x-ratelimit-reset"]) > 1_700_000_000 for reply in replies)
    assert problem(replies[3]) == (429, "too_many_requests")
    assert 1 <= int(replies[3].headers["retry-after"]) <= 60
    assert replies[3].json()["message"] == (
        "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers."
    )


def test_strangers_and_wrong_paths_are_told_the_limit_too(new_house: NewHouse) -> None:
    house = new_house(per_minute=100)

    replies = [house.stranger().get("/segments"), house.stranger().get("/nothing"), house.client.get("/docs")]

    assert all("x-ratelimit-remaining" in reply.headers for reply in replies)


def _everything(house: House) -> dict[str, str]:
    flag = house.owner.flag()
    segment = house.owner.segment()
    experiment = house.owner.experiment(flag)
    return {
        "flag": flag.path,
        "variation": f"{flag.path}/variations/{flag.bold}",
        "segment": f"/segments/{segment}",
        "experiment": f"/experiments/{experiment['id']}",
    }


def _try_all(caller: Any, paths: dict[str, str]) -> list[tuple[int, bytes]]:
    name = {"name": "Taken over"}
    replies = [
        *(caller.send(method, path, json=body) for path in paths.values() for method, body in _ways(name)),
        caller.post(f"{paths['flag']}/status", {"status": "archived"}),
        caller.get(f"{paths['flag']}/variations"),
        caller.post(f"{paths['flag']}/variations", name | {"overrides": {}}),
        caller.post(f"{paths['experiment']}/status", {"status": "active"}),
        caller.post(f"{paths['experiment']}/validate"),
        caller.post(f"{paths['experiment']}/advance-ramp", {"target_level": 1}),
        caller.post("/experiments", name | {"feature_flag_id": paths["flag"][-26:], "authentication_flow": "all"}),
    ]
    return [(reply.status_code, reply.content) for reply in replies]


def _ways(name: dict[str, str]) -> list[tuple[str, dict[str, str] | None]]:
    return [("GET", None), ("PATCH", name), ("DELETE", None)]


def test_what_another_tenant_has_looks_like_what_nobody_has(house: House) -> None:
    paths = _everything(house)
    nobodys = {
        "flag": f"/feature-flags/{absent('flg')}",
        "variation": f"/feature-flags/{absent('flg')}/variations/{absent('var')}",
        "segment": f"/segments/{absent('seg')}",
        "experiment": f"/experiments/{absent('exp')}",
    }
    before = {path: house.owner.shown(path) for path in paths.values()}
    other = house.caller(house.other_tenant)

    theirs, nobodys_replies = _try_all(other, paths), _try_all(other, nobodys)

    assert theirs == nobodys_replies
    assert {status for status, _ in theirs} == {204, 404}
    assert {path: house.owner.shown(path) for path in paths.values()} == before


def test_another_tenants_parts_can_not_be_put_into_ones_own(house: House) -> None:
    flag, segment = house.owner.flag(), house.owner.segment()
    other = house.caller(house.other_tenant)
    own = other.flag()
    path = f"/experiments/{other.experiment(own)['id']}"

    def allocate(**fields: Any) -> tuple[int, bytes]:
        allocation = {"variation_id": own.base, "is_control": True} | fields
        reply = other.patch(path, {"allocations": [allocation]})
        return reply.status_code, reply.content

    assert allocate(variation_id=flag.base) == allocate(variation_id=absent("var"))
    assert allocate(segment_id=segment, priority=1) == allocate(segment_id=absent("seg"), priority=1)
    assert other.shown(f"/experiments?feature_flag_id={flag.id}") == {"experiments": []}


def test_names_and_active_experiments_are_each_tenants_own(house: House) -> None:
    other = house.caller(house.other_tenant)
    mine = house.owner.experiment(house.owner.flag(), authentication_flow="all")
    theirs = other.experiment(other.flag(), authentication_flow="all")

    assert house.owner.move(mine["id"], "active")["status"] == other.move(theirs["id"], "active")["status"] == "active"
    assert [e["id"] for e in other.shown("/experiments")["experiments"]] == [theirs["id"]]


def test_a_token_is_good_in_its_own_tenant_only(house: House) -> None:
    mine = house.owner.send("GET", "/segments", headers={"host": house.other_tenant.domain})

    assert problem(mine) == (401, "invalid_token")
