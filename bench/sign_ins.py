"""Whole sign-ins through the hosted pages of a real server, with and without an experiment on them.

A sign-in is what a browser and its application send: /authorize, each page, each form, and the exchange of the code. Passwords are
hashed at next to no cost. The load generator shares the machine with the server, so what a sign-in takes of the server's
processors is the fairer number; rounds with and without an experiment take turns.
"""

import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import urlencode

from bench.endpoint import Caller
from signpost import bootstrap
from signpost.cli.serving import listen, serve_app
from signpost.config import Settings, load_settings
from signpost.edge.asgi import App
from signpost.model.experiments import ALL_FLOWS
from signpost.signin.credentials.passwords import PasswordCost, Passwords

MARK_PER_SECOND, MARK_SHARE = 200, 0.03
ROUNDS, ROUND_SIGN_INS, BROWSERS = 7, 600, 12
PASSWORD = "a horse and a staple"
CALLBACK = "http://127.0.0.1:9/callback"
VERIFIER, CHALLENGE = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
TICKS = os.sysconf("SC_CLK_TCK")


def create_app(settings: Settings) -> App:
    """Return the server, with passwords that cost nothing."""
    vars(bootstrap)["Passwords"] = partial(Passwords, PasswordCost(memory_kib=8, passes=1))
    return bootstrap.create_app(settings)


def serve(folder: str, port: str, workers: str) -> None:
    given = {"data": folder, "port": port, "workers": workers, "rate_limit": 0, "log_level": "warning"}
    settings = load_settings(given, {}).settings
    serve_app(partial(create_app, settings), settings, listen(settings))


class Browser:
    """One browser after another, each with cookies of its own, over one connection."""

    def __init__(self, port: int, client_id: str, email: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._client_id = client_id
        self._email = email
        self._cookies: dict[str, str] = {}

    def sign_in(self, *, is_new: bool = False) -> None:
        """Sign somebody in who was never here, to the tokens."""
        self._cookies = {}
        query = {
            "client_id": self._client_id,
            "response_type": "code",
            "redirect_uri": CALLBACK,
            "scope": "openid email",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        } | ({"screen_hint": "signup"} if is_new else {})
        location, _ = self._send("GET", f"/authorize?{urlencode(query)}")
        while not location.startswith(CALLBACK):
            _, page = self._send("GET", location)
            screen = location.partition("?")[0].removeprefix("/u/")
            fields = dict(re.findall(r'name="(state|csrf)" value="([^"]*)"', page))
            name = "email" if screen == "signup" else "identifier"
            fields |= {} if screen == "password" else {name: self._email}
            fields |= {} if screen == "identifier" else {"password": PASSWORD}
            location, answer = self._send("POST", f"/u/{screen}", fields)
            assert location, answer
        code = re.search(r"code=([^&]+)", location)
        assert code is not None
        exchange = {
            "grant_type": "authorization_code",
            "client_id": self._client_id,
            "code": code[1],
            "redirect_uri": CALLBACK,
            "code_verifier": VERIFIER,
        }
        _, tokens = self._send("POST", "/oauth/token", exchange)
        assert "id_token" in tokens

    def close(self) -> None:
        self._connection.close()

    def _send(self, method: str, path: str, fields: dict[str, str] | None = None) -> tuple[str, str]:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self._cookies.items())}
        body = None
        if fields is not None:
            body, headers["Content-Type"] = urlencode(fields), "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        reply = self._connection.getresponse()
        text = reply.read().decode()
        for cookie in reply.headers.get_all("Set-Cookie") or ():
            name, _, value = cookie.partition(";")[0].partition("=")
            self._cookies[name] = value
        return reply.headers.get("Location", ""), text


class Site:
    """A server with an application, and accounts."""

    def __init__(self, folder: str, port: int, process: "subprocess.Popen[bytes]", client_id: str, token: str) -> None:
        self.folder = folder
        self.port = port
        self.client_id = client_id
        self.caller = Caller(port, token)
        self._process = process

    def processor_seconds(self) -> float:
        """Return what the server's processes have taken of the processors so far."""
        pids = [self._process.pid, *map(int, _children_of(self._process.pid))]
        stats = [Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split() for pid in pids]
        return sum(int(stat[11]) + int(stat[12]) for stat in stats) / TICKS


@contextmanager
def serving(workers: int) -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        parts = bootstrap.open_parts(load_settings({"data": folder}, {}).settings)
        bootstrap.set_up(parts)
        parts.close()
        command = [sys.executable, "-m", "bench.sign_ins", "serve", folder, str(port), str(workers)]
        with subprocess.Popen(command) as process:
            try:
                _wait(port)
                words = ["clients", "create", "Measured", "--type", "spa", "--callback", CALLBACK, "--json"]
                client_id = json.loads(_signpost(folder, *words))["client_id"]
                _signpost(folder, "pages", "set", "passkey_prompt=false", "layout=combined")
                time.sleep(1)
                yield Site(folder, port, process, client_id, _signpost(folder, "token").strip())
            finally:
                process.terminate()


def run_round(site: Site, browsers: list[Browser], sign_ins: int) -> tuple[float, float]:
    """Return sign-ins per second, and milliseconds of the server's processors for each."""
    each = sign_ins // len(browsers)

    def work(browser: Browser) -> None:
        for _ in range(each):
            browser.sign_in()

    before, began = site.processor_seconds(), time.perf_counter()
    with ThreadPoolExecutor(len(browsers)) as pool:
        list(pool.map(work, browsers))
    taken = time.perf_counter() - began
    done = each * len(browsers)
    return done / taken, (site.processor_seconds() - before) * 1000 / done


def start_experiment(site: Site) -> str:
    base = "/api/v2/experimentation"
    flags = site.caller.send("GET", f"{base}/feature-flags")["feature_flags"]
    flag = next(flag["id"] for flag in flags if flag["type"] == "auth0")
    made = [
        site.caller.send("POST", f"{base}/feature-flags/{flag}/variations", {"name": f"Same {i}", "overrides": {}})
        for i in range(2)
    ]
    allocations = [{"variation_id": v["id"], "is_control": i == 0, "weight": 50} for i, v in enumerate(made)]
    asked = {
        "name": "measured",
        "feature_flag_id": flag,
        "authentication_flow": ALL_FLOWS,
        "allocations": allocations,
    }
    experiment: str = site.caller.send("POST", f"{base}/experiments", asked)["id"]
    return f"{base}/experiments/{experiment}"


def measure(workers: int) -> None:
    with serving(workers) as site:
        browsers = [Browser(site.port, site.client_id, f"ann{number}@example.com") for number in range(BROWSERS)]
        for browser in browsers:
            browser.sign_in(is_new=True)
        experiment = start_experiment(site)
        site.caller.send("PATCH", experiment, {"status": "active"})
        run_round(site, browsers, ROUND_SIGN_INS // 2)
        plain: list[tuple[float, float]] = []
        tried: list[tuple[float, float]] = []
        for number in range(ROUNDS):
            for status in ("paused", "active") if number % 2 else ("active", "paused"):
                current = site.caller.send("GET", experiment)["status"]
                if current != status:
                    site.caller.send("PATCH", experiment, {"status": status})
                    time.sleep(1)
                (tried if status == "active" else plain).append(run_round(site, browsers, ROUND_SIGN_INS))
        for browser in browsers:
            browser.close()
    without, within = (statistics.median(ms for _, ms in rounds) for rounds in (plain, tried))
    shares = sorted(one / other - 1 for (_, one), (_, other) in zip(tried, plain, strict=True))
    rate = statistics.median(rate for rate, _ in tried)
    print(
        f"  {workers} {'process' if workers == 1 else 'processes'}: {rate:5.0f} sign-ins a second (mark {MARK_PER_SECOND})"
    )
    print(f"    processor time of the server: {without:.2f} ms each without an experiment, {within:.2f} ms with one")
    print(
        f"    the experiment's share: {statistics.median(shares):+.1%}, of rounds {shares[0]:+.1%} to {shares[-1]:+.1%}"
        f" (mark {MARK_SHARE:.0%})"
    )


def main() -> None:
    print("Sign-ins through hosted pages: /authorize, page, form, code, tokens; SQLite, every step durable")
    for workers in (1, 2):
        measure(workers)


def _children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def _signpost(folder: str, *words: str) -> str:
    program = str(Path(sys.executable).with_name("signpost"))
    return subprocess.run([program, *words, "--data", folder], check=True, capture_output=True, text=True).stdout


def _wait(port: int) -> None:
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port)):
                return
        except OSError:
            time.sleep(0.1)


if __name__ == "__main__":
    if sys.argv[1:2] == ["serve"]:
        serve(*sys.argv[2:])
    else:
        main()
