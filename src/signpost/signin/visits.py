"""Visits: what a browser brings with a request."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from signpost.middleware.cookies import Device
from signpost.model.accounts import Journey, Session
from signpost.requests.useragents import HEADER_MAX
from signpost.signin.screens.words import choose_locale
from signpost.usecases.catalog import TenantState

CSRF_CHARACTERS = 43
LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
HOST = re.compile(r"([a-z0-9.-]{1,253}|\[[0-9a-f:]{2,45}\])(:[0-9]{1,5})?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Visit:
    """A request of a browser. `base` is the address by which it knows the server, without a slash at its end."""

    state: TenantState
    base: str
    device: Device
    cookies: str = ""
    user_agent: str | None = None
    address: str | None = None
    language: str | None = None
    session: Session | None = None
    returning: str | None = None
    """The mark of the account that was signed in with this browser last."""
    put_off: frozenset[str] = frozenset()
    """Screens that this browser was asked by lately, and has put off."""

    @property
    def hostname(self) -> str:
        """The name of the server, as the browser knows it."""
        return self.base.partition("://")[2]

    @property
    def link_base(self) -> str:
        """The address for links in mails: what the browser says, only where it is the tenant's own or this very machine's.

        A Host header is said by whoever asks, and whoever gets a link in a mail is somebody else.
        """
        domain = self.state.tenant.domain
        name = urlsplit(f"//{self.hostname}").hostname if HOST.fullmatch(self.hostname) else None
        is_known = name is not None and name in {*LOCAL_NAMES, domain.partition(":")[0]}
        return self.base if is_known else f"https://{domain}"

    @property
    def is_secure(self) -> bool:
        """Whether it came over https."""
        return self.base.startswith("https:")

    def locale_of(self, journey: Journey | None) -> str:
        """Return the language of the pages."""
        asked = " ".join(journey.request.ui_locales) if journey is not None else None
        return choose_locale(asked, self.language)


def cut_user_agent(header: str | None) -> str | None:
    """Return a User-Agent header as far as it is kept."""
    return header[:HEADER_MAX] if header else None


def csrf_of(secret: bytes, bound_to: str, device_id: str) -> str:
    """Return what a form has to bring back, and no other site can know: it is bound to the page's sign-in and the device."""
    message = f"signpost form\0{bound_to}\0{device_id}".encode()
    return hmac.digest(secret, message, hashlib.sha256).hex()[:CSRF_CHARACTERS]


def is_csrf(secret: bytes, bound_to: str, device_id: str, given: str) -> bool:
    """Return whether a form was made for this browser."""
    return hmac.compare_digest(csrf_of(secret, bound_to, device_id).encode(), given.encode())
