"""Reads what a client asks at `/authorize`: RFC 6749, RFC 7636 and OpenID Connect Core 1.0, section 3.1.2.1.

Authlib checks the response type, the client's right to it, and PKCE; all that is stricter than its ways is checked here.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from authlib.oauth2 import OAuth2Error

from signpost.model import limits
from signpost.model.accounts import AuthorizeRequest, ResponseMode
from signpost.model.clients import GrantType
from signpost.model.tenants import Client, Tenant
from signpost.signin.oidc.answers import Answer, answer_to
from signpost.signin.oidc.authorization import Authorization, MessageRequest
from signpost.signin.oidc.scopes import OFFLINE, SCOPES
from signpost.usecases.catalog import TenantState

PARAMETERS_MAX = 50
LENGTHS: Mapping[str, int] = {
    "response_type": 64,
    "response_mode": 32,
    "scope": 1_024,
    "state": limits.URI_MAX,
    "nonce": 512,
    "code_challenge": 43,
    "code_challenge_method": 16,
    "prompt": 64,
    "max_age": 10,
    "login_hint": limits.TEXT_MAX,
    "screen_hint": 32,
    "ui_locales": limits.TEXT_MAX,
    "acr_values": limits.TEXT_MAX,
    "audience": limits.URI_MAX,
}
"""What is read, and how long it may be, in characters; whatever else is sent means nothing here."""
PROMPTS = frozenset({"none", "login", "consent", "select_account"})
SCREENS = frozenset({"login", "signup"})
NOT_SUPPORTED = {
    "request": "request_not_supported",
    "request_uri": "request_uri_not_supported",
    "registration": "registration_not_supported",
}
PRINTABLE = re.compile(r"[ -~]*")
"""What RFC 6749, appendix A, lets `state` and the names be made of."""
NAMES = re.compile(r"[A-Za-z0-9_. :/-]*")


class RequestRefusedError(Exception):
    """A request that the browser may not be sent back for: nobody knows that the client wants the answer there."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class RequestReturnedError(Exception):
    """A request that the client is told about."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(dict(answer.fields).get("error_description", ""))
        self.answer = answer


def read_request(state: TenantState, parameters: Sequence[tuple[str, str]]) -> tuple[Client, AuthorizeRequest]:
    """Return what is asked, and by whom; see `Provider.read_request`."""
    values = _read_values(parameters)
    client = _find_client(state, values)
    asked = AuthorizeRequest(
        redirect_uri=_find_redirect_uri(client, values), scopes=(), state=values.get("state") or None
    )
    asked = replace(asked, response_mode=_read_mode(state.tenant, asked, values))
    _check_values(state.tenant, asked, values)
    try:
        Authorization(state).check(MessageRequest(state.tenant, values))
    except OAuth2Error as error:
        raise _returned(state.tenant, asked, error.error, error.description or "The request is not right.") from error
    return client, replace(
        asked,
        scopes=_choose_scopes(client, values.get("scope", "")),
        nonce=values.get("nonce") or None,
        code_challenge=values.get("code_challenge") or None,
        prompt=_read_prompt(state.tenant, asked, values),
        max_age_seconds=_read_max_age(state.tenant, asked, values),
        login_hint=values.get("login_hint", "").strip() or None,
        screen_hint=values.get("screen_hint") if values.get("screen_hint") in SCREENS else None,
        ui_locales=tuple(values.get("ui_locales", "").split()),
        acr_values=tuple(values.get("acr_values", "").split()),
    )


def _read_values(parameters: Sequence[tuple[str, str]]) -> dict[str, str]:
    if len(parameters) > PARAMETERS_MAX:
        raise RequestRefusedError(f"There are more than {PARAMETERS_MAX} parameters.")
    counts = Counter(name for name, _ in parameters)
    known = {"client_id", "redirect_uri", *LENGTHS, *NOT_SUPPORTED}
    repeated = next((name for name in counts if counts[name] > 1 and name in known), None)
    if repeated is not None:
        raise RequestRefusedError(f"{repeated} is given twice.")
    return {name: value for name, value in parameters if name in known}


def _find_client(state: TenantState, values: Mapping[str, str]) -> Client:
    if not values.get("client_id"):
        raise RequestRefusedError("client_id is missing.")
    client = state.clients.get(values["client_id"])
    if client is None or client.revoked_at is not None:
        raise RequestRefusedError("There is no client with this client_id.")
    return client


def _find_redirect_uri(client: Client, values: Mapping[str, str]) -> str:
    """Return the redirect URI, which has to be one of the client's, letter by letter (RFC 9700, section 2.1)."""
    given = values.get("redirect_uri")
    if not given:
        raise RequestRefusedError("redirect_uri is missing.")
    found = next((uri for uri in client.callbacks if uri == given), None)
    if found is None:
        raise RequestRefusedError("redirect_uri is none of the client's callbacks; it has to be one of them exactly.")
    state = values.get("state", "")
    if len(state) > LENGTHS["state"] or PRINTABLE.fullmatch(state) is None:
        reason = (
            f"state may have {LENGTHS['state']} characters of printable ASCII; it could not be given back as it is."
        )
        raise RequestRefusedError(reason)
    return found


def _read_mode(tenant: Tenant, asked: AuthorizeRequest, values: Mapping[str, str]) -> ResponseMode:
    given = values.get("response_mode") or ResponseMode.QUERY
    if given not in set(ResponseMode):
        raise _returned(tenant, asked, "invalid_request", "response_mode must be query or form_post.")
    if given == ResponseMode.FORM_POST and not asked.redirect_uri.startswith(("http://", "https://")):
        raise _returned(tenant, asked, "invalid_request", "response_mode form_post needs a redirect_uri on the web.")
    return ResponseMode(given)


def _check_values(tenant: Tenant, asked: AuthorizeRequest, values: Mapping[str, str]) -> None:
    for name, error in NOT_SUPPORTED.items():
        if name in values:
            raise _returned(tenant, asked, error, f"{name} is not supported.")
    for name, most in LENGTHS.items():
        value = values.get(name, "")
        if len(value) > most:
            raise _returned(tenant, asked, "invalid_request", f"{name} may have {most} characters.")
        if name in {"scope", "nonce"} and PRINTABLE.fullmatch(value) is None:
            raise _returned(tenant, asked, "invalid_request", f"{name} must be printable ASCII.")
        if name in {"response_type", "code_challenge_method", "prompt"} and NAMES.fullmatch(value) is None:
            raise _returned(tenant, asked, "invalid_request", f"{name} holds what no name has in it.")
    if not values.get("response_type"):
        raise _returned(tenant, asked, "invalid_request", "response_type is missing; it is code.")
    audience = values.get("audience")
    if audience and audience != f"{tenant.issuer}userinfo":
        raise _returned(tenant, asked, "access_denied", "There is no such audience here: tokens are for userinfo.")


def _read_prompt(tenant: Tenant, asked: AuthorizeRequest, values: Mapping[str, str]) -> tuple[str, ...]:
    prompts = tuple(dict.fromkeys(values.get("prompt", "").split()))
    if not set(prompts) <= PROMPTS:
        expected = ", ".join(sorted(PROMPTS))
        raise _returned(tenant, asked, "invalid_request", f"prompt is made of {expected}.")
    if "none" in prompts and len(prompts) > 1:
        raise _returned(tenant, asked, "invalid_request", "prompt can't be none and something else.")
    return prompts


def _read_max_age(tenant: Tenant, asked: AuthorizeRequest, values: Mapping[str, str]) -> int | None:
    given = values.get("max_age", "")
    if not given:
        return None
    if not (given.isascii() and given.isdigit()):
        raise _returned(tenant, asked, "invalid_request", "max_age must be a number of seconds.")
    return int(given)


def _choose_scopes(client: Client, given: str) -> tuple[str, ...]:
    """Return what is known of what is asked for; the rest is passed over, as RFC 6749, section 3.3, allows."""
    wanted = given.split()
    may_stay = GrantType.REFRESH_TOKEN in client.grant_types
    return tuple(scope for scope in SCOPES if scope in wanted and (scope != OFFLINE or may_stay))


def _returned(tenant: Tenant, asked: AuthorizeRequest, error: str, description: str) -> RequestReturnedError:
    return RequestReturnedError(answer_to(tenant, asked, error=error, error_description=description))
