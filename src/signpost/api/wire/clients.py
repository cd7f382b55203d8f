"""Clients on the wire, in Auth0's form, as far as this server knows what is in it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from signpost.api.wire.common import TEXT, PatchBody, ReplyBody, RequestBody, leave_out_none, render_time
from signpost.model import limits
from signpost.model.clients import AppType, GrantType, TokenAuthMethod
from signpost.model.tenants import Client
from signpost.usecases.clients import ClientDraft, Credentials

ClientName = Annotated[str, Field(min_length=1, max_length=limits.CLIENT_NAME_MAX, pattern=TEXT)]
ClientDescription = Annotated[str, Field(max_length=limits.CLIENT_DESCRIPTION_MAX)]
Uri = Annotated[str, Field(min_length=1, max_length=limits.URI_MAX)]
Uris = Annotated[list[Uri], Field(max_length=limits.CLIENT_URIS_MAX)]
Type = Literal["non_interactive", "spa", "regular_web", "native"]
Grants = Annotated[
    list[Literal["authorization_code", "refresh_token", "client_credentials"]], Field(max_length=len(GrantType))
]
AuthMethod = Literal["none", "client_secret_post", "client_secret_basic"]


class ClientCreation(RequestBody):
    """A client to be made. What is left out is as is usual for its type."""

    name: ClientName
    description: ClientDescription = ""
    app_type: Type = Field("regular_web", description="Left out: regular_web.")
    callbacks: Uris = Field([], description="Where browsers may be sent back to, letter by letter.")
    allowed_logout_urls: Uris = Field([], description="Where browsers may be sent after signing out.")
    web_origins: Uris = Field([], description="Pages of these origins may ask for tokens, beside those of callbacks.")
    grant_types: Grants | None = None
    token_endpoint_auth_method: AuthMethod | None = None

    def parse(self) -> ClientDraft:
        """Return the client as the model has it."""
        method = self.token_endpoint_auth_method
        return ClientDraft(
            name=self.name,
            description=self.description or None,
            app_type=AppType(self.app_type),
            callbacks=_once(self.callbacks),
            allowed_logout_urls=_once(self.allowed_logout_urls),
            web_origins=_once(self.web_origins),
            grant_types=None if self.grant_types is None else _grants(self.grant_types),
            token_endpoint_auth_method=None if method is None else TokenAuthMethod(method),
        )


class ClientPatch(PatchBody):
    """Changes to a client: the given fields, lists as a whole."""

    name: ClientName = ""
    description: ClientDescription = ""
    app_type: Type = "regular_web"
    callbacks: Uris = Field([])
    allowed_logout_urls: Uris = Field([])
    web_origins: Uris = Field([])
    grant_types: Grants = Field([])
    token_endpoint_auth_method: AuthMethod = "client_secret_post"  # noqa: S105 no password

    def apply(self, client: Client) -> Client:
        """Return the client with the changes."""
        changes: dict[str, Any] = {}
        if self.has("name"):
            changes["name"] = self.name
        if self.has("description"):
            changes["description"] = self.description or None
        if self.has("app_type"):
            changes["app_type"] = AppType(self.app_type)
        for field in ("callbacks", "allowed_logout_urls", "web_origins"):
            if self.has(field):
                changes[field] = _once(getattr(self, field))
        if self.has("grant_types"):
            changes["grant_types"] = _grants(self.grant_types)
        if self.has("token_endpoint_auth_method"):
            changes["token_endpoint_auth_method"] = TokenAuthMethod(self.token_endpoint_auth_method)
        return replace(client, **changes)


class ClientReply(ReplyBody):
    """A client. Its secret is shown once: when it is made."""

    client_id: str
    tenant: str = Field(description="The tenant's name.")
    name: str
    description: str = ""
    app_type: Type
    callbacks: list[str]
    allowed_logout_urls: list[str]
    web_origins: list[str]
    grant_types: list[Literal["authorization_code", "refresh_token", "client_credentials"]]
    token_endpoint_auth_method: AuthMethod
    is_first_party: bool
    oidc_conformant: bool
    created_at: datetime
    updated_at: datetime
    client_secret: str = Field("", description="In the reply that tells of a new secret, and in no other.")


class ClientList(ReplyBody):
    """A page of clients, when totals are asked for."""

    start: int
    limit: int
    length: int
    total: int
    clients: list[ClientReply]


def render_client(client: Client, tenant_name: str) -> dict[str, Any]:
    """Return the body of a client."""
    return leave_out_none(
        {
            "client_id": client.id,
            "tenant": tenant_name,
            "name": client.name,
            "description": client.description,
            "app_type": client.app_type.value,
            "callbacks": list(client.callbacks),
            "allowed_logout_urls": list(client.allowed_logout_urls),
            "web_origins": list(client.web_origins),
            "grant_types": [grant.value for grant in client.grant_types],
            "token_endpoint_auth_method": client.token_endpoint_auth_method.value,
            "is_first_party": True,
            "oidc_conformant": True,
            "created_at": render_time(client.created_at),
            "updated_at": render_time(client.updated_at),
        }
    )


def render_credentials(credentials: Credentials, tenant_name: str) -> dict[str, Any]:
    """Return the body of a client, with its secret if it has a new one."""
    return render_client(credentials.client, tenant_name) | (
        {"client_secret": credentials.secret} if credentials.secret else {}
    )


def render_clients(
    clients: Sequence[Client], tenant_name: str, page: int, per_page: int, *, has_totals: bool
) -> dict[str, Any] | list[dict[str, Any]]:
    """Return a page of clients: a list, or an object with totals."""
    start = page * per_page
    shown = [render_client(client, tenant_name) for client in clients[start : start + per_page]]
    if not has_totals:
        return shown
    return {"start": start, "limit": per_page, "length": len(shown), "total": len(clients), "clients": shown}


def _once(texts: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(texts))


def _grants(names: Sequence[str]) -> tuple[GrantType, ...]:
    return tuple(grant for grant in GrantType if grant in names)
