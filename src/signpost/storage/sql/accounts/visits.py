"""Sessions, and sign-ins under way."""

from dataclasses import replace

from sqlalchemy import ColumnElement, delete, select, update

from signpost.model.accounts import Journey, Session
from signpost.storage.documents import decode_document, encode_document
from signpost.storage.secrets import digest, to_ms
from signpost.storage.sql import account_tables as tables
from signpost.storage.sql.accounts.place import Place


class Sessions:
    """Sessions."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, secret: str, session: Session) -> None:
        columns = {
            "digest": digest(secret),
            "id": session.id,
            "account_id": session.account_id,
            "expires_at_ms": to_ms(session.expires_at),
        }
        with self._place.writing() as connection:
            self._place.add(connection, tables.sessions, session, columns)

    def find(self, secret: str) -> Session | None:
        return self._find(digest=digest(secret))

    def get(self, session_id: str) -> Session | None:
        return self._find(id=session_id)

    def remove(self, session_id: str) -> None:
        self._remove(id=session_id)

    def remove_of(self, account_id: str) -> None:
        self._remove(account_id=account_id)

    def _find(self, **values: str) -> Session | None:
        query = select(tables.sessions.c.document).where(self._place.living(tables.sessions, **values))
        with self._place.reading() as connection:
            text = connection.scalar(query)
        return decode_document(text, Session) if text is not None else None

    def _remove(self, **values: str) -> None:
        with self._place.writing() as connection:
            connection.execute(delete(tables.sessions).where(self._place.where(tables.sessions, **values)))


class Journeys:
    """Sign-ins under way."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def add(self, journey: Journey) -> None:
        columns = {
            "digest": digest(journey.id),
            "version": journey.version,
            "expires_at_ms": to_ms(journey.expires_at),
        }
        with self._place.writing() as connection:
            self._place.add(connection, tables.journeys, _hide(journey), columns)

    def find(self, journey_id: str) -> Journey | None:
        query = select(tables.journeys.c.document).where(self._is(journey_id))
        with self._place.reading() as connection:
            text = connection.scalar(query)
        return replace(decode_document(text, Journey), id=journey_id) if text is not None else None

    def replace(self, journey: Journey) -> Journey | None:
        changed = replace(journey, version=journey.version + 1)
        is_it = self._is(journey.id) & (tables.journeys.c.version == journey.version)
        values = {
            "version": changed.version,
            "expires_at_ms": to_ms(changed.expires_at),
            "document": encode_document(_hide(changed)),
        }
        with self._place.writing() as connection:
            done = connection.execute(update(tables.journeys).where(is_it).values(values))
            return changed if done.rowcount else None

    def take(self, journey_id: str) -> Journey | None:
        ended = delete(tables.journeys).where(self._is(journey_id)).returning(tables.journeys.c.document)
        with self._place.writing() as connection:
            text = connection.scalar(ended)
        return replace(decode_document(text, Journey), id=journey_id) if text is not None else None

    def take_expired(self, most: int) -> tuple[Journey, ...]:
        columns = tables.journeys.c
        is_over = self._place.where(tables.journeys) & (columns.expires_at_ms <= self._place.now_ms())
        with self._place.writing() as connection:
            query = select(columns.digest, columns.document).where(is_over).order_by(columns.expires_at_ms)
            rows = connection.execute(query.limit(most).with_for_update(skip_locked=True)).all()
            is_found = self._place.where(tables.journeys) & columns.digest.in_([row.digest for row in rows])
            connection.execute(delete(tables.journeys).where(is_found))
        return tuple(decode_document(row.document, Journey) for row in rows)

    def _is(self, journey_id: str) -> ColumnElement[bool]:
        return self._place.living(tables.journeys, digest=digest(journey_id))


def _hide(journey: Journey) -> Journey:
    """Return the journey as it is kept: its id is a secret."""
    return replace(journey, id="")
