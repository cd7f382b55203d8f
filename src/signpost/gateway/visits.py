"""Visits: a browser that is on its way to the provider, and how it goes on."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from signpost.gateway.queries import Query
from signpost.gateway.settings import FlowRule, GatewaySettings
from signpost.middleware.cookies import SetCookie
from signpost.model.limits import TEXT_MAX
from signpost.requests.useragents import HEADER_MAX
from signpost.runtime.wire import Asker

SESSION_PREFIX = "gw-"
"""What the session ids of sign-ins begin with that come back to the gateway."""
STATE_MIN = 16
"""Characters of a `state` that is taken for one of a kind."""

_UNTOUCHED = frozenset({"request", "request_uri"})
_SEEN = frozenset({None, "query", "form_post"})
"""Ways of coming back that show a server what there is: a fragment does not."""
_CONNECTION = ("connection", "kc_idp_hint")


@dataclass(frozen=True, slots=True)
class Visit:
    """What a browser brings to `/authorize`."""

    query: bytes
    cookies: str = ""
    user_agent: str | None = None
    address: str | None = None


@dataclass(frozen=True, slots=True)
class Way:
    """How it goes on: with which query, and with a cookie if there is one to set."""

    query: bytes
    cookie: SetCookie | None = None


def is_untouched(query: Query) -> bool:
    """Return whether a request is none of the gateway's business.

    `prompt=none` shows nobody anything. What a request object or a pushed request says counts alone (RFC 9101, section 6.3;
    RFC 9126, section 4), so parameters beside it would go nowhere.
    """
    return "none" in query.words("prompt") or query.has_any(_UNTOUCHED)


def find_flow(query: Query, rules: Sequence[FlowRule], otherwise: str) -> str:
    """Return the flow that a request begins."""
    return next((rule.flow for rule in rules if rule.equals in query.words(rule.parameter)), otherwise)


def describe(query: Query, visit: Visit, session_id: str | None) -> Asker:
    """Return what is known of who asks, and may be kept: not the address."""
    return Asker(
        user_agent=visit.user_agent[:HEADER_MAX] if visit.user_agent else None,
        client_id=_short(query.find("client_id")),
        connection=_short(next((found for name in _CONNECTION if (found := query.find(name))), None)),
        organization_id=_short(query.find("organization")),
        session_id=session_id,
    )


def session_of(query: Query, settings: GatewaySettings, url: str, unit: str) -> str | None:
    """Return the id of a sign-in that comes back to the gateway, None of one that does not, or in a form that it can't see."""
    client = query.find("client_id") or ""
    if query.find("response_mode") not in _SEEN or query.words("response_type") not in ([], ["code"]):
        return None
    if client not in settings.callbacks or query.find("redirect_uri") != f"{url}/callback/{client}":
        return None
    return name_session(client, query.find("state") or unit)


def name_session(client: str, state: str) -> str:
    """Return the id of a sign-in: what the client calls it, so that nobody has to remember, hashed, because it is the client's."""
    return SESSION_PREFIX + hashlib.sha256(f"{client}\0{state}".encode(errors="replace")).hexdigest()[:32]


def _short(text: str | None) -> str | None:
    return text if text and len(text) <= TEXT_MAX else None
