"""The attributes that segments ask for: what the caller says, and what can be derived of the rest, when it is needed."""

from collections.abc import Collection, Mapping
from typing import Protocol

from signpost.requests.places import Places
from signpost.requests.useragents import UserAgents

Context = Mapping[str, str]

NONE: Context = {}
_PLAIN = ("client_id", "connection", "connection_type", "organization_id", "domain")
_OF_USER_AGENT = frozenset({"user_agent", "browser", "platform", "device_type"})
_OF_ADDRESS = frozenset({"country", "region"})


class Asker(Protocol):
    """What is known of who asks."""

    @property
    def context(self) -> Mapping[str, str | None] | None: ...
    @property
    def user_agent(self) -> str | None: ...
    @property
    def ip(self) -> str | None: ...
    @property
    def headers(self) -> Mapping[str, str | None] | None: ...


class Attributes(Protocol):
    """Works out contexts."""

    def of(self, asker: Asker, needed: Collection[str]) -> Context:
        """Return the attributes that are needed, as far as they are known."""
        ...


class RequestAttributes:
    """Derives attributes from the User-Agent header and the address of a request."""

    def __init__(self, user_agents: UserAgents, places: Places) -> None:
        self._user_agents = user_agents
        self._places = places

    def of(self, asker: Asker, needed: Collection[str]) -> Context:
        """Return the attributes that are needed, as far as they are known. What the caller says goes before all else."""
        if not needed:
            return NONE
        context: dict[str, str] = {}
        for name in _PLAIN:
            value = getattr(asker, name)
            if value is not None:
                context[name] = value
        missing = set(needed).difference(asker.context or ())
        if not missing.isdisjoint(_OF_USER_AGENT):
            self._add_client(context, user_agent_of(asker))
        if asker.ip and not missing.isdisjoint(_OF_ADDRESS):
            place = self._places.find(asker.ip)
            _add(context, {"country": place.country, "region": place.region})
        _add(context, asker.context or {})
        return context

    def _add_client(self, context: dict[str, str], header: str | None) -> None:
        if header:
            client = self._user_agents.parse(header)
            derived = {"browser": client.browser, "platform": client.platform, "device_type": client.device_type}
            _add(context, {"user_agent": header, **derived})


def user_agent_of(asker: Asker) -> str | None:
    """Return the User-Agent header, from its field or from among the headers."""
    if asker.user_agent is not None or asker.headers is None:
        return asker.user_agent
    return next((value for name, value in asker.headers.items() if name.lower() == "user-agent"), None)


def _add(context: dict[str, str], values: Mapping[str, str | None]) -> None:
    context.update({name: value for name, value in values.items() if value is not None})
