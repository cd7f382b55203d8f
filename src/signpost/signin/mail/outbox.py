"""The local outbox: where mail lies that is not sent, a file each."""

import os
import re
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from signpost.ports.clock import Clock
from signpost.signin.mail.mails import Mail, MailNotSentError

KEPT_MAX = 200
"""Mails of a tenant; with more, the oldest are removed."""

_NAME = re.compile(r"\d{14}-[0-9a-f]{8}\.json", re.ASCII)


class _Kept(msgspec.Struct, frozen=True):
    to: str
    subject: str
    text: str
    links: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail in the outbox."""

    to: str
    subject: str
    text: str
    sent_at: datetime
    links: tuple[str, ...]


class Outbox:
    """Keeps mails in `FOLDER/<tenant id>/<time>-<random>.json`, mode 0600 in folders of mode 0700."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock

    def send(self, tenant_id: str, mail: Mail) -> None:
        """Keep a mail."""
        folder = self._folder / tenant_id
        at_ms = int(self._clock.now().timestamp() * 1000)
        name = f"{at_ms:014d}-{secrets.token_hex(4)}.json"
        draft = folder / f".{name}"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(msgspec.json.encode(_Kept(mail.to, mail.subject, mail.text, mail.links)))
            draft.rename(folder / name)
        except OSError as error:
            with suppress(OSError):
                draft.unlink()
            raise MailNotSentError(f"it can't be kept in {folder}: {error.strerror}") from error
        for old in self._names(tenant_id)[KEPT_MAX:]:
            with suppress(OSError):  # it is tried again with the next mail
                (folder / old).unlink()

    def newest(self, tenant_id: str, most: int) -> tuple[KeptMail, ...]:
        """Return the newest mails of a tenant, the newest first."""
        found = []
        for name in self._names(tenant_id)[:most]:
            try:
                kept = msgspec.json.decode((self._folder / tenant_id / name).read_bytes(), type=_Kept)
            except (OSError, msgspec.DecodeError):  # removed since the folder was listed, or none of ours
                continue
            sent_at = datetime.fromtimestamp(int(name.partition("-")[0]) / 1000, UTC)
            found.append(KeptMail(kept.to, kept.subject, kept.text, sent_at, kept.links))
        return tuple(found)

    def _names(self, tenant_id: str) -> list[str]:
        try:
            names = os.listdir(self._folder / tenant_id)
        except OSError:  # nothing was sent, or what can't be written can't be read: the sender was told
            return []
        return sorted((name for name in names if _NAME.fullmatch(name)), reverse=True)
