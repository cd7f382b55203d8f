"""What a client asks when somebody is to sign out: OpenID Connect RP-Initiated Logout 1.0, and Auth0's `/v2/logout`.

Authlib has an endpoint for it, which believes every token that is signed with the server's keys. Here a hint has to be an
ID token, of this issuer, signed with RS256.
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from signpost.edge.tokens import TOKEN_LENGTH_MAX, TokenInvalidError
from signpost.model import limits
from signpost.model.accounts import ResponseMode, Session
from signpost.model.tenants import Client
from signpost.signin.oidc.answers import Answer
from signpost.signin.oidc.requests import PRINTABLE
from signpost.signin.oidc.tokens import PeoplesTokens
from signpost.usecases.catalog import TenantState

STATE_MAX = limits.URI_MAX
VALUE_MAX = TOKEN_LENGTH_MAX
FIELDS = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales", "csrf")
OLD_FIELDS = ("client_id", "returnTo")


class LogoutRefusedError(Exception):
    """A request to sign out that is not right: nobody is signed out, and nobody is sent anywhere."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Logout:
    """A request to sign out. `session_id` is what a valid hint names; `answer` says where the browser goes, None: nowhere."""

    session_id: str | None
    answer: Answer | None
    ui_locales: str
    csrf: str
    query: tuple[tuple[str, str], ...]
    """What was asked, to ask it once more."""
    fields: tuple[tuple[str, str], ...]
    """What the form that asks the visitor keeps of it: not the hint."""

    def is_proved_for(self, session: Session) -> bool:
        """Return whether the hint names this very session, so that nobody need be asked."""
        return self.session_id == session.id


def read_logout(tokens: PeoplesTokens, state: TenantState, given: Sequence[tuple[str, str]]) -> Logout:
    """Return what is asked at `/oidc/logout`. A hint that is not valid is none: then the visitor is asked.

    Raises:
        LogoutRefusedError: it is not right.
    """
    values = _read_values(given, FIELDS)
    hint = values.get("id_token_hint")
    session_id, audience = _read_hint(tokens, state, hint) if hint else (None, None)
    client_id = values.get("client_id")
    if client_id and audience and client_id != audience:
        raise LogoutRefusedError("client_id is not the client that id_token_hint was given to.")
    named = client_id or audience
    client = _find_client(state, named) if named else None
    uri, text = values.get("post_logout_redirect_uri"), values.get("state", "")
    if len(text) > STATE_MAX or PRINTABLE.fullmatch(text) is None:
        raise LogoutRefusedError(f"state may have {STATE_MAX} characters of printable ASCII.")
    answer = None
    if uri:
        fields = (("state", text),) if text else ()
        answer = Answer(_check_uri(client, uri, "post_logout_redirect_uri"), ResponseMode.QUERY, fields)
    kept = {**values, "client_id": named or ""}
    return Logout(
        session_id=session_id,
        answer=answer,
        ui_locales=values.get("ui_locales", ""),
        csrf=values.get("csrf", ""),
        query=tuple((name, value) for name, value in values.items() if name != "csrf"),
        fields=tuple((name, kept[name]) for name in FIELDS[1:5] if kept.get(name)),
    )


def read_old_logout(state: TenantState, given: Sequence[tuple[str, str]]) -> Answer | None:
    """Return where a request at `/v2/logout` goes, None for nowhere.

    Raises:
        LogoutRefusedError: it is not right.
    """
    values = _read_values(given, OLD_FIELDS)
    client = _find_client(state, values["client_id"]) if values.get("client_id") else None
    uri = values.get("returnTo")
    return Answer(_check_uri(client, uri, "returnTo"), ResponseMode.QUERY, ()) if uri else None


def csrf_of(secret: bytes, session: Session) -> str:
    """Return what the form that asks has to bring back: nobody else can know it, though clients know the session's id."""
    return hmac.digest(secret, f"signpost logout\0{session.id}".encode(), hashlib.sha256).hex()


def is_csrf(secret: bytes, session: Session, given: str) -> bool:
    """Return whether the form was made for this session."""
    return hmac.compare_digest(csrf_of(secret, session).encode(), given.encode(errors="surrogatepass"))


def _read_values(given: Sequence[tuple[str, str]], names: tuple[str, ...]) -> dict[str, str]:
    counts = Counter(name for name, _ in given)
    repeated = next((name for name in names if counts[name] > 1), None)
    if repeated is not None:
        raise LogoutRefusedError(f"{repeated} is given twice.")
    values = {name: value for name, value in given if name in names}
    long = next((name for name, value in values.items() if len(value) > VALUE_MAX), None)
    if long is not None:
        raise LogoutRefusedError(f"{long} may have {VALUE_MAX} characters.")
    return values


def _read_hint(tokens: PeoplesTokens, state: TenantState, hint: str) -> tuple[str | None, str | None]:
    try:
        claims = tokens.read_id_token(state.tenant, hint)
    except TokenInvalidError:
        return None, None
    return str(claims["sid"]), str(claims["aud"])


def _find_client(state: TenantState, client_id: str) -> Client:
    client = state.clients.get(client_id)
    if client is None or client.revoked_at is not None:
        raise LogoutRefusedError("There is no client with this client_id.")
    return client


def _check_uri(client: Client | None, given: str, name: str) -> str:
    if client is None:
        raise LogoutRefusedError(f"{name} needs client_id: it has to be one of the client's allowed_logout_urls.")
    found = next((uri for uri in client.allowed_logout_urls if uri == given), None)
    if found is None:
        raise LogoutRefusedError(
            f"{name} is none of the client's allowed_logout_urls; it has to be one of them exactly."
        )
    return found
