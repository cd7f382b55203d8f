"""The results endpoint with a million exposures and 300,000 sign-ins, over HTTP from a real `signpost serve`: cold and warm."""

import json
import statistics
import tempfile
import time
import urllib.request
from typing import Any

from bench.management import BASE, serving

UNITS, BATCH, WARM = 1_000_000, 1_000, 30
MARK_MS = 100


class Caller:
    def __init__(self, port: int, token: str) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def send(self, method: str, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self._url}{path}", data, self._headers, method=method)
        with urllib.request.urlopen(request) as reply:
            return json.load(reply)


def start_experiment(caller: Caller) -> str:
    flag = caller.send(
        "POST",
        f"{BASE}/feature-flags",
        {"name": "measured", "parameters": {"title": {"type": "string", "value": "Sign in"}}},
    )["id"]
    control, treatment = (
        caller.send("POST", f"{BASE}/feature-flags/{flag}/variations", {"name": name, "overrides": overrides})["id"]
        for name, overrides in (("As it is", {}), ("Warm", {"title": "Welcome"}))
    )
    caller.send("PATCH", f"{BASE}/feature-flags/{flag}", {"status": "active"})
    allocations = [
        {"variation_id": control, "is_control": True, "weight": 50},
        {"variation_id": treatment, "is_control": False, "weight": 50},
    ]
    body = {
        "name": "measured",
        "feature_flag_id": flag,
        "authentication_flow": "authentication",
        "allocations": allocations,
    }
    experiment: str = caller.send("POST", f"{BASE}/experiments", body)["id"]
    caller.send("PATCH", f"{BASE}/experiments/{experiment}", {"status": "active"})
    return experiment


def record(caller: Caller) -> None:
    for first in range(0, UNITS, BATCH):
        units = [f"device-{number}" for number in range(first, first + BATCH)]
        body = {"flow": "authentication", "units": [{"unit": unit} for unit in units]}
        caller.send("POST", "/runtime/v1/decisions", body)
        caller.send("POST", "/runtime/v1/events", [{"type": "s", "unit": unit} for unit in units[::3]])


def seconds_to_read(caller: Caller, path: str) -> float:
    began = time.perf_counter()
    caller.send("GET", path)
    return time.perf_counter() - began


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(folder) as (port, token):
        caller = Caller(port, token)
        experiment = start_experiment(caller)
        record(caller)
        path = f"{BASE}/experiments/{experiment}/results"
        cold = seconds_to_read(caller, path)
        warm = [seconds_to_read(caller, path) for _ in range(WARM)]
        print(f"results of {UNITS:,} exposures over HTTP")
        print(f"  cold                     {cold:>8.1f} s")
        print(f"  warm, median of {WARM}       {statistics.median(warm) * 1000:>8.0f} ms   (mark {MARK_MS})")


if __name__ == "__main__":
    main()
