"""Accounts and what hangs on them in memory: for tests, and for a server that need not remember."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from threading import RLock
from typing import Concatenate, Generic, ParamSpec, TypeVar

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
from signpost.ports.accounts import EmailTakenError, KeptCode, KeptRefreshToken, PasskeyTakenError
from signpost.ports.clock import Clock
from signpost.storage.secrets import digest

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T", AuthorizationCode, RefreshToken, Ticket)


@dataclass(slots=True)
class _Kept(Generic[T]):
    thing: T
    is_used: bool = False


@dataclass(slots=True)
class _Tenant:
    """Everything of one tenant, by id or by the hash of the secret."""

    clock: Clock
    lock: RLock = field(default_factory=RLock)
    accounts: dict[str, Account] = field(default_factory=dict)
    passkeys: dict[str, Passkey] = field(default_factory=dict)
    totp_factors: dict[str, TotpFactor] = field(default_factory=dict)
    recovery_codes: dict[str, RecoveryCodes] = field(default_factory=dict)
    sessions: dict[str, Session] = field(default_factory=dict)
    journeys: dict[str, Journey] = field(default_factory=dict)
    grants: dict[str, Grant] = field(default_factory=dict)
    codes: dict[str, _Kept[AuthorizationCode]] = field(default_factory=dict)
    refresh_tokens: dict[str, _Kept[RefreshToken]] = field(default_factory=dict)
    tickets: dict[str, Ticket] = field(default_factory=dict)
    account_units: dict[str, str] = field(default_factory=dict)
    device_units: dict[str, str] = field(default_factory=dict)


class _Part:
    """One kind of things of a tenant."""

    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant

    def _is_living(self, thing: Session | Journey | Grant | AuthorizationCode | RefreshToken | Ticket) -> bool:
        return thing.expires_at > self._tenant.clock.now()


Q = TypeVar("Q", bound=_Part)


def _alone(method: Callable[Concatenate[Q, P], R]) -> Callable[Concatenate[Q, P], R]:
    """Let a method run while no other of the tenant does."""

    def run(self: Q, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self._tenant.lock:
            return method(self, *args, **kwargs)

    return run


class _Accounts(_Part):
    @_alone
    def get(self, account_id: str) -> Account | None:
        return self._tenant.accounts.get(account_id)

    @_alone
    def find_by_email(self, email: str) -> Account | None:
        return next((account for account in self._tenant.accounts.values() if account.email == email), None)

    @_alone
    def add(self, account: Account) -> None:
        self._keep(account)

    @_alone
    def change(self, account_id: str, change: Callable[[Account], Account]) -> Account | None:
        account = self._tenant.accounts.get(account_id)
        if account is None:
            return None
        changed = change(account)
        self._keep(changed)
        return changed

    @_alone
    def remove(self, account_id: str) -> None:
        tenant = self._tenant
        for by_account in (tenant.accounts, tenant.totp_factors, tenant.recovery_codes, tenant.account_units):
            by_account.pop(account_id, None)
        for hanging in (tenant.passkeys, tenant.sessions, tenant.grants, tenant.tickets):
            for key in [key for key, thing in hanging.items() if thing.account_id == account_id]:
                del hanging[key]

    def _keep(self, account: Account) -> None:
        owner = self.find_by_email(account.email)
        if owner is not None and owner.id != account.id:
            raise EmailTakenError
        self._tenant.accounts[account.id] = account


class _Passkeys(_Part):
    @_alone
    def get(self, credential_id: str) -> Passkey | None:
        return self._tenant.passkeys.get(credential_id)

    @_alone
    def of_account(self, account_id: str) -> tuple[Passkey, ...]:
        return tuple(passkey for passkey in self._tenant.passkeys.values() if passkey.account_id == account_id)

    @_alone
    def add(self, passkey: Passkey) -> None:
        if passkey.credential_id in self._tenant.passkeys:
            raise PasskeyTakenError
        self._tenant.passkeys[passkey.credential_id] = passkey

    @_alone
    def note_use(self, credential_id: str, sign_count: int, at: datetime) -> bool:
        passkey = self._tenant.passkeys.get(credential_id)
        if passkey is None or not passkey.counts_on(sign_count):
            return False
        self._tenant.passkeys[credential_id] = replace(passkey, sign_count=sign_count, last_used_at=at)
        return True

    @_alone
    def remove(self, credential_id: str) -> None:
        self._tenant.passkeys.pop(credential_id, None)


class _TotpFactors(_Part):
    @_alone
    def get(self, account_id: str) -> TotpFactor | None:
        return self._tenant.totp_factors.get(account_id)

    @_alone
    def put(self, factor: TotpFactor) -> None:
        self._tenant.totp_factors[factor.account_id] = factor

    @_alone
    def take_step(self, account_id: str, step: int) -> bool:
        factor = self.get(account_id)
        if factor is None or step <= factor.last_step:
            return False
        self.put(replace(factor, last_step=step))
        return True

    @_alone
    def remove(self, account_id: str) -> None:
        self._tenant.totp_factors.pop(account_id, None)


class _RecoveryCodeSets(_Part):
    @_alone
    def get(self, account_id: str) -> RecoveryCodes | None:
        return self._tenant.recovery_codes.get(account_id)

    @_alone
    def put(self, codes: RecoveryCodes) -> None:
        self._tenant.recovery_codes[codes.account_id] = codes

    @_alone
    def spend(self, account_id: str, code_hash: str) -> bool:
        codes = self.get(account_id)
        if codes is None or code_hash not in codes.hashes:
            return False
        self.put(replace(codes, hashes=tuple(known for known in codes.hashes if known != code_hash)))
        return True

    @_alone
    def remove(self, account_id: str) -> None:
        self._tenant.recovery_codes.pop(account_id, None)


class _Sessions(_Part):
    @_alone
    def add(self, secret: str, session: Session) -> None:
        self._tenant.sessions[digest(secret)] = session

    @_alone
    def find(self, secret: str) -> Session | None:
        session = self._tenant.sessions.get(digest(secret))
        return session if session is not None and self._is_living(session) else None

    @_alone
    def get(self, session_id: str) -> Session | None:
        found = (session for session in self._tenant.sessions.values() if session.id == session_id)
        return next((session for session in found if self._is_living(session)), None)

    @_alone
    def remove(self, session_id: str) -> None:
        self._keep(lambda session: session.id != session_id)

    @_alone
    def remove_of(self, account_id: str) -> None:
        self._keep(lambda session: session.account_id != account_id)

    def _keep(self, is_kept: Callable[[Session], bool]) -> None:
        sessions = self._tenant.sessions
        self._tenant.sessions = {key: session for key, session in sessions.items() if is_kept(session)}


class _Journeys(_Part):
    @_alone
    def add(self, journey: Journey) -> None:
        self._tenant.journeys[digest(journey.id)] = replace(journey, id="")

    @_alone
    def find(self, journey_id: str) -> Journey | None:
        journey = self._tenant.journeys.get(digest(journey_id))
        return replace(journey, id=journey_id) if journey is not None and self._is_living(journey) else None

    @_alone
    def replace(self, journey: Journey) -> Journey | None:
        kept = self.find(journey.id)
        if kept is None or kept.version != journey.version:
            return None
        changed = replace(journey, version=journey.version + 1)
        self.add(changed)
        return changed

    @_alone
    def take(self, journey_id: str) -> Journey | None:
        journey = self.find(journey_id)
        if journey is not None:
            del self._tenant.journeys[digest(journey_id)]
        return journey

    @_alone
    def take_expired(self, most: int) -> tuple[Journey, ...]:
        over = [(key, journey) for key, journey in self._tenant.journeys.items() if not self._is_living(journey)]
        over = sorted(over, key=lambda pair: pair[1].expires_at)[:most]
        for key, _ in over:
            del self._tenant.journeys[key]
        return tuple(journey for _, journey in over)


class _Grants(_Part):
    @_alone
    def get(self, grant_id: str) -> Grant | None:
        grant = self._tenant.grants.get(grant_id)
        return grant if grant is not None and self._is_living(grant) else None

    @_alone
    def revoke(self, grant_id: str) -> None:
        self._tenant.grants.pop(grant_id, None)

    @_alone
    def revoke_of(self, account_id: str) -> None:
        grants = self._tenant.grants
        self._tenant.grants = {key: grant for key, grant in grants.items() if grant.account_id != account_id}


class _Codes(_Part):
    @_alone
    def add(self, secret: str, code: AuthorizationCode, grant: Grant) -> None:
        self._tenant.grants[grant.id] = grant
        self._tenant.codes[digest(secret)] = _Kept(code)

    @_alone
    def find(self, secret: str) -> KeptCode | None:
        kept = self._tenant.codes.get(digest(secret))
        is_seen = kept is not None and (kept.is_used or self._is_living(kept.thing))
        return KeptCode(kept.thing, kept.is_used) if kept is not None and is_seen else None

    @_alone
    def spend(self, secret: str, refresh: tuple[str, RefreshToken] | None = None) -> bool:
        is_spent = _spend(self, self._tenant.codes.get(digest(secret)))
        if is_spent and refresh is not None:
            self._tenant.refresh_tokens[digest(refresh[0])] = _Kept(refresh[1])
        return is_spent


class _RefreshTokens(_Part):
    @_alone
    def find(self, secret: str) -> KeptRefreshToken | None:
        kept = self._tenant.refresh_tokens.get(digest(secret))
        is_seen = kept is not None and (kept.is_used or self._is_living(kept.thing))
        return KeptRefreshToken(kept.thing, kept.is_used) if kept is not None and is_seen else None

    @_alone
    def rotate(self, secret: str, new_secret: str, new: RefreshToken) -> bool:
        is_spent = _spend(self, self._tenant.refresh_tokens.get(digest(secret)))
        if is_spent:
            self._tenant.refresh_tokens[digest(new_secret)] = _Kept(new)
        return is_spent


class _Tickets(_Part):
    @_alone
    def add(self, secret: str, ticket: Ticket) -> None:
        self._tenant.tickets[digest(secret)] = ticket

    @_alone
    def find(self, secret: str) -> Ticket | None:
        ticket = self._tenant.tickets.get(digest(secret))
        return ticket if ticket is not None and self._is_living(ticket) else None

    @_alone
    def spend(self, secret: str) -> Ticket | None:
        spent = self.find(secret)
        if spent is not None:
            whose = (spent.kind, spent.account_id)
            left = {key: t for key, t in self._tenant.tickets.items() if (t.kind, t.account_id) != whose}
            self._tenant.tickets = left
        return spent


class _Links(_Part):
    @_alone
    def link(self, device_id: str, account_id: str, at: datetime) -> str:
        tenant = self._tenant
        known = tenant.account_units.get(account_id)
        unit = tenant.device_units.setdefault(device_id, known or device_id)
        return tenant.account_units.setdefault(account_id, unit)

    @_alone
    def unit_of(self, *, device_id: str | None, account_id: str | None) -> str | None:
        tenant = self._tenant
        return tenant.account_units.get(account_id or "") or tenant.device_units.get(device_id or "")


class MemoryAccountsOfTenant:
    """Everything of one tenant."""

    def __init__(self, tenant: _Tenant) -> None:
        self._tenant = tenant
        self.accounts = _Accounts(tenant)
        self.passkeys = _Passkeys(tenant)
        self.totp_factors = _TotpFactors(tenant)
        self.recovery_codes = _RecoveryCodeSets(tenant)
        self.sessions = _Sessions(tenant)
        self.journeys = _Journeys(tenant)
        self.grants = _Grants(tenant)
        self.codes = _Codes(tenant)
        self.refresh_tokens = _RefreshTokens(tenant)
        self.tickets = _Tickets(tenant)
        self.links = _Links(tenant)

    @contextmanager
    def together(self) -> Iterator["MemoryAccountsOfTenant"]:
        """Do several things, or none of them."""
        kinds = [each.name for each in fields(self._tenant) if each.name not in {"clock", "lock"}]
        with self._tenant.lock:
            before = {kind: dict(getattr(self._tenant, kind)) for kind in kinds}
            try:
                yield self
            except BaseException:
                for kind, things in before.items():
                    setattr(self._tenant, kind, things)
                raise


class MemoryAccountStore:
    """A store in this process's memory."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tenants: dict[str, _Tenant] = {}
        self._lock = RLock()

    def of(self, tenant_id: str) -> MemoryAccountsOfTenant:
        """Return what is of one tenant."""
        with self._lock:
            return MemoryAccountsOfTenant(self._tenants.setdefault(tenant_id, _Tenant(self._clock)))

    def clean(self) -> None:
        """Do nothing: what has expired is not found, and this store does not live long."""


def _spend(part: _Part, kept: _Kept[AuthorizationCode] | _Kept[RefreshToken] | None) -> bool:
    """Use a secret of a living grant; the grant of one that was used before is revoked."""
    if kept is None:
        return False
    grants = part._tenant.grants  # noqa: SLF001 the parts of one store share its state
    grant = grants.get(kept.thing.grant_id)
    if kept.is_used:
        grants.pop(kept.thing.grant_id, None)
        return False
    if grant is None or not part._is_living(grant) or not part._is_living(kept.thing):  # noqa: SLF001
        return False
    kept.is_used = True
    return True
