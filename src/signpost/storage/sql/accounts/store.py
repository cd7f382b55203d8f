"""The store of accounts on a database."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import cached_property

from sqlalchemy import Engine, delete

from signpost.ports.clock import Clock
from signpost.storage.secrets import to_ms
from signpost.storage.sql import account_tables as tables
from signpost.storage.sql.accounts.grants import Codes, Grants, RefreshTokens, Tickets
from signpost.storage.sql.accounts.links import Links
from signpost.storage.sql.accounts.people import Accounts, Passkeys, RecoveryCodeSets, TotpFactors
from signpost.storage.sql.accounts.place import Place
from signpost.storage.sql.accounts.visits import Journeys, Sessions
from signpost.storage.sql.engines import writing

MEMORY = timedelta(days=1)
"""How long after its time a code is known, so that its reuse is seen."""


class SqlAccountsOfTenant:
    """Everything of one tenant."""

    def __init__(self, place: Place) -> None:
        self._place = place

    @contextmanager
    def together(self) -> Iterator["SqlAccountsOfTenant"]:
        """Open one transaction for several things."""
        with self._place.writing() as connection:
            yield SqlAccountsOfTenant(replace(self._place, connection=connection))

    @cached_property
    def accounts(self) -> Accounts:
        """Who can sign in."""
        return Accounts(self._place)

    @cached_property
    def passkeys(self) -> Passkeys:
        """Passkeys."""
        return Passkeys(self._place)

    @cached_property
    def totp_factors(self) -> TotpFactors:
        """Authenticator apps."""
        return TotpFactors(self._place)

    @cached_property
    def recovery_codes(self) -> RecoveryCodeSets:
        """Recovery codes."""
        return RecoveryCodeSets(self._place)

    @cached_property
    def sessions(self) -> Sessions:
        """Where people are signed in."""
        return Sessions(self._place)

    @cached_property
    def journeys(self) -> Journeys:
        """Sign-ins under way."""
        return Journeys(self._place)

    @cached_property
    def grants(self) -> Grants:
        """What clients were let have."""
        return Grants(self._place)

    @cached_property
    def codes(self) -> Codes:
        """Authorization codes."""
        return Codes(self._place)

    @cached_property
    def refresh_tokens(self) -> RefreshTokens:
        """Refresh tokens."""
        return RefreshTokens(self._place)

    @cached_property
    def tickets(self) -> Tickets:
        """Links in mails."""
        return Tickets(self._place)

    @cached_property
    def links(self) -> Links:
        """Which unit accounts and devices stand for."""
        return Links(self._place)


class SqlAccountStore:
    """A store on the engine of a `SqlStore`, whose schema it shares and who closes it."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock

    def of(self, tenant_id: str) -> SqlAccountsOfTenant:
        """Return what is of one tenant."""
        return SqlAccountsOfTenant(Place(self._engine, self._clock, tenant_id))

    def clean(self) -> None:
        """Remove what has expired."""
        before_ms = to_ms(self._clock.now() - MEMORY)
        for table in (tables.sessions, tables.grants, tables.one_time_secrets):
            with writing(self._engine) as connection:
                connection.execute(delete(table).where(table.c.expires_at_ms < before_ms))
