"""Grants, and the secrets that are used once."""

from typing import TypeVar

from sqlalchemy import Connection, delete, exists, select, update

from signpost.model.accounts import AuthorizationCode, Grant, RefreshToken, Ticket
from signpost.ports.accounts import KeptCode, KeptRefreshToken
from signpost.storage.documents import decode_document
from signpost.storage.secrets import digest, to_ms
from signpost.storage.sql import account_tables as tables
from signpost.storage.sql.accounts.place import Place

T = TypeVar("T", AuthorizationCode, RefreshToken)

CODE, REFRESH_TOKEN, TICKET = "code", "refresh_token", "ticket"


class Grants:
    """What clients were let have."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def get(self, grant_id: str) -> Grant | None:
        query = select(tables.grants.c.document).where(self._place.living(tables.grants, id=grant_id))
        with self._place.reading() as connection:
            text = connection.scalar(query)
        return decode_document(text, Grant) if text is not None else None

    def revoke(self, grant_id: str) -> None:
        with self._place.writing() as connection:
            connection.execute(delete(tables.grants).where(self._place.where(tables.grants, id=grant_id)))

    def revoke_of(self, account_id: str) -> None:
        with self._place.writing() as connection:
            connection.execute(delete(tables.grants).where(self._place.where(tables.grants, account_id=account_id)))


class Codes:
    """Authorization codes."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, secret: str, code: AuthorizationCode, grant: Grant) -> None:
        columns = {"id": grant.id, "account_id": grant.account_id, "expires_at_ms": to_ms(grant.expires_at)}
        with self._place.writing() as connection:
            self._place.add(connection, tables.grants, grant, columns)
            _add(self._place, connection, CODE, secret, code)

    def find(self, secret: str) -> KeptCode | None:
        found = _find(self._place, CODE, secret, AuthorizationCode)
        return KeptCode(*found) if found is not None else None

    def spend(self, secret: str, refresh: tuple[str, RefreshToken] | None = None) -> bool:
        with self._place.writing() as connection:
            is_spent = _spend(self._place, connection, CODE, secret)
            if is_spent and refresh is not None:
                _add(self._place, connection, REFRESH_TOKEN, *refresh)
            return is_spent


class RefreshTokens:
    """Refresh tokens."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def find(self, secret: str) -> KeptRefreshToken | None:
        found = _find(self._place, REFRESH_TOKEN, secret, RefreshToken)
        return KeptRefreshToken(*found) if found is not None else None

    def rotate(self, secret: str, new_secret: str, new: RefreshToken) -> bool:
        with self._place.writing() as connection:
            is_spent = _spend(self._place, connection, REFRESH_TOKEN, secret)
            if is_spent:
                _add(self._place, connection, REFRESH_TOKEN, new_secret, new)
            return is_spent


class Tickets:
    """Links in mails."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, secret: str, ticket: Ticket) -> None:
        with self._place.writing() as connection:
            _add(self._place, connection, _kind_of(ticket), secret, ticket)

    def find(self, secret: str) -> Ticket | None:
        query = select(tables.one_time_secrets.c.document).where(
            self._place.living(tables.one_time_secrets, digest=digest(secret), is_used=False),
            tables.one_time_secrets.c.kind.startswith(TICKET, autoescape=True),
        )
        with self._place.reading() as connection:
            text = connection.scalar(query)
        return decode_document(text, Ticket) if text is not None else None

    def spend(self, secret: str) -> Ticket | None:
        ticket = self.find(secret)
        if ticket is None:
            return None
        secrets, kind = tables.one_time_secrets, _kind_of(ticket)
        is_it = self._place.living(secrets, kind=kind, digest=digest(secret), is_used=False)
        is_sibling = self._place.where(secrets, kind=kind, owner_id=ticket.account_id)
        with self._place.writing() as connection:
            if not connection.execute(update(secrets).where(is_it).values(is_used=True)).rowcount:
                return None
            connection.execute(delete(secrets).where(is_sibling))
            return ticket


def _kind_of(ticket: Ticket) -> str:
    return f"{TICKET}:{ticket.kind}"


def _add(
    place: Place, connection: Connection, kind: str, secret: str, thing: AuthorizationCode | RefreshToken | Ticket
) -> None:
    columns = {
        "kind": kind,
        "digest": digest(secret),
        "owner_id": thing.account_id if isinstance(thing, Ticket) else thing.grant_id,
        "is_used": False,
        "expires_at_ms": to_ms(thing.expires_at),
    }
    place.add(connection, tables.one_time_secrets, thing, columns)


def _find(place: Place, kind: str, secret: str, type: type[T]) -> tuple[T, bool] | None:
    secrets = tables.one_time_secrets
    is_it = place.where(secrets, kind=kind, digest=digest(secret))
    is_seen = secrets.c.is_used | (secrets.c.expires_at_ms > place.now_ms())
    with place.reading() as connection:
        row = connection.execute(select(secrets.c.document, secrets.c.is_used).where(is_it, is_seen)).first()
    return (decode_document(row.document, type), row.is_used) if row is not None else None


def _spend(place: Place, connection: Connection, kind: str, secret: str) -> bool:
    """Use a secret of a living grant; the grant of one that was used before is revoked."""
    secrets, grants = tables.one_time_secrets, tables.grants
    is_it = place.where(secrets, kind=kind, digest=digest(secret))
    has_grant = exists().where(place.living(grants), grants.c.id == secrets.c.owner_id)
    is_good = secrets.c.is_used.is_(False) & (secrets.c.expires_at_ms > place.now_ms())
    if connection.execute(update(secrets).where(is_it, is_good, has_grant).values(is_used=True)).rowcount:
        return True
    used_by = connection.scalar(select(secrets.c.owner_id).where(is_it, secrets.c.is_used))
    if used_by is not None:
        connection.execute(delete(grants).where(place.where(grants, id=used_by)))
    return False
