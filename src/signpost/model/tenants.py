"""Tenants, and the machine-to-machine clients that act in them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signpost.model.clients import AppType, GrantType, TokenAuthMethod
from signpost.model.holdouts import Holdout
from signpost.model.hosted_pages import HostedPages

SCOPES = (
    "create:experimentation",
    "read:experimentation",
    "update:experimentation",
    "delete:experimentation",
    "decide:experimentation",
    "create:events",
    "read:plan",
    "read:logs",
    "create:log_streams",
    "read:log_streams",
    "update:log_streams",
    "delete:log_streams",
    "create:actions",
    "read:actions",
    "update:actions",
    "delete:actions",
    "create:clients",
    "read:clients",
    "update:clients",
    "delete:clients",
    "read:branding",
    "update:branding",
    "delete:branding",
)
"""Every scope that a client can hold, in the order in which they are listed."""


class Generation(StrEnum):
    """Whose bodies a tenant's replies have."""

    BETA = "beta"
    EA = "ea"


@dataclass(frozen=True, slots=True)
class ForeignIssuer:
    """An OpenID provider whose tokens the tenant accepts beside its own."""

    issuer: str
    jwks_uri: str


@dataclass(frozen=True, slots=True)
class Tenant:
    """A tenant: everything that is configured or recorded belongs to exactly one.

    `domain` is its host name in lower case, with a port only if clients put one into their audience. Without
    `plain_overrides` only signed overrides are obeyed.
    """

    id: str
    name: str
    domain: str
    api_generation: Generation
    foreign_issuer: ForeignIssuer | None
    is_default: bool
    created_at: datetime
    updated_at: datetime
    plain_overrides: bool = True
    holdout: Holdout | None = None
    pages: HostedPages = field(default_factory=HostedPages)

    @property
    def issuer(self) -> str:
        """Who signs the tenant's own tokens."""
        return f"https://{self.domain}/"

    @property
    def audience(self) -> str:
        """What the tenant's tokens are for."""
        return f"https://{self.domain}/api/v2/"


@dataclass(frozen=True, slots=True)
class Client:
    """A client: a machine, or an application that people sign in to. A revoked one stays in the list.

    Only a hash of its secret is kept, empty where it has none; no hash is empty. `scopes` are what a machine may do;
    addresses are compared letter by letter.
    """

    id: str
    name: str
    secret_hash: str
    scopes: tuple[str, ...]
    created_at: datetime
    updated_at: datetime
    revoked_at: datetime | None = None
    app_type: AppType = AppType.NON_INTERACTIVE
    description: str | None = None
    callbacks: tuple[str, ...] = ()
    allowed_logout_urls: tuple[str, ...] = ()
    web_origins: tuple[str, ...] = ()
    grant_types: tuple[GrantType, ...] = (GrantType.CLIENT_CREDENTIALS,)
    token_endpoint_auth_method: TokenAuthMethod = TokenAuthMethod.POST

    @property
    def is_public(self) -> bool:
        """Whether it can't keep a secret, so that nothing but PKCE binds a code to it."""
        return self.token_endpoint_auth_method is TokenAuthMethod.NONE
