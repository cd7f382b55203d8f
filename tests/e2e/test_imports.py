"""Imports as processes: killed and begun again, two at once, beside a server, and with little memory."""

import gzip
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from signpost.bootstrap import open_parts, set_up
from signpost.config import load_settings
from signpost.testing.measured import count
from signpost.usecases.tenants import find_tenant
from tests.e2e.conftest import SIGNPOST, StartServer
from tests.unit.authlogs.logs import CONTROL, EXPERIMENT, TREATMENT, an_entry, assignment, streamed

WATCHED = """
import sys
from pathlib import Path
from signpost.cli import main
try:
    main()
finally:
    # Not ru_maxrss, which begins with what the process had that started this one.
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    print(status["VmHWM"].split()[0], file=sys.stderr)
"""
MEMORY_KIB = 350 * 1024
SECONDS_MAX = 60


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder as a first run leaves it."""
    parts = open_parts(load_settings({"data": tmp_path / "data"}, {}).settings)
    set_up(parts)
    parts.close()
    return tmp_path / "data"


def command_of(data: Path, *words: str) -> list[str]:
    return [SIGNPOST, "import", "auth0-logs", *words, "--data", str(data), "--json"]


def take(data: Path, *words: str) -> Any:
    done = subprocess.run(command_of(data, *words), capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def counted(data: Path) -> dict[str, tuple[int, int]]:
    parts = open_parts(load_settings({"data": data}, {}).settings)
    try:
        return count(parts.events, find_tenant(parts.store, None).id, EXPERIMENT)
    finally:
        parts.close()


def write_bulky(path: Path, entries: int) -> None:
    """Write a log of outcomes with much in each, so that few of them make many checkpoints."""
    with path.open("w") as file:
        for number in range(entries):
            print(json.dumps(an_entry(number, user_agent="x" * 16_000)), file=file)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_was_ended_goes_on_where_it_was(data: Path, tmp_path: Path, how: signal.Signals) -> None:
    entries = 12_000
    log = tmp_path / "log"
    write_bulky(log, entries)
    first = subprocess.Popen(command_of(data, str(log)), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    deadline = time.monotonic() + SECONDS_MAX
    while not [*data.glob("imports/*/*.json")] and time.monotonic() < deadline:
        time.sleep(0.01)

    first.send_signal(how)
    first.communicate(timeout=SECONDS_MAX)
    rest = take(data, str(log))

    assert first.returncode == (-signal.SIGKILL if how is signal.SIGKILL else 130)
    assert 0 < rest["entries"] < entries
    assert counted(data) == {CONTROL: (entries // 2,) * 2, TREATMENT: (entries // 2,) * 2}


def test_two_imports_at_once_count_each_entry_once(data: Path, tmp_path: Path) -> None:
    entries = 4_000
    log = [
        *map(
            json.dumps,
            [assignment(n, n) for n in range(entries)] + [an_entry(n + entries, session=n) for n in range(entries)],
        )
    ]
    (tmp_path / "a").write_text("\n".join(log))
    (tmp_path / "b.gz").write_bytes(gzip.compress("\n".join(reversed(log)).encode()))

    processes = [
        subprocess.Popen(command_of(data, str(tmp_path / name)), stdout=subprocess.PIPE) for name in ("a", "b.gz")
    ]
    replies = [json.loads(process.communicate(timeout=SECONDS_MAX)[0]) for process in processes]

    assert [reply["entries"] for reply in replies] == [2 * entries] * 2
    assert counted(data) == {CONTROL: (entries // 2,) * 2, TREATMENT: (entries // 2,) * 2}


def test_a_stream_and_an_import_meet_in_one_log(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server()
    key = server.run("tenants", "log-stream-key", "default").stdout.strip()
    entries = [streamed(entry) for entry in (assignment(1, 2), an_entry(9, session=2))]
    (tmp_path / "log").write_text("\n".join(map(json.dumps, entries)))

    with server.client() as client:
        sent = client.post("/runtime/v1/log-stream", json=entries, headers={"Authorization": key})
        server.run("import", "auth0-logs", str(tmp_path / "log"))
        again = client.post("/runtime/v1/log-stream", json=entries, headers={"Authorization": key})
        shown = client.get("/api/v2/logs").json()
        fresh = server.run("tenants", "log-stream-key", "default").stdout.strip()
        revoked = server.run("tenants", "log-stream-key", "default", "--revoke-older").stdout
        renewed = client.post("/runtime/v1/log-stream", json=entries, headers={"Authorization": fresh})

    assert (sent.status_code, sent.json()["accepted"]) == (200, 2)
    assert again.json()["duplicates"] == 2
    assert sorted(entry["event_id"] for entry in shown) == sorted(entry["log_id"] for entry in entries)
    assert counted(server.data) == {CONTROL: (1, 1)}
    assert (renewed.status_code, revoked) == (200, "1 revoked\n")


@pytest.mark.parametrize("form", ["lines", "one array on one line, gzip"])
def test_many_entries_take_little_memory(data: Path, tmp_path: Path, form: str) -> None:
    entries, log = 40_000, tmp_path / "log"
    is_array = form != "lines"
    with gzip.open(log, "wt", compresslevel=1) if is_array else log.open("w") as file:
        file.write("[" if is_array else "")
        for number in range(entries):
            file.write(json.dumps(streamed(an_entry(number))) + (", " if is_array else "\n"))
        file.write(json.dumps(an_entry(entries)) + "]" if is_array else "")

    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *command_of(data, str(log))[1:]], capture_output=True, text=True, check=True
    )

    assert json.loads(done.stdout)["kept"] == entries + is_array
    assert int(done.stderr) < MEMORY_KIB
