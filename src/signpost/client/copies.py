"""The last configuration that was good, kept on disk for a start without the server."""

import hashlib
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

log = logging.getLogger("signpost.client")


class Copy(NamedTuple):
    """A document, and the tag under which the server knows it."""

    document: bytes
    etag: str


class Copies:
    """One file, which belongs to one server and client. Failing to keep it never keeps anybody from deciding."""

    def __init__(self, folder: Path, owner: str) -> None:
        self._folder = folder
        self._owner = hashlib.sha256(owner.encode()).hexdigest()
        self._path = folder / f"{self._owner[:32]}.plan"

    def read(self) -> Copy | None:
        """Return the copy; None where there is none, or it is damaged or another's."""
        try:
            head, _, document = self._path.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        except OSError as error:
            log.warning("the copy of the configuration can't be read: %s", error)
            return None
        owner, _, rest = head.decode("ascii", "replace").partition(" ")
        digest, _, etag = rest.partition(" ")
        if owner != self._owner or digest != hashlib.sha256(document).hexdigest():
            log.warning("%s is damaged, or another server's: it is not used", self._path)
            return None
        return Copy(document, etag)

    def write(self, copy: Copy) -> None:
        """Keep the copy: whole or not at all."""
        head = f"{self._owner} {hashlib.sha256(copy.document).hexdigest()} {copy.etag}\n"
        beside = self._path.with_suffix(f".{os.getpid()}")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(head.encode() + copy.document)
                file.flush()
                os.fsync(file.fileno())
            beside.replace(self._path)
        except OSError as error:
            log.warning("the configuration can't be kept for a start without the server: %s", error)
            with suppress(OSError):
                beside.unlink()
