"""Accounts and what hangs on them. None of it is configuration: no change is audited, and no revision moves.

Every method is a transaction of its own, made durable before it returns. Secrets are kept as hashes; the methods take
them as they are. What has expired by the clock is not there any more.

Every method raises `StoreUnavailableError` when the database does not answer.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from signpost.model.accounts import (
    Account,
    AuthorizationCode,
    Grant,
    Journey,
    Passkey,
    RecoveryCodes,
    RefreshToken,
    Session,
    Ticket,
    TotpFactor,
)


class Accounts(Protocol):
    """Who can sign in. An address is one account's (`EmailTakenError`)."""

    def get(self, account_id: str) -> Account | None: ...
    def find_by_email(self, email: str) -> Account | None:
        """Return the account of a normalised address."""
        ...

    def add(self, account: Account) -> None: ...
    def change(self, account_id: str, change: Callable[[Account], Account]) -> Account | None:
        """Make an account what `change` makes of it, with nobody between; None when it is not there."""
        ...

    def remove(self, account_id: str) -> None:
        """Remove an account with everything that hangs on it."""
        ...


class Passkeys(Protocol):
    """Passkeys."""

    def get(self, credential_id: str) -> Passkey | None: ...
    def of_account(self, account_id: str) -> tuple[Passkey, ...]:
        """Return an account's passkeys, the oldest first."""
        ...

    def add(self, passkey: Passkey) -> None:
        """Keep a passkey.

        Raises:
            PasskeyTakenError: there is one of this id.
        """
        ...

    def note_use(self, credential_id: str, sign_count: int, at: datetime) -> bool:
        """Keep a new counter; False, and nothing kept, when it is no step forward: somebody has a copy.

        A counter of 0 is that of an authenticator that does not count, as long as the one before was 0, too.
        """
        ...

    def remove(self, credential_id: str) -> None: ...


class TotpFactors(Protocol):
    """Authenticator apps, one per account."""

    def get(self, account_id: str) -> TotpFactor | None: ...
    def put(self, factor: TotpFactor) -> None: ...
    def take_step(self, account_id: str, step: int) -> bool:
        """Return whether a code of this time step is taken: not when it, or a later one, was taken before."""
        ...

    def remove(self, account_id: str) -> None: ...


class RecoveryCodeSets(Protocol):
    """Recovery codes, one set per account."""

    def get(self, account_id: str) -> RecoveryCodes | None: ...
    def put(self, codes: RecoveryCodes) -> None: ...
    def spend(self, account_id: str, code_hash: str) -> bool:
        """Return whether the code was there; it is not any more."""
        ...

    def remove(self, account_id: str) -> None: ...


class Sessions(Protocol):
    """Sessions, found by the secret in the browser's cookie."""

    def add(self, secret: str, session: Session) -> None: ...
    def find(self, secret: str) -> Session | None: ...
    def get(self, session_id: str) -> Session | None: ...
    def remove(self, session_id: str) -> None: ...
    def remove_of(self, account_id: str) -> None: ...


class Journeys(Protocol):
    """Sign-ins under way."""

    def add(self, journey: Journey) -> None: ...
    def find(self, journey_id: str) -> Journey | None: ...
    def replace(self, journey: Journey) -> Journey | None:
        """Keep a changed journey and return it with its new version; None when it has moved on or ended meanwhile."""
        ...

    def take(self, journey_id: str) -> Journey | None:
        """End a journey, and return it; of two who do it at once one gets None."""
        ...

    def take_expired(self, most: int) -> tuple[Journey, ...]:
        """End journeys whose time is over, the oldest first, and return them without their ids."""
        ...


class Grants(Protocol):
    """What clients were let have. A grant that is revoked is not there any more."""

    def get(self, grant_id: str) -> Grant | None: ...
    def revoke(self, grant_id: str) -> None: ...
    def revoke_of(self, account_id: str) -> None: ...


@dataclass(frozen=True, slots=True)
class KeptCode:
    """A code that is there, and whether it was used."""

    code: AuthorizationCode
    is_used: bool


@dataclass(frozen=True, slots=True)
class KeptRefreshToken:
    """A refresh token that is there, and whether it was used."""

    token: RefreshToken
    is_used: bool


class Codes(Protocol):
    """Authorization codes."""

    def add(self, secret: str, code: AuthorizationCode, grant: Grant) -> None:
        """Keep a new grant, and the code that leads to it."""
        ...

    def find(self, secret: str) -> KeptCode | None: ...
    def spend(self, secret: str, refresh: tuple[str, RefreshToken] | None = None) -> bool:
        """Use a code, and keep the grant's first refresh token, if it has one, with its secret.

        Of two who do it at once one is told True; a second use revokes the grant.
        """
        ...


class RefreshTokens(Protocol):
    """Refresh tokens."""

    def find(self, secret: str) -> KeptRefreshToken | None: ...
    def rotate(self, secret: str, new_secret: str, new: RefreshToken) -> bool:
        """Use a token and keep the next. Of two who do it at once one is told True; a second use revokes the grant."""
        ...


class Tickets(Protocol):
    """Links in mails."""

    def add(self, secret: str, ticket: Ticket) -> None: ...
    def find(self, secret: str) -> Ticket | None: ...
    def spend(self, secret: str) -> Ticket | None:
        """Use a ticket: all of the account's tickets of its kind are used with it. Of two at once one gets None."""
        ...


class Links(Protocol):
    """Which unit an account, and a device that somebody has signed in on, stands for where the first touch counts.

    The accounts may be of any provider: they need not be among `Accounts`. What is linked once stays as it is.
    """

    def link(self, device_id: str, account_id: str, at: datetime) -> str:
        """Link an account and a device, and return the account's unit: the same one whenever and wherever it is linked.

        That of an account's first link is the unit of the device: the device itself unless it was linked before. A device
        that is linked for the first time has the account's unit from then on. Of two who link at once one is the first.
        """
        ...

    def unit_of(self, *, device_id: str | None, account_id: str | None) -> str | None:
        """Return the unit of an account, or else of a device; None where neither is linked."""
        ...


class AccountsOfTenant(Protocol):
    """Everything of one tenant. Nothing of another can be reached from it."""

    def together(self) -> AbstractContextManager["AccountsOfTenant"]:
        """Open a transaction: what is done with what it gives is kept as a whole when the block ends well, or not at all."""
        ...

    @property
    def accounts(self) -> Accounts: ...
    @property
    def passkeys(self) -> Passkeys: ...
    @property
    def totp_factors(self) -> TotpFactors: ...
    @property
    def recovery_codes(self) -> RecoveryCodeSets: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def journeys(self) -> Journeys: ...
    @property
    def grants(self) -> Grants: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def refresh_tokens(self) -> RefreshTokens: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def links(self) -> Links: ...


class AccountStore(Protocol):
    """The storage; it may be used from many threads and processes at once."""

    def of(self, tenant_id: str) -> AccountsOfTenant: ...
    def clean(self) -> None:
        """Remove of all tenants what has expired, but for journeys: those are to be taken."""
        ...


class EmailTakenError(Exception):
    """The address is another account's."""


class PasskeyTakenError(Exception):
    """The passkey is there already."""
