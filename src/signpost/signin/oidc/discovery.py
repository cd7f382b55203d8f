"""What the provider says of itself: OpenID Connect Discovery 1.0, RFC 8414, RFC 9207. All that is true, and nothing else."""

from signpost.edge.tokens import OWN_ALGORITHM
from signpost.model.accounts import ResponseMode
from signpost.model.clients import GrantType, TokenAuthMethod
from signpost.model.tenants import SCOPES as MACHINES_SCOPES
from signpost.model.tenants import Tenant
from signpost.signin.oidc.authorization import CODE, S256
from signpost.signin.oidc.scopes import CLAIMS, SCOPES
from signpost.signin.screens.words import LOCALES


def describe_provider(tenant: Tenant, base: str) -> dict[str, object]:
    """Return the entries beside those that the token endpoint has without people. `base` ends with a slash."""
    return {
        "issuer": tenant.issuer,
        "authorization_endpoint": f"{base}authorize",
        "userinfo_endpoint": f"{base}userinfo",
        "end_session_endpoint": f"{base}oidc/logout",
        "grant_types_supported": [grant.value for grant in GrantType],
        "response_types_supported": [CODE],
        "response_modes_supported": [mode.value for mode in ResponseMode],
        "scopes_supported": [*SCOPES, *MACHINES_SCOPES],
        "claims_supported": ["iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "amr", "sid", "at_hash", *CLAIMS],
        "claim_types_supported": ["normal"],
        "token_endpoint_auth_methods_supported": [
            TokenAuthMethod.POST.value,
            TokenAuthMethod.BASIC.value,
            TokenAuthMethod.NONE.value,
        ],
        "id_token_signing_alg_values_supported": [OWN_ALGORITHM],
        "code_challenge_methods_supported": [S256],
        "ui_locales_supported": list(LOCALES),
        "authorization_response_iss_parameter_supported": True,
        "claims_parameter_supported": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
    }
