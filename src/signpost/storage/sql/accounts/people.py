"""Accounts, and what proves who somebody is."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError

from signpost.model.accounts import Account, Passkey, RecoveryCodes, TotpFactor
from signpost.ports.accounts import EmailTakenError, PasskeyTakenError
from signpost.storage.documents import decode_document, encode_document
from signpost.storage.sql import account_tables as tables
from signpost.storage.sql.accounts.links import ACCOUNT
from signpost.storage.sql.accounts.place import Place

HANGING = (tables.passkeys, tables.second_factors, tables.sessions, tables.grants)
"""The tables with rows of an account."""


class Accounts:
    """Accounts."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def get(self, account_id: str) -> Account | None:
        return self._find(id=account_id)

    def find_by_email(self, email: str) -> Account | None:
        return self._find(email=email)

    def add(self, account: Account) -> None:
        columns = {"id": account.id, "email": account.email}
        try:
            with self._place.writing() as connection:
                self._place.add(connection, tables.accounts, account, columns)
        except IntegrityError as error:
            raise EmailTakenError from error

    def change(self, account_id: str, change: Callable[[Account], Account]) -> Account | None:
        is_it = self._place.where(tables.accounts, id=account_id)
        try:
            with self._place.writing() as connection:
                text = connection.scalar(select(tables.accounts.c.document).where(is_it).with_for_update())
                if text is None:
                    return None
                changed = change(decode_document(text, Account))
                values = {"email": changed.email, "document": encode_document(changed)}
                connection.execute(update(tables.accounts).where(is_it).values(values))
                return changed
        except IntegrityError as error:
            raise EmailTakenError from error

    def remove(self, account_id: str) -> None:
        with self._place.writing() as connection:
            connection.execute(delete(tables.accounts).where(self._place.where(tables.accounts, id=account_id)))
            for table in HANGING:
                connection.execute(delete(table).where(self._place.where(table, account_id=account_id)))
            secrets = tables.one_time_secrets
            connection.execute(delete(secrets).where(self._place.where(secrets, owner_id=account_id)))
            of_account = self._place.where(tables.links, kind=ACCOUNT, id=account_id)
            connection.execute(delete(tables.links).where(of_account))

    def _find(self, **values: str) -> Account | None:
        with self._place.reading() as connection:
            query = select(tables.accounts.c.document).where(self._place.where(tables.accounts, **values))
            text = connection.scalar(query)
        return decode_document(text, Account) if text is not None else None


class Passkeys:
    """Passkeys."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def get(self, credential_id: str) -> Passkey | None:
        found = self._select(id=credential_id)
        return found[0] if found else None

    def of_account(self, account_id: str) -> tuple[Passkey, ...]:
        return self._select(account_id=account_id)

    def add(self, passkey: Passkey) -> None:
        columns = {"id": passkey.credential_id, "account_id": passkey.account_id}
        try:
            with self._place.writing() as connection:
                self._place.add(connection, tables.passkeys, passkey, columns)
        except IntegrityError as error:
            raise PasskeyTakenError from error

    def note_use(self, credential_id: str, sign_count: int, at: datetime) -> bool:
        is_it = self._place.where(tables.passkeys, id=credential_id)
        with self._place.writing() as connection:
            text = connection.scalar(select(tables.passkeys.c.document).where(is_it).with_for_update())
            passkey = decode_document(text, Passkey) if text is not None else None
            if passkey is None or not passkey.counts_on(sign_count):
                return False
            used = replace(passkey, sign_count=sign_count, last_used_at=at)
            connection.execute(update(tables.passkeys).where(is_it).values(document=encode_document(used)))
            return True

    def remove(self, credential_id: str) -> None:
        with self._place.writing() as connection:
            connection.execute(delete(tables.passkeys).where(self._place.where(tables.passkeys, id=credential_id)))

    def _select(self, **values: str) -> tuple[Passkey, ...]:
        is_wanted = self._place.where(tables.passkeys, **values)
        query = select(tables.passkeys.c.document).where(is_wanted).order_by(tables.passkeys.c.position)
        with self._place.reading() as connection:
            return tuple(decode_document(text, Passkey) for text in connection.scalars(query))


class TotpFactors:
    """Authenticator apps."""

    def __init__(self, place: Place) -> None:
        self._factors = _SecondFactors(place, "totp")

    def get(self, account_id: str) -> TotpFactor | None:
        text = self._factors.get(account_id)
        return decode_document(text, TotpFactor) if text is not None else None

    def put(self, factor: TotpFactor) -> None:
        self._factors.put(factor.account_id, factor)

    def take_step(self, account_id: str, step: int) -> bool:
        def take(text: str) -> TotpFactor | None:
            factor = decode_document(text, TotpFactor)
            return replace(factor, last_step=step) if step > factor.last_step else None

        return self._factors.change(account_id, take)

    def remove(self, account_id: str) -> None:
        self._factors.remove(account_id)


class RecoveryCodeSets:
    """Recovery codes."""

    def __init__(self, place: Place) -> None:
        self._factors = _SecondFactors(place, "recovery")

    def get(self, account_id: str) -> RecoveryCodes | None:
        text = self._factors.get(account_id)
        return decode_document(text, RecoveryCodes) if text is not None else None

    def put(self, codes: RecoveryCodes) -> None:
        self._factors.put(codes.account_id, codes)

    def spend(self, account_id: str, code_hash: str) -> bool:
        def spend(text: str) -> RecoveryCodes | None:
            codes = decode_document(text, RecoveryCodes)
            left = tuple(known for known in codes.hashes if known != code_hash)
            return replace(codes, hashes=left) if len(left) < len(codes.hashes) else None

        return self._factors.change(account_id, spend)

    def remove(self, account_id: str) -> None:
        self._factors.remove(account_id)


class _SecondFactors:
    """What an account has one of."""

    def __init__(self, place: Place, kind: str) -> None:
        self._place = place
        self._kind = kind

    def get(self, account_id: str) -> str | None:
        query = select(tables.second_factors.c.document).where(self._is(account_id))
        with self._place.reading() as connection:
            return connection.scalar(query)

    def put(self, account_id: str, factor: object) -> None:
        columns = {"account_id": account_id, "kind": self._kind}
        with self._place.writing() as connection:
            # The account's row is locked, so that of two who put one the second finds the first one's.
            is_owner = self._place.where(tables.accounts, id=account_id)
            connection.execute(select(tables.accounts.c.id).where(is_owner).with_for_update())
            connection.execute(delete(tables.second_factors).where(self._is(account_id)))
            self._place.add(connection, tables.second_factors, factor, columns)

    def change(self, account_id: str, change: Callable[[str], object | None]) -> bool:
        """Keep what `change` makes of what is there; whether it made anything."""
        is_it = self._is(account_id)
        with self._place.writing() as connection:
            text = connection.scalar(select(tables.second_factors.c.document).where(is_it).with_for_update())
            changed = change(text) if text is not None else None
            if changed is None:
                return False
            connection.execute(update(tables.second_factors).where(is_it).values(document=encode_document(changed)))
            return True

    def remove(self, account_id: str) -> None:
        with self._place.writing() as connection:
            connection.execute(delete(tables.second_factors).where(self._is(account_id)))

    def _is(self, account_id: str) -> Any:
        return self._place.where(tables.second_factors, account_id=account_id, kind=self._kind)
