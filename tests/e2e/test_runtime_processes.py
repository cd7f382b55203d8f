"""Decisions and events against a real server with two workers, killed in the middle."""

import http.client
import json
import os
import signal
import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import Server, StartServer

BATCH = 10
CALLERS = 6
ENOUGH = 12_000
BASE = "/api/v2/experimentation"
TITLE = {"type": "string", "value": "Sign in"}


@dataclass
class Caller:
    """Asks for decisions and tells their outcomes without a pause, until it is told to stop or nobody answers."""

    port: int
    token: str
    name: str
    units: list[str] = field(default_factory=list)
    event_ids: list[str] = field(default_factory=list)
    failures: list[bytes] = field(default_factory=list)

    def run(self, stop: threading.Event) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        number = 0
        try:
            while not stop.is_set():
                units = [f"{self.name}-{number}-{n}" for n in range(BATCH)]
                asked = {"flow": "authentication", "units": [{"unit": unit} for unit in units]}
                decisions = self._post(connection, "/runtime/v1/decisions", asked)["decisions"]
                assert all(decision["experiment"] is not None for decision in decisions)
                self.units += units
                events = [
                    {
                        "type": "s",
                        "event_id": f"id-{decision['unit']}",
                        "assignment_token": decision["assignment_token"],
                    }
                    for decision in decisions
                ]
                assert self._post(connection, "/runtime/v1/events", events)["accepted"] == BATCH
                self.event_ids += [str(event["event_id"]) for event in events]
                number += 1
        except (OSError, http.client.HTTPException):
            return  # the server is gone
        finally:
            connection.close()

    def _post(self, connection: http.client.HTTPConnection, path: str, body: Any) -> Any:
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        connection.request("POST", path, json.dumps(body), headers)
        response = connection.getresponse()
        reply = response.read()
        if response.status != 200:
            self.failures.append(reply)
            raise OSError(response.status)
        return json.loads(reply)


def start_experiment(server: Server) -> str:
    """Make an active experiment, and wait until every worker decides by it."""
    with server.client() as client:
        flag = client.post(f"{BASE}/feature-flags", json={"name": "Flag", "parameters": {"title": TITLE}}).json()
        variations = [
            client.post(
                f"{BASE}/feature-flags/{flag['id']}/variations", json={"name": name, "overrides": overrides}
            ).json()
            for name, overrides in {"Baseline": {}, "Bold": {"title": "Go"}}.items()
        ]
        client.post(f"{BASE}/feature-flags/{flag['id']}/status", json={"status": "active"})
        allocations = [
            {"variation_id": variation["id"], "weight": 50, "is_control": variation is variations[0]}
            for variation in variations
        ]
        body = {
            "name": "Experiment",
            "feature_flag_id": flag["id"],
            "authentication_flow": "authentication",
            "allocations": allocations,
        }
        experiment = client.post(f"{BASE}/experiments", json=body).json()
        client.post(f"{BASE}/experiments/{experiment['id']}/status", json={"status": "active"}).raise_for_status()
    look = {"flow": "authentication", "unit": "u", "record": False}
    decided = 0
    while decided < 50:  # connections are spread over the workers
        with server.client() as client:
            decided = decided + 1 if client.post("/runtime/v1/decisions", json=look).json()["experiment"] else 0
    return str(experiment["id"])


def kill_all(server: Server) -> None:
    """Kill the supervisor and its workers."""
    assert server.process is not None
    pid = server.process.pid
    children = Path(f"/proc/{pid}/task/{pid}/children")
    workers = [int(child) for child in children.read_text().split()] if children.exists() else []
    server.kill()
    for worker in workers:
        os.kill(worker, signal.SIGKILL)


def read_logs(server: Server) -> list[dict[str, Any]]:
    entries: list[dict[str, Any]] = []
    with server.client() as client:
        while True:
            query = {"take": "100"} | ({"from": entries[-1]["log_id"]} if entries else {})
            page = client.get("/api/v2/logs", params=query).raise_for_status().json()
            if not page:
                return entries
            entries += page


@pytest.mark.timeout(600)
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the workers by /proc")
def test_kill_in_the_middle_loses_no_acknowledged_exposure_or_event(start_server: StartServer) -> None:
    server = start_server("--workers", "2")
    experiment_id = start_experiment(server)
    token, port = server.token(), int(server.url.rpartition(":")[2])
    callers: list[Caller] = []
    for round_number in range(2):
        group = [Caller(port, token, f"r{round_number}c{number}") for number in range(CALLERS)]
        stop = threading.Event()
        threads = [threading.Thread(target=caller.run, args=(stop,)) for caller in group]
        for thread in threads:
            thread.start()
        while sum(len(c.units) + len(c.event_ids) for c in group) < ENOUGH // 2 and any(t.is_alive() for t in threads):
            threads[0].join(0.05)
        kill_all(server)
        stop.set()
        for thread in threads:
            thread.join()
        callers += group
        server.start()

    entries = read_logs(server)

    assert [caller.failures for caller in callers if caller.failures] == []
    units = [unit for caller in callers for unit in caller.units]
    event_ids = [event_id for caller in callers for event_id in caller.event_ids]
    exposures = [entry for entry in entries if entry["type"] == "experiment_assignment_succeeded"]
    kept_units = [entry["details"]["assignment"]["unit"] for entry in exposures]
    kept_ids = [entry["event_id"] for entry in entries if entry["type"] == "s"]
    assert len(units) + len(event_ids) >= ENOUGH
    assert set(units) <= set(kept_units)
    assert set(event_ids) <= set(kept_ids)
    assert len(kept_units) == len(set(kept_units))
    assert len(kept_ids) == len(set(kept_ids))
    assert all(entry["details"]["experiment"]["experiment_id"] == experiment_id for entry in entries)
    assert len({entry["log_id"] for entry in entries}) == len(entries)
    assert sorted(path.name for path in (server.data / "events").glob("*.sqlite")) == [
        "writer-000.sqlite",
        "writer-001.sqlite",
    ]
    with server.client() as client:
        results = client.get(f"{BASE}/experiments/{experiment_id}/results").json()
    assert sum(variation["units"] for variation in results["variations"]) == len(kept_units)
