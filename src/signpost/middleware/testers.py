"""Testers: a browser that keeps a signed override, because the address of a sign-in is made by the client and not by who tests."""

from datetime import datetime, timedelta

from signpost.assignment import SignedOverride

NAME = "signpost_override"


class OverrideCookie:
    """The cookie that a tester's browser brings back: the token of the override, which is signed and expires by itself."""

    def __init__(self, *, is_secure: bool) -> None:
        self._name = f"__Host-{NAME}" if is_secure else NAME
        self._attributes = f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if is_secure else ''}"

    def read(self, header: str) -> str | None:
        """Return the token in a `Cookie` header."""
        pairs = (pair.partition("=") for pair in header.split(";"))
        return next((value.strip() for name, _, value in pairs if name.strip() == self._name and value.strip()), None)

    def write(self, token: str, signed: SignedOverride, now: datetime) -> str:
        """Return the `Set-Cookie` header that keeps a token that was found good."""
        seconds = max((signed.expires_at - now) // timedelta(seconds=1), 0)
        return f"{self._name}={token}; Max-Age={seconds}; {self._attributes}"

    def forget(self) -> str:
        """Return the `Set-Cookie` header that ends it."""
        return f"{self._name}=; Max-Age=0; {self._attributes}"
