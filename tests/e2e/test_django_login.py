"""The example of a Django sign-in, as its README runs it, against a real server."""

import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from tests.e2e.conftest import Server

ROOT = Path(__file__).parents[2]
BASE = "/api/v2/experimentation"
PATIENCE_SECONDS = 60


def find_free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(**settings: str) -> Iterator[str]:
    port = find_free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "examples.django_login", "runserver", "--noreload", str(port)],
        cwd=ROOT,
        env=os.environ | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: answers(url))
        yield url
    finally:
        process.terminate()
        process.wait(30)


def answers(url: str) -> bool:
    try:
        httpx2.get(url)
    except httpx2.HTTPError:
        return False
    return True


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def make_experiment(server: Server) -> str:
    with server.client() as http:
        parameters = {"title": {"type": "string", "value": "Sign in"}}
        flag = http.post(f"{BASE}/feature-flags", json={"name": "login page", "parameters": parameters}).json()
        path = f"{BASE}/feature-flags/{flag['id']}"
        ids = [
            http.post(f"{path}/variations", json={"name": name, "overrides": overrides}).json()["id"]
            for name, overrides in (("as it is", {}), ("welcome", {"title": "Welcome back"}))
        ]
        http.patch(path, json={"status": "active"}).raise_for_status()
        experiment = {
            "name": "a warmer title",
            "feature_flag_id": flag["id"],
            "authentication_flow": "authentication",
            "allocations": [{"variation_id": i, "is_control": i == ids[0], "weight": 50} for i in ids],
        }
        made = http.post(f"{BASE}/experiments", json=experiment).json()
        http.patch(f"{BASE}/experiments/{made['id']}", json={"status": "active"}).raise_for_status()
        return str(made["id"])


def title_of(page: str) -> str:
    found = re.search("<h1>(.*)</h1>", page)
    assert found is not None
    return found[1]


def sign_in(http: httpx2.Client, page: str, password: str) -> httpx2.Response:
    token = re.search('name="csrfmiddlewaretoken" value="(.*?)"', page)
    assert token is not None
    said = {"csrfmiddlewaretoken": token[1], "user": "ada", "password": password}
    return http.post("/login", data=said)


def counts(server: Server, experiment_id: str) -> tuple[int, int]:
    with server.client() as http:
        success = http.get(f"{BASE}/experiments/{experiment_id}/results").json()["metrics"][0]
    return sum(arm["units"] for arm in success["variations"]), sum(arm["total"] for arm in success["variations"])


def test_who_signs_in_is_counted_in_the_variation_that_they_saw(server: Server) -> None:
    experiment_id = make_experiment(server)
    said = server.first_run
    settings = {
        "SIGNPOST_URL": server.url,
        "SIGNPOST_CLIENT_ID": said["client_id"],
        "SIGNPOST_CLIENT_SECRET": said["client_secret"],
    }
    with running(**settings) as url, httpx2.Client(base_url=url) as http:
        # The client fetches in the background; until then there is a page, and no experiment on it.
        wait_for(lambda: http.get("/login").is_success and "signpost_device" in http.cookies)
        first = http.get("/login").text
        again = http.get("/login").text
        wrong = sign_in(http, again, "difference")
        right = sign_in(http, wrong.text, "engine")
        wait_for(lambda: counts(server, experiment_id) == (1, 1))

        assert title_of(first) == title_of(again) == title_of(wrong.text)
        assert (wrong.status_code, right.text) == (403, "Welcome, Ada.")


def test_without_signpost_it_is_a_plain_sign_in() -> None:
    with running() as url, httpx2.Client(base_url=url) as http:
        page = http.get("/login").text

        assert title_of(page) == "Sign in"
        assert sign_in(http, page, "engine").text == "Welcome, Ada."
        assert "signpost_device" not in http.cookies
