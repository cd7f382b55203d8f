"""People: their accounts, what proves who they are, where they are signed in, and what their clients were given for it.

What is secret is not in here but where it says so: sessions, codes, refresh tokens and tickets are kept by the hash of
the secret that stands for them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from signpost.model.ids import salt_of
from signpost.model.json import JsonValue

ACCOUNT_PREFIX = "auth0|"


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who can sign in. `id` is what clients know as `sub`; `email` is as `normalise_email` has it."""

    id: str
    email: str
    email_verified: bool
    name: str | None
    password_hash: str | None
    created_at: datetime
    updated_at: datetime
    user_metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    app_metadata: Mapping[str, JsonValue] = field(default_factory=dict)
    blocked: bool = False
    password_changed_at: datetime | None = None
    logins_count: int = 0
    last_login_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey. `credential_id` is base64url without padding, `public_key` a COSE key as the authenticator gave it."""

    credential_id: str
    account_id: str
    public_key: bytes
    sign_count: int
    transports: tuple[str, ...]
    name: str
    is_backed_up: bool
    created_at: datetime
    last_used_at: datetime | None = None

    def counts_on(self, sign_count: int) -> bool:
        """Return whether a counter may follow the known one: it has grown, or the authenticator does not count."""
        return sign_count > self.sign_count or sign_count == self.sign_count == 0


@dataclass(frozen=True, slots=True)
class TotpFactor:
    """An authenticator app. `secret` is base32; `last_step` is the newest time step whose code was taken, 0 for none."""

    account_id: str
    secret: str
    created_at: datetime
    last_step: int = 0


@dataclass(frozen=True, slots=True)
class RecoveryCodes:
    """The recovery codes that an account has left, as hashes."""

    account_id: str
    hashes: tuple[str, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Where somebody is signed in. `id` is what clients know as `sid`; the browser's cookie is another, secret text."""

    id: str
    account_id: str
    authenticated_at: datetime
    amr: tuple[str, ...]
    expires_at: datetime
    device_id: str | None = None


class ResponseMode(StrEnum):
    """How a client is answered."""

    QUERY = "query"
    FORM_POST = "form_post"


@dataclass(frozen=True, slots=True)
class AuthorizeRequest:
    """What a client asked for at `/authorize`, checked. `code_challenge` is that of S256, None without PKCE."""

    redirect_uri: str
    scopes: tuple[str, ...]
    response_mode: ResponseMode = ResponseMode.QUERY
    state: str | None = None
    nonce: str | None = None
    code_challenge: str | None = None
    prompt: tuple[str, ...] = ()
    max_age_seconds: int | None = None
    login_hint: str | None = None
    screen_hint: str | None = None
    ui_locales: tuple[str, ...] = ()
    acr_values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Journey:
    """One sign-in under way.

    `id` is secret and goes through the pages as `state`; who only lists journeys gets them without it. `transaction_id`
    is for logs. A journey belongs to the browser that has the cookie of its device. `step` is the screen that it is at,
    `facts` what its steps keep between two pages, `assignment` what the experiment keeps: both JSON. `version` grows
    with every change, so that of two changes to the same version only one is kept.
    """

    id: str
    transaction_id: str
    client_id: str
    request: AuthorizeRequest
    device_id: str
    started_at: datetime
    expires_at: datetime
    step: str = "identifier"
    account_id: str | None = None
    amr: tuple[str, ...] = ()
    assignment: JsonValue = None
    facts: Mapping[str, JsonValue] = field(default_factory=dict)
    version: int = 1


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account let a client have at one sign-in: everything that is given for it ends with it."""

    id: str
    client_id: str
    account_id: str
    session_id: str
    scopes: tuple[str, ...]
    authenticated_at: datetime
    amr: tuple[str, ...]
    created_at: datetime
    expires_at: datetime
    id_token_claims: Mapping[str, JsonValue] = field(default_factory=dict)
    access_token_claims: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """What a code stands for."""

    grant_id: str
    redirect_uri: str
    expires_at: datetime
    nonce: str | None = None
    code_challenge: str | None = None


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One of the refresh tokens that a grant leads to, each of which is used once and gives the next."""

    grant_id: str
    expires_at: datetime


class TicketKind(StrEnum):
    """What a link in a mail is for."""

    PASSWORD_RESET = "password_reset"  # noqa: S105 no password
    EMAIL_VERIFICATION = "email_verification"


@dataclass(frozen=True, slots=True)
class Ticket:
    """What a link in a mail lets its reader do, once. `client_id` is whose sign-in it came from, if it did."""

    kind: TicketKind
    account_id: str
    expires_at: datetime
    client_id: str | None = None
    device_id: str | None = None


def normalise_email(text: str) -> str:
    """Return an address as accounts have it: without blanks around it, in lower case."""
    return text.strip().lower()


def account_id_of(identifier: str) -> str:
    """Return an account's id, in the form that clients know, of a made one of the kind `usr`."""
    return f"{ACCOUNT_PREFIX}{salt_of(identifier)}"
