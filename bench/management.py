"""Reads and durable writes per second of the management API, over HTTP, from a real `signpost serve` with one worker."""

import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.load import requests_per_second

ROUNDS = 3
SECONDS = 2.0
CONNECTIONS = 8
SIGNPOST = str(Path(sys.executable).with_name("signpost"))
BASE = "/api/v2/experimentation"


@contextmanager
def serving(folder: str) -> Iterator[tuple[int, str]]:
    """Start a server on a fresh folder; give its port and a token."""
    options = ["--data", folder, "--port", "0", "--rate-limit", "0", "--log-level", "warning"]
    process = subprocess.Popen([SIGNPOST, "serve", *options], stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        found = next(match for line in process.stdout if (match := re.search(r"Serving http://[^:]+:(\d+)", line)))
        token = subprocess.run([SIGNPOST, "token", "--data", folder], check=True, capture_output=True, text=True)
        yield int(found[1]), token.stdout.strip()
    finally:
        process.terminate()
        process.wait()


def render(method: str, path: str, token: str, body: Any = None) -> bytes:
    data = json.dumps(body).encode() if body is not None else b""
    head = (
        f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nauthorization: Bearer {token}\r\n"
        f"content-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
    )
    return head.encode() + data


def create_segment(port: int, token: str) -> str:
    body = {"name": "measured", "rules": [{"match": {"device_type": ["mobile"]}}]}
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"http://127.0.0.1:{port}{BASE}/segments", json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request) as reply:
        segment_id: str = json.load(reply)["id"]
    return segment_id


def main() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder, serving(folder) as (port, token):
        path = f"{BASE}/segments/{create_segment(port, token)}"
        kinds = {
            "reads": [render("GET", path, token)],
            "durable writes": [render("PATCH", path, token, {"description": f"now {n}"}) for n in range(1_000)],
        }
        print(f"management API over HTTP, {CONNECTIONS} connections, medians of {ROUNDS} rounds")
        for kind, requests in kinds.items():
            rates = [requests_per_second(port, requests, CONNECTIONS, SECONDS) for _ in range(ROUNDS)]
            print(f"  {kind:<15} {statistics.median(rates):>7,.0f}/s")


if __name__ == "__main__":
    main()
