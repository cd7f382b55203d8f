"""A client of the HTTP interface in a few lines: JSON over one connection that is kept open."""

import http.client
import json
from typing import Any


class Api:
    """One connection; every thread takes its own."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self._headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}

    def get(self, path: str) -> Any:
        """Return what is there, asking a second time when the server has closed the connection in the meantime."""
        try:
            return self.call("GET", path)
        except (OSError, http.client.HTTPException):
            return self.call("GET", path)

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """Return the reply's JSON.

        Raises:
            OSError, http.client.HTTPException: the server went away; whether it did what was asked is not known.
            RuntimeError: it refused.
        """
        try:
            self._connection.request(method, path, None if body is None else json.dumps(body), self._headers)
            reply = self._connection.getresponse()
            content = reply.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        if reply.status >= 400:
            raise RuntimeError(f"{method} {path} was answered {reply.status}: {content.decode()}")
        return json.loads(content)
