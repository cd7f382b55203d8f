"""Requests, as far as deciding needs to know them."""

from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import parse_qsl

QUERY_LENGTH_MAX = 8_192
QUERY_FIELDS_MAX = 100


class Arrival(Protocol):
    """A request that comes in. Nothing of it is read before it is asked for."""

    @property
    def method(self) -> str:
        """The method, in capitals."""
        ...

    @property
    def path(self) -> str:
        """The path within the application, decoded."""
        ...

    @property
    def query(self) -> str:
        """What stands behind the `?`."""
        ...

    @property
    def cookies(self) -> str:
        """The `Cookie` header; several of them joined by `; `."""
        ...

    @property
    def user_agent(self) -> str | None:
        """The `User-Agent` header."""
        ...

    @property
    def address(self) -> str | None:
        """The address of whoever is connected, which is a proxy's where there is one and the server doesn't look through it."""
        ...

    @property
    def source(self) -> Any:
        """The request as the framework has it."""
        ...


def parse_query(query: str) -> Mapping[str, str]:
    """Return the fields of a query, of several with one name the first; nothing of one that is too long."""
    if len(query) > QUERY_LENGTH_MAX:
        return {}
    try:
        fields = parse_qsl(query, max_num_fields=QUERY_FIELDS_MAX)
    except ValueError:
        return {}
    return dict(reversed(fields))
