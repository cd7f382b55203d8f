"""Attributes that can be derived of those that the application gives."""

from collections.abc import Collection, Mapping
from functools import cached_property
from threading import Lock
from typing import NamedTuple

from signpost.requests.attributes import RequestAttributes
from signpost.requests.places import NoPlaces, Places
from signpost.requests.useragents import UserAgents

Context = Mapping[str, str | None]

_SOURCES = frozenset({"user_agent", "ip"})


class _Asker(NamedTuple):
    context: Context
    user_agent: str | None
    ip: str | None
    headers: None = None
    client_id: None = None
    connection: None = None
    connection_type: None = None
    organization_id: None = None
    domain: None = None


class Derivation:
    """Derives browser, platform and kind of device from `user_agent`, country and region from `ip`, when they are asked for."""

    def __init__(self, places: Places | None = None) -> None:
        self._places = places or NoPlaces()
        self._lock = Lock()

    def complete(self, context: Context, needed: Collection[str]) -> Context:
        """Return the context with what can be derived of the attributes that are needed and missing."""
        if _SOURCES.isdisjoint(context) or all(name in context for name in needed):
            return context
        user_agent, ip = context.get("user_agent"), context.get("ip")
        asker = _Asker(
            context, user_agent if isinstance(user_agent, str) else None, ip if isinstance(ip, str) else None
        )
        with self._lock:  # what is remembered of headers is not made for several threads
            return self._attributes.of(asker, needed)

    @cached_property
    def _attributes(self) -> RequestAttributes:
        return RequestAttributes(UserAgents(), self._places)
