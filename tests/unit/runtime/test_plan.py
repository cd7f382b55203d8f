"""`GET /runtime/v1/plan`."""

import asyncio
from typing import Any

import pytest

from signpost.exchange import read_document
from signpost.runtime.app import PLAN_PATH
from tests.unit.runtime.conftest import House, Reply, halves


def fetch(house: House, *, etag: str | None = None, query: bytes = b"", **options: Any) -> Reply:
    more = [] if etag is None else [(b"if-none-match", etag.encode())]
    return house.send(PLAN_PATH, b"", method="GET", more=more, query=query, **options)


def test_the_plan_is_the_whole_configuration(house: House) -> None:
    experiment = halves()
    house.add(experiment)

    reply = fetch(house)

    configuration = read_document(reply.body)
    assert reply.status == 200
    assert configuration.tenant_id == house.first.id
    assert configuration.experiments == (experiment,)
    assert configuration.prepare().plan.decide("authentication", "unit-1", {})[0].experiment_id == experiment.id


def test_who_has_the_plan_already_is_told_so(house: House) -> None:
    etag = fetch(house).headers["etag"]

    again = fetch(house, etag=etag)
    weakly = fetch(house, etag=f'"other", W/{etag}')

    assert (again.status, again.body, again.headers["etag"]) == (304, b"", etag)
    assert "content-length" not in again.headers
    assert weakly.status == 304


def test_a_change_makes_another_plan(house: House) -> None:
    etag = fetch(house).headers["etag"]

    house.add(halves())

    assert fetch(house, etag=etag).status == 200
    assert fetch(house, etag=etag).headers["etag"] != etag


def test_who_waits_is_answered_when_something_changes(house: House) -> None:
    etag = fetch(house).headers["etag"]

    async def run() -> Reply:
        more = [(b"if-none-match", etag.encode())]
        waiting = asyncio.create_task(house.ask(PLAN_PATH, b"", method="GET", more=more, query=b"wait=30"))
        await asyncio.sleep(0)
        house.add(halves())
        return await waiting

    reply = asyncio.run(run())

    assert reply.status == 200
    assert len(read_document(reply.body).experiments) == 1


def test_waiting_ends(house: House) -> None:
    etag = fetch(house).headers["etag"]

    assert fetch(house, etag=etag, query=b"wait=1").status == 304


def test_a_process_that_is_behind_catches_up_before_it_answers(house: House) -> None:
    ahead = fetch(house).headers["etag"].replace('"2-', '"3-')

    async def run() -> Reply:
        asking = asyncio.create_task(house.ask(PLAN_PATH, b"", method="GET", more=[(b"if-none-match", ahead.encode())]))
        await asyncio.sleep(0)
        house.add(halves())
        return await asking

    assert read_document(asyncio.run(run()).body).revision == 3


@pytest.mark.parametrize("wait", ["61", "-1", "1.5", "x", "%D9%A1", "9" * 5_000])
def test_a_wait_that_is_no_number_of_seconds_is_refused(house: House, wait: str) -> None:
    reply = fetch(house, query=f"wait={wait}".encode())

    assert reply.status == 400
    assert "wait" in reply.json["message"]


def test_the_plan_asks_for_its_own_scope(house: House) -> None:
    assert fetch(house, headers=house.headers(scopes=("decide:experimentation",))).status == 403
    assert fetch(house, headers=[]).status == 401


def test_no_secret_is_in_the_plan(house: House) -> None:
    assert house.client.secret_hash.encode() not in fetch(house).body


def test_tenants_have_their_own_plans(house: House) -> None:
    house.add(halves())

    other = fetch(house, headers=house.headers(house.second))

    assert read_document(other.body).experiments == ()
