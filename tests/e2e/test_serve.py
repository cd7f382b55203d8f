"""`signpost serve` as people and init systems use it: first run, stop, kill, processes, https, tenants."""

import json
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import SIGNPOST, Server, StartServer

SECONDS_MAX = 30
FLAGS = "/api/v2/experimentation/feature-flags"


def wait_until(is_so: Callable[[], bool]) -> None:
    """Ask until it is so."""
    deadline = time.monotonic() + SECONDS_MAX
    while not is_so():
        assert time.monotonic() < deadline, "it never was so"
        time.sleep(0.02)


def ask_for_token(server: Server, client_id: str, client_secret: str) -> httpx2.Response:
    fields = {
        "grant_type": "client_credentials",
        "client_id": client_id,
        "client_secret": client_secret,
        "audience": "https://signpost.localhost/api/v2/",
    }
    return httpx2.post(f"{server.url}/oauth/token", data=fields)


def keys_of(server: Server) -> Any:
    return httpx2.get(f"{server.url}/.well-known/jwks.json").json()


def can_connect(server: Server) -> bool:
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), timeout=1).close()
    except OSError:
        return False
    return True


def test_the_first_run_prints_a_client_that_works_and_the_next_one_none(start_server: StartServer) -> None:
    server = start_server()
    first = dict(server.first_run)
    server.stop()
    server.first_run.clear()
    server.start()

    reply = ask_for_token(server, first["client_id"], first["client_secret"])

    assert reply.status_code == 200
    bearer = {"Authorization": f"Bearer {reply.json()['access_token']}"}
    assert httpx2.get(server.url + FLAGS, headers=bearer).status_code == 200
    assert server.first_run == {}


def test_nobody_else_can_read_what_is_kept(server: Server) -> None:
    server.token()

    modes = {
        str(path.relative_to(server.data)): stat.S_IMODE(path.stat().st_mode)
        for path in (server.data, *server.data.rglob("*"))
    }

    assert modes["."] == 0o700
    assert {mode for path, mode in modes.items() if path.startswith("keys")} == {0o700, 0o600}
    assert modes["signpost.db"] == 0o600


@pytest.mark.parametrize(
    ("workers", "how"), [("1", signal.SIGTERM), ("1", signal.SIGINT), ("2", signal.SIGTERM)], ids=str
)
def test_a_stop_answers_what_is_in_flight_and_nobody_new(
    start_server: StartServer, workers: str, how: signal.Signals
) -> None:
    server = start_server("--workers", workers)
    assert server.process is not None
    host, _, port = server.url.removeprefix("http://").rpartition(":")
    body = b'{"grant_type":"password"}'
    with socket.create_connection((host, int(port)), timeout=SECONDS_MAX) as connection:
        connection.sendall(b"POST /oauth/token HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body))
        connection.sendall(body[:10])
        assert httpx2.get(f"{server.url}/health").status_code == 200

        server.process.send_signal(how)
        wait_until(lambda: not can_connect(server))
        connection.sendall(body[10:])
        reply = connection.makefile("rb").read()

    assert reply.startswith(b"HTTP/1.1 400 ")
    assert b"unsupported_grant_type" in reply
    assert server.process.wait(SECONDS_MAX) == 0


def test_killed_it_starts_again_as_it_was(start_server: StartServer) -> None:
    server = start_server()
    first, keys = dict(server.first_run), keys_of(server)
    with server.client() as http:
        flag = {"name": "kept", "parameters": {"p": {"type": "string", "value": "v"}}}
        flag_id = http.post(FLAGS, json=flag).json()["id"]

    server.kill()
    server.start()

    assert keys_of(server) == keys
    assert ask_for_token(server, first["client_id"], first["client_secret"]).status_code == 200
    with server.client() as http:
        assert http.get(f"{FLAGS}/{flag_id}").json()["name"] == "kept"


def test_two_that_start_at_once_on_one_folder_share_it(tmp_path: Path) -> None:
    servers = [Server(tmp_path / "data"), Server(tmp_path / "data")]
    try:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Server.start, servers))

        (credentials,) = [server.first_run for server in servers if server.first_run]
        assert keys_of(servers[0]) == keys_of(servers[1])
        for server in servers:
            wait_until(
                lambda server=server: (  # type: ignore[misc]
                    ask_for_token(server, credentials["client_id"], credentials["client_secret"]).status_code == 200
                )
            )
    finally:
        for server in servers:
            server.stop()


def test_no_process_outlives_the_first_one(start_server: StartServer) -> None:
    server = start_server("--workers", "2")

    server.kill()

    wait_until(lambda: not can_connect(server))
    server.start()
    assert httpx2.get(f"{server.url}/ready").status_code == 200


def test_every_process_hears_of_a_change_made_elsewhere(start_server: StartServer) -> None:
    server = start_server("--workers", "2")
    token = server.token()
    bearer = {"Authorization": f"Bearer {token}"}

    def statuses() -> set[int]:  # a new connection each time, so that both processes are asked
        return {httpx2.get(server.url + FLAGS, headers=bearer).status_code for _ in range(20)}

    assert statuses() == {200}
    client_id = json.loads(server.run("clients", "list", "--json").stdout)[0]["client_id"]
    server.run("clients", "revoke", client_id)

    wait_until(lambda: statuses() == {401})


def test_https_is_trusted_by_clients_that_trust_the_local_authority(start_server: StartServer) -> None:
    server = start_server("--tls")
    server.run("tenants", "create", "second", "--domain", "second.test")
    server.stop()
    server.start()
    port = server.url.rpartition(":")[2]

    authority = str(server.data / "tls" / "authority.pem")
    for name in ("localhost", "127.0.0.1", "second.test"):
        asked = subprocess.run(
            [
                "curl",
                "-sS",
                "--cacert",
                authority,
                "--resolve",
                f"{name}:{port}:127.0.0.1",
                f"https://{name}:{port}/health",
            ],
            check=False,
            capture_output=True,
            text=True,
        )
        assert (asked.stdout, asked.stderr) == ('{"status":"ok"}', "")


def test_each_host_is_its_own_tenant(start_server: StartServer) -> None:
    server = start_server()
    server.run("tenants", "create", "second", "--domain", "second.test")
    flag = {"name": "same name", "parameters": {"p": {"type": "string", "value": "v"}}}
    with server.client() as first, server.client("--tenant", "second", host="second.test") as second:
        wait_until(lambda: second.get(FLAGS).status_code == 200)
        here, there = (http.post(FLAGS, json=flag) for http in (first, second))

        assert (here.status_code, there.status_code) == (201, 201)
        assert first.get(f"{FLAGS}/{there.json()['id']}").status_code == 404
        assert first.get(FLAGS, headers={"Host": "second.test"}).status_code == 401
        assert len(first.get(FLAGS).json()["feature_flags"]) == 1


def test_a_client_is_limited_and_told_so(start_server: StartServer) -> None:
    server = start_server("--rate-limit", "3")
    with server.client() as http:
        replies = [http.get(FLAGS) for _ in range(8)]  # even over the end of a minute, six are let in at most

    refused = next(reply for reply in replies if reply.status_code == 429)
    assert refused.json()["errorCode"] == "too_many_requests"
    assert 1 <= int(refused.headers["retry-after"]) <= 60
    assert refused.headers["x-ratelimit-limit"] == "3"


def serve(*words: str | Path) -> "subprocess.CompletedProcess[str]":
    """Run a server that can't start."""
    return subprocess.run([SIGNPOST, "serve", *words], check=False, capture_output=True, text=True, timeout=SECONDS_MAX)


def test_a_taken_port_is_said_and_nothing_is_begun(server: Server, tmp_path: Path) -> None:
    done = serve("--port", server.url.rpartition(":")[2], "--data", tmp_path / "data")

    assert (done.returncode, done.stdout) == (1, "")
    assert "address already in use" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (("--data", "file"), "File exists: file"),
        (("--data", "/proc/signpost"), "No such file or directory: /proc/signpost"),
        (("--data", "data", "--host", "192.0.2.1"), "Can't listen on 192.0.2.1"),
        (("--data", "data", "--host", "no such host"), "Can't listen on no such host"),
        (("--data", "data", "--port", "65536"), "port: "),
        (("--data", "data", "--workers", "0"), "workers: "),
        (("--data", "data", "--database", "postgresql://127.0.0.1:1/x"), "The database does not answer"),
    ],
)
def test_what_can_not_start_says_why_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], complaint: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    port = () if "--port" in words else ("--port", "0")

    done = serve(*words, *port)

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"signpost: {complaint}")
    assert done.stderr.count("\n") == 1


def test_a_start_is_told_to_machines_in_one_line(tmp_path: Path) -> None:
    with subprocess.Popen(
        [SIGNPOST, "serve", "--port", "0", "--data", str(tmp_path / "data"), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        told = json.loads(process.stdout.readline())
        wait_until(lambda: httpx2.get(f"{told['url']}/ready", timeout=SECONDS_MAX).status_code == 200)
        process.terminate()

    assert set(told) == {"url", "data", "audience", "client_id", "client_secret"}
    assert process.returncode == 0


def test_the_log_holds_no_secret(start_server: StartServer) -> None:
    server = start_server("--log-level", "debug")
    token = server.token()
    secret = server.first_run["client_secret"]
    ask_for_token(server, server.first_run["client_id"], secret)
    httpx2.get(f"{server.url}{FLAGS}?from={secret}", headers={"Authorization": f"Bearer {token}", "X-Secret": secret})
    server.stop()

    lines = server.log.read_text()

    assert '"path": "/oauth/token"' in lines
    assert secret not in lines
    assert token not in lines
    assert all(json.loads(line)["level"] for line in lines.splitlines())
