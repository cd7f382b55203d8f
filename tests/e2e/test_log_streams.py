"""Log streams as people use them: made with the published SDK, delivered by a server that is killed in the middle."""

import json
import subprocess
import threading
from pathlib import Path

import httpx2
import pytest

from tests.conftest import miss
from tests.e2e.conftest import Server, StartServer
from tests.receiver import Receiver, receiving

ROOT = Path(__file__).parents[2]
DRIVER = ROOT / "tests" / "sdk" / "drive_log_streams.py"
EVENTS = "/runtime/v1/events"


def numbers_in(receiver: Receiver) -> list[int]:
    """Return the numbers of the events that came, in order."""
    lines = [line for taken in receiver.taken for line in taken.body.splitlines()]
    return [json.loads(line)["data"]["details"]["number"] for line in lines]


def send(client: httpx2.Client, numbers: range) -> None:
    lines = [json.dumps({"type": "f", "details": {"number": number}}) for number in numbers]
    reply = client.post(EVENTS, content="\n".join(lines), headers={"content-type": "application/x-ndjson"})
    assert reply.status_code == 200, reply.text


def make_stream(client: httpx2.Client, sink: dict[str, str], type: str = "http") -> str:
    reply = client.post("/api/v2/log-streams", json={"name": f"To {type}", "type": type, "sink": sink})
    assert reply.status_code == 201, reply.text
    stream_id: str = reply.json()["id"]
    return stream_id


@pytest.mark.parametrize("version", ["6.7.0", "6.8.0"])
def test_auth0_python_finds_every_call_on_log_streams_working(start_server: StartServer, version: str) -> None:
    python = ROOT / f".venv-auth0-{version}" / "bin" / "python"
    if not python.exists():
        miss(f"auth0-python {version} (run 'make sdks')")
    server = start_server()

    done = subprocess.run(
        [str(python), str(DRIVER), server.url, server.token()], check=False, capture_output=True, text=True, timeout=120
    )

    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["missed"] == []


def test_nothing_is_lost_when_server_and_receiver_go_and_come_back(start_server: StartServer) -> None:
    server = start_server()
    with receiving() as receiver:
        with server.client() as client:
            make_stream(client, {"httpEndpoint": receiver.url})
            make_stream(client, {"fileName": "events.ndjson"}, "file")
            send(client, range(100))
            receiver.wait_for(lambda: len(numbers_in(receiver)) >= 100)

            receiver.hang()
            send(client, range(100, 200))
            receiver.wait_for(lambda: len(numbers_in(receiver)) >= 200)  # it has them, and has not said so
        server.kill()
        receiver.go_away()
        receiver.stop_hanging()
        server.start()
        with server.client() as client:
            send(client, range(200, 300))
            receiver.come()
            receiver.wait_for(lambda: 299 in numbers_in(receiver))

    came = numbers_in(receiver)
    assert sorted(set(came)) == list(range(300))
    assert came[:200] == list(range(200))
    assert came[200:] == list(range(100, 300))
    wait_for_lines(server, 300)


def wait_for_lines(server: Server, count: int) -> None:
    (path,) = (server.data / "log-streams").glob("ten_*/events.ndjson")
    numbers: list[int] = []
    for _ in range(200):
        numbers = [json.loads(line)["details"]["number"] for line in path.read_text().splitlines()]
        if len(numbers) >= count:
            break
        threading.Event().wait(0.05)
    assert sorted(set(numbers)) == list(range(count))


def test_another_process_takes_over_when_the_one_that_delivers_dies(start_server: StartServer) -> None:
    server = start_server("--workers", "2")
    with receiving() as receiver:
        with server.client() as client:
            make_stream(client, {"httpEndpoint": receiver.url})
            send(client, range(10))
            receiver.wait_for(lambda: len(numbers_in(receiver)) == 10)
            holder = find_holder(server.data / "log-streams.lock")
            subprocess.run(["kill", "-9", str(holder)], check=True)

            send_with_patience(client, range(10, 20))
            receiver.wait_for(lambda: len(numbers_in(receiver)) >= 20)

        assert sorted(set(numbers_in(receiver))) == list(range(20))
        assert find_holder(server.data / "log-streams.lock") != holder


def send_with_patience(client: httpx2.Client, numbers: range) -> None:
    for _ in range(100):
        try:
            send(client, numbers)
        except httpx2.HTTPError:  # it went to the process that died
            threading.Event().wait(0.1)
        else:
            return


def find_holder(lock: Path) -> int:
    """Return the process that holds a lock, as the kernel lists them."""
    inode = lock.stat().st_ino
    for line in Path("/proc/locks").read_text().splitlines():
        parts = line.split()
        if "->" not in parts and parts[5].endswith(f":{inode}"):
            return int(parts[4])
    raise AssertionError(f"nobody holds {lock}")
