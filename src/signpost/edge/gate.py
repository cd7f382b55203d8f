"""The gate: who may come in, to which tenant, how often."""

import asyncio
from collections.abc import Callable
from typing import NamedTuple

from signpost.edge.catalog import Catalog
from signpost.edge.errors import Headers, Refusal
from signpost.edge.limits import Allowance, RateLimiter
from signpost.edge.tokens import Principal, TokenInvalidError, Tokens
from signpost.model.tenants import Tenant
from signpost.usecases.catalog import TenantState

KNOWN_MAX = 10_000
"""Verified tokens remembered at once; with more, all are forgotten and verified anew."""
KNOWN_SECONDS = 1
"""After this time a token is verified anew: a key, an issuer or a domain that was taken away is good no more by then."""

TOO_MANY = "Too many requests. Check the X-RateLimit-Limit, X-RateLimit-Remaining and X-RateLimit-Reset headers."


class Admission(NamedTuple):
    """A caller that is in: its tenant, who it is, and the headers of the reply."""

    state: TenantState
    principal: Principal
    headers: Headers


class Gate:
    """Admits requests. A token is verified once and then known for a second, unless it expires or its client is revoked."""

    def __init__(
        self, catalog: Catalog, tokens: Tokens, limiter: RateLimiter, now_seconds: Callable[[], float]
    ) -> None:
        self._catalog = catalog
        self._tokens = tokens
        self._limiter = limiter
        self._now = now_seconds
        self._known: dict[tuple[str, str], tuple[Principal, float]] = {}
        self._kept: dict[tuple[object, ...], tuple[Admission, str | None, float]] = {}
        self._shown: tuple[Allowance | None, Headers] = (None, [])

    def admit_known(self, host: str | None, authorization: str | None, scope: str) -> Admission | None:
        """Admit a caller whose token is known already, without waiting for anything; None when it is not.

        Raises:
            Refusal: the scope is missing, or the limit is reached.
        """
        state = self._catalog.find(host)
        if state is None or authorization is None:
            return None
        known = self._known.get((state.tenant.id, authorization))
        if known is None:
            return None
        principal, verified_at = known
        now = self._now()
        if not 0 <= now - verified_at < KNOWN_SECONDS or principal.expires_at <= now:
            return None
        try:
            return self._admit(state, principal, scope)
        except _ClientGoneError:
            return None

    def recall(self, key: tuple[object, ...]) -> Admission | None:
        """Return what was kept under the key, as long as it need not be asked anew; see `keep`."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        admission, host, until = kept
        if self._now() >= until or self._catalog.find(host) is not admission.state:
            return None
        return admission

    def keep(self, key: tuple[object, ...], host: str | None, admission: Admission) -> None:
        """Keep an admission for a second, for routes that are quicker than asking.

        The key must hold everything that was asked. Nothing is kept where requests are counted; and when anything of the
        tenant has changed, nothing that was kept before is recalled.
        """
        now = self._now()
        if self._limiter.is_unlimited:
            if len(self._kept) >= KNOWN_MAX:
                self._kept.clear()
            until = min(now + KNOWN_SECONDS, admission.principal.expires_at, self._limiter.window_end(now))
            self._kept[key] = admission, host, until

    async def admit(self, host: str | None, authorization: str | None, peer: str, scope: str) -> Admission:
        """Admit a caller.

        Args:
            host: The Host header, which names the tenant.
            authorization: The Authorization header.
            peer: The caller's address; who has no valid token is counted by it.
            scope: The scope that the route asks for.

        Raises:
            Refusal: 401 without a valid token, 403 without the scope, 429 above the limit.
        """
        admission = self.admit_known(host, authorization, scope)
        if admission is not None:
            return admission
        state = self._catalog.find(host)
        scheme, _, token = (authorization or "").partition(" ")
        if state is None or scheme.lower() != "bearer" or not token.strip():
            raise self._unauthorized(peer)
        try:
            principal = await self._verify(state.tenant, token.strip())
        except TokenInvalidError as error:
            raise self._unauthorized(peer) from error
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[state.tenant.id, authorization or ""] = principal, self._now()
        try:
            return self._admit(state, principal, scope)
        except _ClientGoneError as error:
            raise self._unauthorized(peer) from error

    def find_tenant(self, host: str | None) -> TenantState | None:
        """Return the tenant that a host belongs to, as it is now."""
        return self._catalog.find(host)

    def admit_stranger(self, host: str | None, peer: str) -> tuple[TenantState, Headers]:
        """Admit anybody, to what needs no token.

        Raises:
            Refusal: 429 above the limit, 503 while there is no tenant.
        """
        headers = self.stranger(peer)
        state = self._catalog.find(host)
        if state is None:
            raise Refusal(503, "not_ready", "There is no tenant yet.", headers)
        return state, headers

    def stranger(self, peer: str) -> Headers:
        """Return the rate-limit headers for a caller that shows no token, and count its request.

        Raises:
            Refusal: 429 above the limit.
        """
        return self._spend(f"peer {peer}").headers()

    async def _verify(self, tenant: Tenant, token: str) -> Principal:
        if self._tokens.is_foreign(tenant, token):  # its keys may have to be fetched, nobody else is to wait for that
            return await asyncio.to_thread(self._tokens.verify, tenant, token)
        return self._tokens.verify(tenant, token)

    def _admit(self, state: TenantState, principal: Principal, scope: str) -> Admission:
        has_scope = scope in principal.scopes
        if principal.client_id is not None:
            client = state.clients.get(principal.client_id)
            if client is None or client.revoked_at is not None:
                raise _ClientGoneError
            has_scope = has_scope and scope in client.scopes
        headers = self._headers_of(self._spend(f"{state.tenant.id} {principal.subject}"))
        if not has_scope:
            message = f"Insufficient scope; expected any of: {scope}."
            challenge = b'Bearer error="insufficient_scope", scope="%b"' % scope.encode()
            raise Refusal(403, "insufficient_scope", message, [*headers, (b"www-authenticate", challenge)])
        return Admission(state, principal, headers)

    def _headers_of(self, allowance: Allowance) -> Headers:
        """Return an allowance's headers; where there is no limit it is the same one for a whole minute."""
        if allowance is not self._shown[0]:
            self._shown = allowance, allowance.headers()
        return self._shown[1]

    def _unauthorized(self, peer: str) -> Refusal:
        headers = self.stranger(peer)
        return Refusal(401, "invalid_token", "Invalid token.", [*headers, (b"www-authenticate", b"Bearer")])

    def _spend(self, caller: str) -> Allowance:
        allowance = self._limiter.spend(caller)
        if allowance.is_exceeded:
            wait = b"%d" % max(allowance.reset_at - int(self._now()), 1)
            raise Refusal(429, "too_many_requests", TOO_MANY, [*allowance.headers(), (b"retry-after", wait)])
        return allowance


class _ClientGoneError(Exception):
    """The token is good, its client is not there any more."""
