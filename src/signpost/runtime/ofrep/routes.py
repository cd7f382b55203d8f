"""Where OFREP is served, and how it says what went wrong."""

from collections.abc import Mapping
from functools import partial

from signpost.edge.errors import Headers
from signpost.runtime.ofrep.evaluations import Evaluations
from signpost.runtime.ofrep.streams import STREAM_PATH, Streams
from signpost.runtime.ofrep.wire import write_refusal
from signpost.runtime.requests import Said
from signpost.runtime.routes import Route

PREFIX = "/ofrep/"
FLAGS_PATH = f"{PREFIX}v1/evaluate/flags"
SCOPE = "decide:experimentation"
PREFLIGHT_SECONDS = 600

_ONE = f"{FLAGS_PATH}/"


class OfrepRoutes:
    """Finds routes by path, and tells browsers of which origins may use them."""

    def __init__(self, evaluations: Evaluations, streams: Streams, origins: frozenset[str]) -> None:
        self._evaluations = evaluations
        self._origins = frozenset(origin.encode() for origin in origins)
        self._routes: Mapping[str, Route] = {
            FLAGS_PATH: Route(SCOPE, evaluations.answer_all, has_query=True, say=write_refusal),
            STREAM_PATH: Route(None, streams.answer, method="GET", has_query=True, say=write_refusal),
        }

    def find(self, path: str) -> Route | None:
        """Return the route of a path."""
        if path.startswith(_ONE):
            key = path[len(_ONE) :]
            return Route(SCOPE, partial(self._evaluations.answer_one, key), say=partial(write_refusal, key=key))
        return self._routes.get(path)

    def origin_headers(self, said: Said) -> Headers:
        """Return what lets a page of another origin read the reply."""
        origin = said.get(b"origin")
        if origin is None or not self._origins:
            return []
        if origin not in self._origins:
            return [(b"vary", b"origin")]
        exposed = (b"access-control-expose-headers", b"etag, retry-after")
        return [(b"vary", b"origin"), (b"access-control-allow-origin", origin), exposed]

    def preflight_headers(self, said: Said) -> Headers:
        """Return what a browser wants to know before it asks."""
        return [
            *self.origin_headers(said),
            (b"access-control-allow-methods", b"GET, POST"),
            (b"access-control-allow-headers", b"authorization, content-type, if-none-match, x-api-key"),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        ]


def take_api_key(said: Said) -> None:
    """Take an `X-API-Key` header for the token, where there is no other."""
    key = said.get(b"x-api-key")
    if key is not None and b"authorization" not in said:
        said[b"authorization"] = b"Bearer " + key
