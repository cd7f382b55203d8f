"""Somebody with a browser, on their way from an application through the hosted pages and back."""

import json
import os
import threading
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx2

from tests.e2e.chromium import Tab
from tests.e2e.conftest import Server

VERIFIER = "a-verifier-that-is-long-enough-for-everybody-0123456789"
CHALLENGE = urlsafe_b64encode(sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
PASSWORD = "a horse and a staple"
AXE = Path(__file__).parents[2] / "sdk" / "node" / "node_modules" / "axe-core" / "axe.min.js"
USUAL = ("text/html", b"<!doctype html><title>back</title><body class='application'>back")
SERIOUS = """
axe.run(document).then((found) => found.violations
  .filter((v) => v.impact === "serious" || v.impact === "critical")
  .map((v) => v.id + ": " + v.nodes.map((n) => n.html).join(" | ")))
"""


class Application:
    """An application that people sign in to: its callback keeps what it is told."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.callback = f"{url}/callback"
        self.told: Queue[tuple[str, dict[str, str]]] = Queue()
        self.files: dict[str, tuple[str, bytes]] = {}


@contextmanager
def serve_application() -> Iterator[Application]:
    """Serve the application on a port of this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            if path == "/callback":
                application.told.put(("GET", dict(parse_qsl(query))))
            self.answer(*application.files.get(path, USUAL))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            application.told.put(("POST", dict(parse_qsl(body))))
            self.answer(*USUAL)

        def answer(self, content_type: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    application = Application(f"http://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield application
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Visitor:
    """A browser before the hosted pages of a server. Each page is checked for what axe calls serious, and for what its policy stops."""

    def __init__(self, tab: Tab, server: Server, application: Application, client_id: str) -> None:
        self.tab = tab
        self.server = server
        self.url = server.url.replace("127.0.0.1", "localhost")
        self.application = application
        self.client_id = client_id
        self.found: dict[str, list[Any]] = {}
        self._pictures = os.environ.get("SIGNPOST_TEST_PICTURES")
        self._seen = 0

    def forget(self) -> None:
        """Be a browser that was never here, before an application that was told nothing yet."""
        self.tab.call("Network.clearBrowserCookies")
        while not self.application.told.empty():
            self.application.told.get()

    def authorize(self, **parameters: str) -> str:
        """Return where the application sends the browser."""
        usual = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": self.application.callback,
            "scope": "openid email experiment",
            "state": "something of mine",
            "nonce": "once",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return f"{self.url}/authorize?{urlencode(usual | parameters)}"

    def begin(self, **parameters: str) -> str:
        """Come from the application, and return the screen that appears."""
        self.tab.open(self.authorize(**parameters))
        return self.look()

    def look(self) -> str:
        """Return the screen that is there, `application` after the way back."""
        name = str(self.tab.run("document.body.className")).removeprefix("screen-")
        if name != "application":
            self._check(name)
        return name

    def send(self, button: str = "form:not([hidden]) button[value=continue]", **fields: str) -> str:
        """Fill the form in, send it, and return the screen that follows."""
        for field, text in fields.items():
            self.tab.run(f"document.querySelector('[name={field}]').value = {json.dumps(text)}")
        return self.click(button)

    def click(self, selector: str) -> str:
        """Click on what leads on, and return the screen that follows."""
        self.tab.heard.clear()
        self.tab.run(f"document.querySelector({json.dumps(selector)}).click()")
        self.tab.wait("Page.loadEventFired")
        return self.look()

    def skip_to_the_end(self, screen: str) -> str:
        """Put off what can be put off."""
        while screen in {"passkey-enroll", "mfa-enroll"}:
            screen = self.click("button[value=skip]")
        return screen

    def text(self, selector: str) -> str:
        return str(self.tab.run(f"document.querySelector({json.dumps(selector)})?.textContent.trim() ?? ''"))

    def told(self) -> dict[str, str]:
        """Return what the application was told last."""
        return self.application.told.get(timeout=20)[1]

    def exchange(self) -> dict[str, Any]:
        """Exchange the code that the application was told, and return the tokens."""
        fields = {
            "grant_type": "authorization_code",
            "client_id": self.client_id,
            "code": self.told()["code"],
            "redirect_uri": self.application.callback,
            "code_verifier": VERIFIER,
        }
        reply = httpx2.post(f"{self.server.url}/oauth/token", data=fields, timeout=30)
        assert reply.status_code == 200, reply.text
        tokens: dict[str, Any] = reply.json()
        return tokens

    def sign_up(self, email: str) -> None:
        """Make an account, and come back to the application."""
        self.begin(screen_hint="signup", prompt="login")
        assert self.skip_to_the_end(self.send(email=email, password=PASSWORD)) == "application"
        self.told()

    def _check(self, name: str) -> None:
        self._seen += 1
        stopped = [e["params"]["entry"]["text"] for e in self.tab.heard if e.get("method") == "Log.entryAdded"]
        stopped = [text for text in stopped if "400 (Bad Request)" not in text]
        wide = self.tab.run("document.documentElement.scrollWidth > innerWidth")
        serious = self._ask_axe(name)
        if stopped or wide or serious:
            self.found[f"{self._seen} {name}"] = [*stopped, *(["wider than its window"] if wide else []), *serious]
        if self._pictures:
            self.tab.shoot(Path(self._pictures) / f"{self._seen:02d}-{name}.png")

    def _ask_axe(self, name: str) -> list[Any]:
        """Return what axe finds, once for each screen: the pages as such are looked at elsewhere."""
        key = f"axe {name}"
        if key in self.found:
            return []
        self.found[key] = []
        self.tab.run(AXE.read_text(encoding="utf-8") + ";0")
        found: list[Any] = self.tab.run(SERIOUS)
        return found
