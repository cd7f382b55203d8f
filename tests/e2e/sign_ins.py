"""What a sign-in through the gateway takes: the gateway as a process, a client of Authlib's, a browser, an experiment."""

import json
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import flask
import httpx2
import uvicorn
from authlib.integrations.flask_client import OAuth
from werkzeug.serving import make_server

from tests.e2e.conftest import SIGNPOST, Server
from tests.e2e.keycloak import CLIENT, PASSWORD, SECRET, USER

BASE = "/api/v2/experimentation"
PARAMETERS = {
    "theme": {"type": "string", "value": "plain"},
    "locales": {"type": "array", "value": []},
    "passkey": {"type": "boolean", "value": False},
}
OVERRIDES = {"theme": "über & <b>", "locales": ["fr", "en"], "passkey": True}


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve on a free port; whoever connects before the server is ready waits in its queue."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


@dataclass
class Gateway:
    """A `signpost gateway` process."""

    data: Path
    issuer: str
    options: tuple[str, ...] = ()
    url: str = ""
    process: "subprocess.Popen[str] | None" = None
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def log(self) -> Path:
        return self.data.with_name(f"{self.data.name}-gateway.log")

    def start(self) -> "Gateway":
        """Start, on a free port or on the one it had, and wait until it listens."""
        port = self.url.rpartition(":")[2] or "0"
        words = ["gateway", "--issuer", self.issuer, "--port", port, "--data", str(self.data), "--json", *self.options]
        with self.log.open("a") as log:
            self.process = subprocess.Popen(
                [SIGNPOST, *words], stdout=subprocess.PIPE, stderr=log, text=True, env=self.environment
            )
        assert self.process.stdout is not None
        self.url = json.loads(self.process.stdout.readline())["url"]
        assert httpx2.get(f"{self.url}/health", timeout=60).status_code == 200  # waits in the socket's queue
        return self

    def end(self, how: signal.Signals = signal.SIGTERM) -> int:
        """End it, and return its exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(how)
        code = self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()
        self.process = None
        return code


class Shop:
    """A client as anybody writes it with Authlib: one address of a discovery document, one of its own callback."""

    def __init__(self, discovery: str, redirect_uri: str | None = None, **asked: str) -> None:
        self.app = flask.Flask("shop")
        self.app.secret_key = "only good enough for a test"
        oauth = OAuth(self.app)
        oauth.register(
            "provider",
            client_id=CLIENT,
            client_secret=SECRET,
            server_metadata_url=discovery,
            client_kwargs={"scope": "openid", "code_challenge_method": "S256"},
        )

        @self.app.get("/login")
        def login() -> Any:
            address = redirect_uri or flask.url_for("called_back", _external=True)
            return oauth.provider.authorize_redirect(address, **asked, **flask.request.args)

        @self.app.get("/callback")
        def called_back() -> Any:
            if "error" in flask.request.args:
                return f"not signed in: {flask.request.args['error']}"
            token = oauth.provider.authorize_access_token()
            return f"signed in: {token['userinfo']['sub']}"

    @contextmanager
    def serving(self, port: int = 0) -> Iterator[str]:
        """Serve on a port."""
        server = make_server("127.0.0.1", port, self.app, threaded=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.port}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()


class Browser:
    """Follows redirects, keeps cookies, fills in the provider's form."""

    def __init__(self) -> None:
        self.http = httpx2.Client(follow_redirects=True, timeout=30, headers={"User-Agent": "Mozilla/5.0 (X11; Linux)"})

    def open(self, address: str) -> httpx2.Response:
        return self.http.get(address)

    def submit(self, page: httpx2.Response, **typed: str) -> httpx2.Response:
        """Fill in the form on a page, with what is hidden in it."""
        found = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        assert found is not None, page.text
        hidden = dict(re.findall(r'name="([^"]+)" value="([^"]+)"', page.text))
        return self.http.post(str(page.url.join(found[1])), data=hidden | typed)

    def sign_in(self, shop: str) -> str:
        """Sign in at a shop, and return what it says."""
        return self.submit(self.open(f"{shop}/login"), username=USER, password=PASSWORD).text

    def close(self) -> None:
        self.http.close()


def start_experiment(server: Server, name: str = "Passkey first", flow: str = "authentication") -> str:
    """Make an active experiment with one treatment, and return its id."""
    with server.client() as client:
        flag = client.post(f"{BASE}/feature-flags", json={"name": name, "parameters": PARAMETERS}).json()
        variations = [
            client.post(f"{BASE}/feature-flags/{flag['id']}/variations", json={"name": title, "overrides": said}).json()
            for title, said in (("As it is", {}), ("Passkey first", OVERRIDES))
        ]
        client.post(f"{BASE}/feature-flags/{flag['id']}/status", json={"status": "active"})
        allocations = [
            {"variation_id": variation["id"], "weight": 50, "is_control": variation is variations[0]}
            for variation in variations
        ]
        body = {
            "name": name,
            "feature_flag_id": flag["id"],
            "authentication_flow": flow,
            "allocations": allocations,
        }
        experiment = client.post(f"{BASE}/experiments", json=body).json()
        client.post(f"{BASE}/experiments/{experiment['id']}/status", json={"status": "active"}).raise_for_status()
    return str(experiment["id"])


def read_log(client: httpx2.Client) -> list[dict[str, Any]]:
    """Return everything that is kept, oldest first."""
    entries: list[dict[str, Any]] = []
    while True:
        query = {"take": "100"} | ({"from": entries[-1]["log_id"]} if entries else {})
        page = client.get("/api/v2/logs", params=query).raise_for_status().json()
        if not page:
            return entries
        entries += page
