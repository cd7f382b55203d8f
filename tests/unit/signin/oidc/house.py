"""A provider over stores in memory, with two tenants and a client of each kind; who signs in is said by the test."""

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from signpost.edge.grants import GrantError, GrantRequest
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.model.accounts import Account, AuthorizeRequest, Session
from signpost.model.clients import AppType, GrantType, TokenAuthMethod
from signpost.model.tenants import Client, Tenant
from signpost.signin.oidc.provider import Answer, Provider
from signpost.storage.memory import MemoryStore
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_session, a_tenant, an_account
from signpost.testing.repeatable import SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.catalog import TenantState, load_tenant_state
from signpost.usecases.clients import ClientDraft, add_client

CALLBACK = "https://app.example/callback"
LOGGED_OUT = "https://app.example/bye"
VERIFIER = "v" * 43
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).rstrip(b"=").decode()
ALL = "openid profile email offline_access"
GUESSES = 20


@dataclass
class House:
    """Everything that tests of the provider need. The first tenant is the one that is meant where none is named."""

    keys_folder: Path
    clock: Any = field(default_factory=SteppingClock)
    ids: SequentialIds = field(default_factory=SequentialIds)

    def __post_init__(self) -> None:
        self.store = MemoryStore(self.clock)
        self.accounts = MemoryAccountStore(self.clock)
        self.keys = KeyRing(self.keys_folder, self.clock)
        self.guesses = RateLimiter(GUESSES, lambda: self.clock.now().timestamp())
        self.provider = Provider(self.accounts, self.keys, self.clock, self.ids, self.guesses)
        self.tenant, self.other_tenant = a_tenant(1), a_tenant(2)
        for tenant in (self.tenant, self.other_tenant):
            self.store.add_tenant(tenant, "tests")
        self.spa = self.add_client(AppType.SPA)
        self.other_spa = self.add_client(AppType.SPA, callbacks=("https://other.example/callback",))
        self.native = self.add_client(AppType.NATIVE, callbacks=("com.example.app:/callback",))
        self.web, self.secret = self.add_confidential()
        self.account = self.add_account()
        self.session = self.add_session()

    @property
    def state(self) -> TenantState:
        return load_tenant_state(self.store, self.tenant.id)

    @property
    def other_state(self) -> TenantState:
        return load_tenant_state(self.store, self.other_tenant.id)

    def add_client(self, app_type: AppType, tenant: Tenant | None = None, **changes: Any) -> Client:
        call = Call(self.store, self.clock, self.ids, (tenant or self.tenant).id, "tests")
        values = {"callbacks": (CALLBACK,), "allowed_logout_urls": (LOGGED_OUT,)} | changes
        return add_client(call, ClientDraft(f"client {app_type}", app_type, **values)).client

    def add_confidential(self, **changes: Any) -> tuple[Client, str]:
        call = Call(self.store, self.clock, self.ids, self.tenant.id, "tests")
        values = {
            "callbacks": (CALLBACK, "https://app.example/callback?tenant=1"),
            "allowed_logout_urls": (LOGGED_OUT,),
            "grant_types": (GrantType.AUTHORIZATION_CODE, GrantType.REFRESH_TOKEN),
            "token_endpoint_auth_method": TokenAuthMethod.POST,
        } | changes
        made = add_client(call, ClientDraft("web", AppType.REGULAR_WEB, **values))
        return made.client, made.secret

    def add_account(self, tenant: Tenant | None = None, **changes: Any) -> Account:
        account = an_account(1, **changes)
        self.accounts.of((tenant or self.tenant).id).accounts.add(account)
        return account

    def add_session(self) -> Session:
        now = self.clock.now()
        session = a_session(
            1, account_id=self.account.id, authenticated_at=now, expires_at=now + timedelta(days=1), amr=("pwd", "otp")
        )
        self.accounts.of(self.tenant.id).sessions.add("session-cookie", session)
        return session

    def parameters(self, client: Client | None = None, **changes: str | None) -> list[tuple[str, str]]:
        """Return what a client asks at `/authorize`; None leaves a parameter out."""
        client = client or self.spa
        values: dict[str, str | None] = {
            "response_type": "code",
            "client_id": client.id,
            "redirect_uri": client.callbacks[0],
            "scope": ALL,
            "state": "a state",
            "nonce": "a nonce",
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
        }
        return [(name, value) for name, value in (values | changes).items() if value is not None]

    def read(self, client: Client | None = None, **changes: str | None) -> AuthorizeRequest:
        return self.provider.read_request(self.state, self.parameters(client, **changes))[1]

    def sign_in(self, client: Client | None = None, *, claims: Mapping[str, Any] | None = None, **changes: Any) -> str:
        """Let the account sign in to a client, and return the code."""
        client = client or self.spa
        request = self.read(client, **changes)
        answer = self.provider.issue_code(
            self.state, client, request, self.account, self.session, id_token_claims=claims, access_token_claims=claims
        )
        return fields_of(answer)["code"]

    def ask(
        self, *, basic: str | None = None, state: TenantState | None = None, peer: str = "192.0.2.1", **fields: Any
    ) -> dict[str, Any]:
        """Ask the token endpoint."""
        given = {name: value for name, value in fields.items() if value is not None}
        return self.provider.grant(state or self.state, GrantRequest(None, peer, basic, given))

    def exchange(self, code: str, client: Client | None = None, **changes: Any) -> dict[str, Any]:
        """Exchange a code as the client would that it was made for."""
        client = client or self.spa
        fields = {
            "grant_type": "authorization_code",
            "client_id": client.id,
            "code": code,
            "redirect_uri": client.callbacks[0],
            "code_verifier": VERIFIER,
        }
        return self.ask(**(fields | changes))

    def refresh(self, token: str, client: Client | None = None, **changes: Any) -> dict[str, Any]:
        """Use a refresh token."""
        fields = {"grant_type": "refresh_token", "client_id": (client or self.spa).id, "refresh_token": token}
        return self.ask(**(fields | changes))

    def change_account(self, **changes: Any) -> None:
        self.accounts.of(self.tenant.id).accounts.change(self.account.id, lambda found: replace(found, **changes))


def fields_of(answer: Answer) -> dict[str, str]:
    """Return what an answer says, each field once."""
    assert len(dict(answer.fields)) == len(answer.fields)
    return dict(answer.fields)


def query_of(location: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(location).query, strict_parsing=True))


def error_of(error: GrantError) -> tuple[int, str]:
    return error.status, error.error
