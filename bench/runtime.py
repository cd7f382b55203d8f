"""Decisions per second over HTTP on one core, as a ratio to a bare uvicorn application that takes and sends the same bodies."""

import http.client
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

from bench.load import requests_per_second

DECISIONS, FLAG = "/runtime/v1/decisions", "/ofrep/v1/evaluate/flags/flag-1.title"
ROUNDS = 5
SECONDS = 2.0
WARM_SECONDS = 6.0
"""For every unit to have come once."""
CONNECTIONS = 64
REQUESTS = 20_000
USER_AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"


class Served(NamedTuple):
    """A server that runs."""

    port: int
    pid: int

    def cpu_seconds(self) -> float:
        """Return what its threads have worked so far; nan where the system does not say."""
        stat = Path(f"/proc/{self.pid}/stat")
        if not stat.exists():
            return math.nan
        fields = stat.read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Sample(NamedTuple):
    """What one round shows of a server."""

    per_second: float
    cpu_us: float
    """Of the server's own work, a request: hardly moved by what else the machine does, or by who sends the requests."""


@contextmanager
def serving(kind: str, core: int, folder: Path) -> Iterator["Served"]:
    """Start a server on the core."""
    command = [sys.executable, "-m", "bench.serving", kind, str(core), str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Served(int(process.stdout.readline()), process.pid)
    finally:
        process.terminate()
        process.wait()


@dataclass(frozen=True)
class Job:
    """Something that is asked over and over."""

    name: str
    path: str
    mark: float
    body_of: Callable[[str], object]
    is_new: bool = True
    """Whether units are new to the server while it is measured."""


def decision_of(unit: str) -> dict[str, object]:
    return {
        "flow": "authentication",
        "unit": unit,
        "session_id": unit[:22],
        "client_id": "AaiyAPdpYdesoKnqjj8HJqRn4T5titww",
        "user_agent": USER_AGENT,
        "ip": "203.0.113.7",
    }


def evaluation_of(unit: str) -> dict[str, object]:
    return {"context": {"targetingKey": unit}}


JOBS = (
    Job("decision, recorded durably", DECISIONS, 0.6, decision_of),
    Job("decision, record: false", DECISIONS, 0.85, lambda unit: decision_of(unit) | {"record": False}),
    Job("OFREP, units already exposed", FLAG, 0.7, evaluation_of, is_new=False),
)


def request_of(number: int, token: str, job: Job) -> bytes:
    unit = md5(b"%d" % number, usedforsecurity=False).hexdigest()
    body = json.dumps(job.body_of(unit)).encode()
    head = (
        f"POST {job.path} HTTP/1.1\r\nhost: 127.0.0.1:8080\r\ncontent-type: application/json\r\n"
        f"authorization: Bearer {token}\r\ncontent-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def reply_to(port: int, path: str, request: bytes) -> bytes:
    """Return the body of the reply to one request, sent by another client than the one that measures."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    head, _, body = request.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n")[1:])
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    assert response.status == 200
    return response.read()


def sample(served: Served, requests: list[bytes]) -> Sample:
    before = served.cpu_seconds()
    per_second = requests_per_second(served.port, requests, CONNECTIONS, SECONDS)
    return Sample(per_second, (served.cpu_seconds() - before) / (per_second * SECONDS) * 1e6)


def measure(job: Job, cores: tuple[int, int]) -> list[tuple[Sample, Sample]]:
    """Return samples of the bare and of the real server, in pairs."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with serving("runtime", cores[0], folder) as real:
            token = (folder / "token").read_text()
            requests = [request_of(number, token, job) for number in range(REQUESTS)]
            (folder / "reply").write_bytes(reply_to(real.port, job.path, requests[0]))
            if not job.is_new:
                requests_per_second(real.port, requests, CONNECTIONS, WARM_SECONDS)
            with serving("echo", cores[0], folder) as bare:
                return [(sample(bare, requests), sample(real, requests)) for _ in range(ROUNDS)]


def describe(job: Job, rounds: list[tuple[Sample, Sample]]) -> str:
    ratio = statistics.median(real.per_second / bare.per_second for bare, real in rounds)
    cpu_ratio = statistics.median(bare.cpu_us / real.cpu_us for bare, real in rounds)
    bare, real = (Sample(*map(statistics.median, zip(*samples, strict=True))) for samples in zip(*rounds, strict=True))
    return (
        f"  {job.name:<30} {real.per_second:>7,.0f}/s, bare uvicorn {bare.per_second:>7,.0f}/s, ratio {ratio:.2f}"
        f" (mark {job.mark}) {'ok' if ratio >= job.mark else 'BELOW THE MARK'};"
        f" CPU {real.cpu_us:.0f} µs a request, bare {bare.cpu_us:.0f} µs, ratio {cpu_ratio:.2f}"
    )


def main() -> None:
    cores = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0, 0]
    server_core, load_core = cores[-1], cores[0]
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {load_core})
    print(f"over HTTP, server on one core, {CONNECTIONS} connections, medians of {ROUNDS} rounds")
    for job in JOBS:
        print(describe(job, measure(job, (server_core, load_core))))


if __name__ == "__main__":
    main()
