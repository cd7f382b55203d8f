"""What a provider publishes, and what becomes of it."""

import http.server
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from signpost.client.backoff import Backoff
from signpost.gateway.provider import DOCUMENT_BYTES_MAX, Provider, ProviderInvalidError, publish

ISSUER = "https://id.example/realms/main"
GOOD = {"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/auth", "jwks_uri": f"{ISSUER}/certs"}


def test_the_document_is_the_provider_s_but_for_one_endpoint() -> None:
    published = publish(GOOD | {"signed_metadata": "ey"}, ISSUER, "https://gateway.example")

    assert published.authorization_endpoint == f"{ISSUER}/auth".encode()
    assert json.loads(published.document) == GOOD | {"authorization_endpoint": "https://gateway.example/authorize"}


@pytest.mark.parametrize("endpoint", ["https://id.example:443/a?b=c", "https://ID.example/a"])
def test_an_endpoint_on_the_issuer_s_host_is_taken(endpoint: str) -> None:
    assert publish(GOOD | {"authorization_endpoint": endpoint}, f"{ISSUER}/", "").authorization_endpoint


@pytest.mark.parametrize(
    ("document", "complaint"),
    [
        ([], "no JSON object"),
        ({}, "issuer is another one"),
        (GOOD | {"issuer": "https://evil.example"}, "issuer is another one"),
        (GOOD | {"authorization_endpoint": None}, "no http or https address"),
        (GOOD | {"authorization_endpoint": "https://evil.example/a"}, "on another host"),
        (GOOD | {"authorization_endpoint": "http://id.example/a"}, "on another host"),
        (GOOD | {"authorization_endpoint": "https://id.example:444/a"}, "on another host"),
        (GOOD | {"authorization_endpoint": "https://id.example@evil.example/a"}, "no http or https address"),
        (GOOD | {"authorization_endpoint": "https://id.example/a#b"}, "no http or https address"),
        (GOOD | {"authorization_endpoint": "https://id.example/a\r\nX: y"}, "no http or https address"),
        (GOOD | {"authorization_endpoint": "https://id.example\\@evil.example/"}, "no http or https address"),
        (GOOD | {"authorization_endpoint": "//id.example/a"}, "no http or https address"),
    ],
)
def test_what_would_lead_elsewhere_is_refused(document: Any, complaint: str) -> None:
    with pytest.raises(ProviderInvalidError, match=complaint):
        publish(document, ISSUER, "https://gateway.example")


class Site:
    """Answers with what it is told to."""

    def __init__(self) -> None:
        self.status = 200
        self.body = b""
        self.headers: dict[str, str] = {}

    @contextmanager
    def serving(self) -> Iterator[str]:
        site = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.send_response(site.status)
                for name, value in site.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(site.body)

            def log_message(self, *_: Any) -> None:
                return

        with http.server.HTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            yield f"http://127.0.0.1:{server.server_port}"
            server.shutdown()
            thread.join()


def test_a_provider_that_answers_wrongly_for_a_while_stays_what_it_was() -> None:
    site = Site()
    with site.serving() as issuer:
        good = json.dumps({"issuer": issuer, "authorization_endpoint": f"{issuer}/auth"}).encode()
        provider = Provider(issuer, "https://gateway.example", Backoff(lambda: 1.0))
        bad: list[tuple[int, bytes, dict[str, str]]] = [
            (500, b"", {}),
            (200, b"<html>", {}),
            (200, b"[" * 100_000, {}),
            (200, b"\xff", {}),
            (302, b"", {"Location": "https://evil.example"}),
            (200, b" " * (DOCUMENT_BYTES_MAX + 1), {}),
        ]
        for site.status, site.body, site.headers in bad:
            provider.read()
            assert provider.published is None
        site.status, site.body, site.headers = 200, good, {}
        waits = [provider.read()]
        first = provider.published
        for site.status, site.body, site.headers in bad:
            waits.append(provider.read())
            assert provider.published is first
        provider.close()
    waits.append(provider.read())

    assert first is not None
    assert waits == [300.0, 0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0]
