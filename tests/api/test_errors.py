"""The table of errors, and what every error has."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from signpost.api.errors import BLOCKERS, TABLE
from signpost.model.errors import BlockerCode, DomainError
from signpost.ports.store import StoreUnavailableError
from signpost.storage.memory import MemoryStore, MemoryWorkspace
from signpost.testing.repeatable import SteppingClock
from tests.api.conftest import NewHouse
from tests.api.house import House, absent, problem


def _all_facts() -> list[type[DomainError]]:
    found: list[type[DomainError]] = []
    open_ = [DomainError]
    while open_:
        kinds = open_.pop().__subclasses__()
        found += kinds
        open_ += kinds
    return found


@pytest.mark.parametrize("fact", _all_facts())
def test_every_fact_is_in_the_table(fact: type[DomainError]) -> None:
    assert fact in TABLE


@pytest.mark.parametrize("code", BlockerCode)
def test_every_blocker_has_its_words(code: BlockerCode) -> None:
    assert BLOCKERS[code].endswith(".")


BAD_IDS = ["x", "flg_", "flg_0", "flg_" + "1" * 21, "flg_" + "1" * 23, "flg_" + "0" * 22, "flg_" + "l" * 22, "%00"]
BAD_IDS += ["flg_" + "1" * 22 + "%0A", "FLG_" + "1" * 22, "exp_" + "1" * 22, "flg_" + "%C3%A9" * 22, "a" * 3_000]


@pytest.mark.parametrize("bad", BAD_IDS)
@pytest.mark.parametrize("method", ["GET", "PATCH", "DELETE"])
def test_an_id_that_can_not_be_one_is_an_invalid_uri(house: House, method: str, bad: str) -> None:
    reply = house.owner.send(method, f"/feature-flags/{bad}", json={"name": "A name"} if method == "PATCH" else None)

    assert problem(reply) == (400, "invalid_uri")
    assert "id" in reply.json()["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/experiments/{bad}"),
        ("POST", "/experiments/{bad}/status"),
        ("POST", "/experiments/{bad}/validate"),
        ("POST", "/experiments/{bad}/advance-ramp"),
        ("POST", "/feature-flags/{bad}/status"),
        ("GET", "/feature-flags/{bad}/variations"),
        ("GET", "/feature-flags/{flag}/variations/{bad}"),
        ("DELETE", "/feature-flags/{flag}/variations/{bad}"),
        ("GET", "/segments/{bad}"),
        ("DELETE", "/segments/{bad}"),
    ],
)
def test_every_id_in_a_path_is_checked(house: House, method: str, path: str) -> None:
    full = path.format(bad="nothing_1", flag=absent("flg"))
    body = {"target_level": 1} if "ramp" in path else {"status": "active"}

    assert problem(house.owner.send(method, full, json=body if method == "POST" else None)) == (400, "invalid_uri")


@pytest.mark.parametrize("path", ["/", "/nothing", "/feature-flags/", "/experiments/x/y/z", "/api/v2/experimentation"])
def test_where_nothing_is_there_is_nothing(house: House, path: str) -> None:
    assert problem(house.owner.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "/feature-flags", "GET, HEAD, POST, OPTIONS"),
        ("PUT", f"/feature-flags/{absent('flg')}", "GET, HEAD, PATCH, DELETE, OPTIONS"),
        ("GET", f"/experiments/{absent('exp')}/status", "POST, OPTIONS"),
        ("DELETE", "/api/v2/logs", "GET, HEAD, OPTIONS"),
    ],
)
def test_another_method_is_told_which_ones_there_are(house: House, method: str, path: str, allowed: str) -> None:
    refused = house.owner.send(method, path)
    asked = house.owner.send("OPTIONS", path)

    assert problem(refused) == (405, "method_not_allowed")
    assert refused.headers["allow"] == asked.headers["allow"] == allowed
    assert (asked.status_code, asked.content) == (204, b"")


def test_head_answers_as_get_without_the_body(house: House) -> None:
    flag = house.owner.flag()

    head, get = house.owner.send("HEAD", flag.path), house.owner.get(flag.path)

    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == get.headers["content-length"] == str(len(get.content))
    assert house.owner.send("HEAD", f"/feature-flags/{absent('flg')}").status_code == 404


def test_a_reply_is_json_and_says_its_character_set(house: House) -> None:
    flag = house.owner.flag()

    replies = [house.owner.get(flag.path), house.owner.get("/feature-flags"), house.owner.get("/nothing")]

    assert {reply.headers["content-type"] for reply in replies} == {"application/json; charset=utf-8"}


def test_a_correlation_id_comes_back(house: House) -> None:
    def sent(correlation: str) -> str | None:
        reply = house.owner.send("GET", "/segments", headers={"X-Correlation-ID": correlation})
        value: str | None = reply.headers.get("x-correlation-id")
        return value

    assert sent("abc 123") == "abc 123"
    assert sent("c" * 64) == "c" * 64
    assert sent("c" * 65) is None


def test_what_comes_first_is_told_first(house: House) -> None:
    reader = house.caller(house.tenant, "read:experimentation")
    path = f"/feature-flags/{absent('flg')}"
    nonsense = {"content": b"nonsense"}

    without_token = house.stranger().send("PATCH", "/feature-flags/x?y=1", **nonsense)
    without_scope = reader.send("PATCH", "/feature-flags/x?y=1", **nonsense)
    with_both = house.owner.send("PATCH", f"{path}?y=1", **nonsense)
    with_bad_body = house.owner.send("PATCH", path, **nonsense)
    with_good_body = house.owner.send("PATCH", path, json={"name": "A name"})

    assert problem(without_token) == (401, "invalid_token")
    assert problem(without_scope) == (403, "insufficient_scope")
    assert problem(with_both) == (400, "invalid_query_string")
    assert problem(with_bad_body) == (400, "invalid_body")
    assert problem(with_good_body) == (404, "feature_flag_not_found")


class _Failing(MemoryStore):
    """A store that fails when it is told to, in the way it is told."""

    failure: Exception | None = None

    @contextmanager
    def reading(self, tenant_id: str) -> Iterator[MemoryWorkspace]:
        if self.failure is not None:
            raise self.failure
        with super().reading(tenant_id) as workspace:
            yield workspace

    def revisions(self) -> Mapping[str, int]:
        if self.failure is not None:
            raise self.failure
        return super().revisions()


def test_what_nobody_foresaw_tells_nothing_of_the_inside(new_house: NewHouse, caplog: pytest.LogCaptureFixture) -> None:
    store = _Failing(SteppingClock())
    house = new_house(store=store)
    store.failure = RuntimeError("the password is hunter2")

    reply = house.owner.get("/segments")

    assert problem(reply) == (500, "internal_error")
    assert "hunter2" not in reply.text
    assert reply.headers["x-request-id"] in reply.json()["message"]
    assert reply.headers["x-request-id"] in {getattr(record, "request_id", None) for record in caplog.records}


def test_a_database_that_is_away_is_told_with_when_to_come_back(new_house: NewHouse) -> None:
    store = _Failing(SteppingClock())
    house = new_house(store=store)
    store.failure = StoreUnavailableError("connection refused by 10.0.0.1")

    reply = house.owner.get("/segments")

    assert problem(reply) == (503, "database_unavailable")
    assert "10.0.0.1" not in reply.text
    assert int(reply.headers["retry-after"]) > 0


def test_a_change_that_is_made_stands_even_when_this_process_cannot_read_it_back(new_house: NewHouse) -> None:
    store = _Failing(SteppingClock())
    house = new_house(store=store)
    store.failure = StoreUnavailableError("gone")

    made = house.owner.post("/segments", {"name": "Phones", "rules": [{"match": {"device_type": ["mobile"]}}]})

    assert made.status_code == 201
    store.failure = None
    assert house.owner.shown(f"/segments/{made.json()['id']}") == made.json()
