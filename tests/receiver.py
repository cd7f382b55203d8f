"""Somebody who takes webhooks, on a real port: answers as told, hangs, drips, goes away and comes back."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SECONDS_MAX = 30


@dataclass(frozen=True)
class Taken:
    """A request that came."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Receiver:
    """What came, and what is answered. While it hangs nothing is answered until `stop_hanging`."""

    status: int = 204
    reply: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    taken: list[Taken] = field(default_factory=list)
    drip_seconds: float = 0.0
    port: int = 0
    _news: threading.Condition = field(default_factory=threading.Condition)
    _go: threading.Event = field(default_factory=threading.Event)
    _server: Any = None

    def __post_init__(self) -> None:
        self._go.set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/take?from=signpost"

    def hang(self) -> None:
        self._go.clear()

    def stop_hanging(self) -> None:
        self._go.set()

    def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so of what came."""
        with self._news:
            assert self._news.wait_for(is_so, SECONDS_MAX), self.taken

    def come(self) -> None:
        """Listen, on the port it had before, if any."""
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with receiver._news:
                    receiver.taken.append(Taken(self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                    receiver._news.notify_all()
                receiver._go.wait(SECONDS_MAX)
                try:
                    self.answer()
                except OSError:  # the other side did not wait
                    return

            def answer(self) -> None:
                self.send_response(receiver.status)
                for name, value in receiver.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(receiver.reply)))
                self.end_headers()
                if not receiver.drip_seconds:
                    self.wfile.write(receiver.reply)
                    return
                for byte in receiver.reply:
                    threading.Event().wait(receiver.drip_seconds)
                    self.wfile.write(bytes([byte]))

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=partial(self._server.serve_forever, poll_interval=0.02), daemon=True).start()

    def go_away(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def receiving(**how: Any) -> Iterator[Receiver]:
    """Take webhooks until the block is left."""
    receiver = Receiver(**how)
    receiver.come()
    try:
        yield receiver
    finally:
        receiver.stop_hanging()
        receiver.go_away()


def find_closed_port() -> int:
    """Return a port at which nobody listens."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port
