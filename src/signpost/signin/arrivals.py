"""Arrivals: a request becomes a visit."""

from starlette.requests import Request

from signpost.middleware.cookies import DeviceCookie
from signpost.ports.accounts import AccountStore
from signpost.signin.cookies import read_put_off, read_returning, read_session
from signpost.signin.desk import DeviceSecrets
from signpost.signin.visits import Visit, cut_user_agent
from signpost.usecases.catalog import TenantState

COOKIES_MAX = 16_384


def cookies_of(request: Request) -> str:
    """Return a request's cookies, as far as they are looked at."""
    return "; ".join(request.headers.getlist("cookie"))[:COOKIES_MAX]


def base_of(request: Request, state: TenantState) -> str:
    """Return the address by which the browser knows the server, without a slash at its end."""
    return f"{request.url.scheme}://{request.headers.get('host') or state.tenant.domain}"


class Arrivals:
    """Reads what browsers bring. A device that has no cookie is new, and gets one with the response."""

    def __init__(self, accounts: AccountStore, secrets: DeviceSecrets) -> None:
        self._accounts = accounts
        self._secrets = secrets
        self._cookies: dict[tuple[str, bool], DeviceCookie] = {}

    def visit(self, request: Request, state: TenantState, *, has_session: bool = True) -> Visit:
        """Return the visit that a request is; reads the database if there is a session's cookie, unless it is not to count.

        Raises:
            StoreUnavailableError: the database does not answer.
        """
        cookies, base = cookies_of(request), base_of(request, state)
        is_secure = base.startswith("https:")
        device_cookie = self._device_cookie(state.tenant.id, is_secure=is_secure)
        secret = read_session(cookies, is_secure=is_secure)
        return Visit(
            state=state,
            base=base,
            device=device_cookie.read(cookies) or device_cookie.make(),
            cookies=cookies,
            user_agent=cut_user_agent(request.headers.get("user-agent")),
            address=request.client.host if request.client else None,
            language=request.headers.get("accept-language"),
            session=self._accounts.of(state.tenant.id).sessions.find(secret) if secret and has_session else None,
            returning=read_returning(cookies, is_secure=is_secure),
            put_off=read_put_off(cookies, is_secure=is_secure),
        )

    def cookies_for(self, visit: Visit) -> list[str]:
        """Return the `Set-Cookie` header that the visit's device is to be given, if it is."""
        if not visit.device.is_to_be_set:
            return []
        return [str(self._device_cookie(visit.state.tenant.id, is_secure=visit.is_secure).write(visit.device))]

    def _device_cookie(self, tenant_id: str, *, is_secure: bool) -> DeviceCookie:
        key = (tenant_id, is_secure)
        if key not in self._cookies:
            self._cookies[key] = DeviceCookie([self._secrets.device_secret(tenant_id).hex()], is_secure=is_secure)
        return self._cookies[key]
