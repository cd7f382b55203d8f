"""Authlib's authorization server with the clients of one tenant. One is made for each request: it is a few small objects.

Authlib asks the grants of `grants` and `requests` what it wants to know, and raises `OAuth2Error` where RFC 6749 or
RFC 7636 says so. It has no tenants, no response types but `code`, and no store: those are here.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NoReturn

from authlib.oauth2 import AuthorizationServer, OAuth2Error, OAuth2Request
from authlib.oauth2.rfc6749 import ClientMixin, InvalidRequestError
from authlib.oauth2.rfc6749.grants import AuthorizationCodeGrant
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7636 import CodeChallenge

from signpost.model.clients import GrantType
from signpost.model.tenants import Client, Tenant
from signpost.usecases.catalog import TenantState

CODE, S256 = "code", "S256"


class MessageRequest(OAuth2Request):  # type: ignore[misc]
    """What a client sends, whichever way it came. Authlib asks for https: the tenant's address is, whatever stands before it."""

    def __init__(self, tenant: Tenant, values: Mapping[str, str], method: str = "POST") -> None:
        super().__init__(method, f"{tenant.issuer}oauth")
        self.payload = BasicOAuth2Payload(dict(values))

    @property
    def form(self) -> Mapping[str, str]:
        """The fields, under the name by which grants ask for them."""
        fields: Mapping[str, str] = self.payload.data
        return fields


class ClientRecord(ClientMixin):  # type: ignore[misc]
    """A client as Authlib asks about it."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def get_client_id(self) -> str:
        """Return its id."""
        return self.client.id

    def get_default_redirect_uri(self) -> None:
        """Return none: clients say where they want the answer."""

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return what was asked for: what of it is granted is chosen later, and nothing of it is an error."""
        return scope or ""

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Return whether it is one of the client's, letter by letter."""
        return redirect_uri in self.client.callbacks

    def check_response_type(self, response_type: str) -> bool:
        """Return whether the client may ask for it."""
        return response_type == CODE and self.check_grant_type(GrantType.AUTHORIZATION_CODE)

    def check_grant_type(self, grant_type: str) -> bool:
        """Return whether the client may use it."""
        return grant_type in self.client.grant_types


class ChallengeOfS256(CodeChallenge):  # type: ignore[misc]
    """PKCE with S256 alone, which public clients can't do without (RFC 9700, section 2.1.1)."""

    DEFAULT_CODE_CHALLENGE_METHOD = S256
    SUPPORTED_CODE_CHALLENGE_METHOD = (S256,)

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """Check a request at `/authorize`."""
        values = grant.request.payload.data
        super().validate_code_challenge(grant, redirect_uri)
        if not values.get("code_challenge"):
            if grant.client.client.is_public:
                raise InvalidRequestError("code_challenge is missing: a client without a secret needs PKCE.")
        elif values.get("code_challenge_method") != S256:
            raise InvalidRequestError("code_challenge_method must be S256; without one it would be plain.")
        elif len(values["code_challenge"]) != 43:
            raise InvalidRequestError("code_challenge must be the 43 characters of a SHA-256.")


ASKED = ((AuthorizationCodeGrant, (ChallengeOfS256(required=True),)),)


class Authorization(AuthorizationServer):  # type: ignore[misc]
    """What is asked at `/authorize`; what is asked at the token endpoint comes to it in `exchange`."""

    def __init__(self, state: TenantState, grants: Sequence[tuple[Any, Sequence[Any]]] = ASKED) -> None:
        super().__init__()
        self._state = state
        for grant, extensions in grants:
            self.register_grant(grant, extensions)

    def check(self, request: MessageRequest) -> None:
        """Check the response type, the client's right to it, and PKCE.

        Raises:
            OAuth2Error: something is wrong.
        """
        self.get_consent_grant(request)

    def query_client(self, client_id: str) -> ClientRecord | None:
        """Return a client that is not revoked."""
        client = self._state.clients.get(client_id)
        return None if client is None or client.revoked_at is not None else ClientRecord(client)

    def create_oauth2_request(self, request: MessageRequest) -> MessageRequest:
        """Return the request, which is one already."""
        return request

    def send_signal(self, name: str, *args: Any, **kwargs: Any) -> None:
        """Tell nobody."""

    def handle_response(self, status: int, body: Any, headers: Any) -> Any:  # noqa: ARG002
        """Return the body: the edge has its own way to send it."""
        return body

    def handle_error_response(self, request: Any, error: OAuth2Error) -> NoReturn:  # noqa: ARG002
        """Raise it: the edge tells errors."""
        raise error
