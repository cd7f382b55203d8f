"""Serves pages to a browser as a journey would, and keeps what their forms post."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from urllib.parse import parse_qs

from signpost.signin.screens.assets import ROOT, find_asset
from signpost.signin.screens.policy import content_security_policy


class Shown:
    """One page at a time."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.html = ""
        self.posts: Queue[tuple[str, dict[str, str]]] = Queue()


@contextmanager
def show_pages() -> Iterator[Shown]:
    """Serve on a port of this machine, by the name that passkeys need."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asset = find_asset(self.path.removeprefix(ROOT)) if self.path.startswith(ROOT) else None
            if asset:
                self.answer(asset.content, asset.content_type)
            else:
                self.answer(shown.html.encode(), "text/html; charset=utf-8")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer(b"<!doctype html><title>kept</title>", "text/html; charset=utf-8")
            fields = parse_qs(body, keep_blank_values=True)
            shown.posts.put((self.path, {name: value for name, (value,) in fields.items()}))

        def answer(self, content: bytes, content_type: str) -> None:
            self.send_response(200)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("Content-Security-Policy", content_security_policy(shown.html))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    shown = Shown(f"http://localhost:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield shown
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
