"""The in-process client against a real server."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from signpost import Client
from tests.e2e.conftest import Server, StartServer

BASE = "/api/v2/experimentation"
PATIENCE_SECONDS = 60


@dataclass
class House:
    """A server with an experiment, and how to get clients of it."""

    server: Server
    experiment_id: str

    def connect(self, cache: Path | None = None) -> Client:
        said = self.server.first_run
        client = Client.connect(
            self.server.url, client_id=said["client_id"], client_secret=said["client_secret"], cache=cache
        )
        assert client.wait_until_ready(PATIENCE_SECONDS), client.stats
        return client

    def results(self) -> Any:
        with self.server.client() as http:
            return http.get(f"{BASE}/experiments/{self.experiment_id}/results").json()

    def exposed(self) -> int:
        return sum(cell["units"] for cell in self.results()["variations"])


@pytest.fixture
def house(start_server: StartServer) -> Iterator[House]:
    server = start_server()
    with server.client() as http:
        parameters = {"title": {"type": "string", "value": "Sign in"}}
        flag = http.post(f"{BASE}/feature-flags", json={"name": "login", "parameters": parameters}).json()
        path = f"{BASE}/feature-flags/{flag['id']}"
        ids = [
            http.post(f"{path}/variations", json={"name": name, "overrides": overrides}).json()["id"]
            for name, overrides in (("as it is", {}), ("welcome", {"title": "Welcome back"}))
        ]
        assert http.patch(path, json={"status": "active"}).status_code == 200
        allocations = [{"variation_id": i, "is_control": i == ids[0], "weight": 50} for i in ids]
        experiment = {
            "name": "title",
            "feature_flag_id": flag["id"],
            "authentication_flow": "authentication",
            "allocations": allocations,
        }
        made = http.post(f"{BASE}/experiments", json=experiment).json()
        assert http.patch(f"{BASE}/experiments/{made['id']}", json={"status": "active"}).status_code == 200
    yield House(server, made["id"])
    server.stop()


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_decides_as_the_server_does_and_its_exposures_are_counted(house: House) -> None:
    with house.connect() as client, house.server.client() as http:
        for i in range(200):
            decision = client.decide("authentication", f"device-{i}")
            asked = {"flow": "authentication", "unit": f"device-{i}", "record": False}
            said = http.post("/runtime/v1/decisions", json=asked).json()["experiment"]
            assert (decision.variation_id, decision.config["title"]) == (
                said["variation_id"],
                said["config"]["title"]["value"],
            )
            client.track("s", unit=f"device-{i}")

    assert (client.stats.sent, client.stats.failed, client.stats.dropped) == (400, 0, 0)
    assert house.exposed() == 200
    assert sum(arm["total"] for arm in house.results()["metrics"][0]["variations"]) == 200


def test_a_change_reaches_it(house: House) -> None:
    with house.connect() as client:
        heard = threading.Event()
        client.on_change(lambda _: heard.set())

        with house.server.client() as http:
            http.patch(f"{BASE}/experiments/{house.experiment_id}", json={"status": "paused"})

        assert heard.wait(PATIENCE_SECONDS)
        assert client.decide("authentication", "device-1").reason == "no_experiment"


def test_a_server_that_is_asked_to_stop_does_not_wait_for_those_who_wait(house: House) -> None:
    with house.connect() as client:
        wait_for(lambda: client.stats.age_seconds is not None)

        code = house.server.stop()

    assert code == 0
    assert "graceful" not in house.server.log.read_text()


def test_a_server_that_is_killed_in_the_middle_loses_nothing_and_counts_nothing_twice(house: House) -> None:
    with house.connect() as client:
        stop = threading.Event()
        count = 0

        def sign_in() -> None:
            nonlocal count
            while not stop.is_set():
                assert client.decide("authentication", f"device-{count}").is_enrolled
                count += 1
                time.sleep(0.0005)

        signing_in = threading.Thread(target=sign_in)
        signing_in.start()
        for _ in range(3):
            sent = client.stats.sent
            wait_for(lambda sent=sent: client.stats.sent > sent)  # type: ignore[misc]
            house.server.kill()
            house.server.start()
        stop.set()
        signing_in.join()
        wait_for(lambda: client.stats.queued == 0)

    assert client.stats.sent == count
    assert house.exposed() == count


def test_it_starts_without_the_server_from_its_copy(house: House, tmp_path: Path) -> None:
    with house.connect(tmp_path) as first:
        expected = [first.decide("authentication", f"device-{i}", record=False).variation_id for i in range(50)]
    house.server.stop()

    with house.connect(tmp_path) as client:
        decided = [client.decide("authentication", f"device-{i}", record=False).variation_id for i in range(50)]
        assert client.stats.source == "cache"
        client.decide("authentication", "device-0")
        house.server.start()
        wait_for(lambda: client.stats.source == "server" and client.stats.queued == 0)

    assert decided == expected
    assert house.exposed() == 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_forked_process_goes_on_by_itself(house: House) -> None:
    with house.connect() as client:
        client.decide("authentication", "the parent's, queued before")
        child = os.fork()
        if child == 0:
            code = 1
            try:
                client.decide("authentication", "the child's")
                client.close()
                code = 0 if client.stats.sent == 1 else 2
            finally:
                os._exit(code)
        client.decide("authentication", "the parent's, queued after")
        _, status = os.waitpid(child, 0)

    assert os.waitstatus_to_exitcode(status) == 0
    assert client.stats.sent == 2
    assert house.exposed() == 3


def test_a_wrong_secret_is_told_and_decides_the_baseline(house: House) -> None:
    client_id = house.server.first_run["client_id"]

    with Client.connect(house.server.url, client_id=client_id, client_secret="hunter2") as client:
        wait_for(lambda: client.stats.problem is not None)
        decision = client.decide("authentication", "device-1")

    assert "401" in str(client.stats.problem)
    assert "hunter2" not in str(client.stats.problem)
    assert decision.reason == "no_plan"
