"""How far the import of each file has come, and the first events found so far: in files, to go on after a kill at any moment."""

import fcntl
import os
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from xxhash import xxh3_128_hexdigest

from signpost.authlogs.first_events import FirstEvent
from signpost.authlogs.splitting import START, Place

HEAD_BYTES = 64 * 1024

_encode = msgspec.json.Encoder().encode
_first_event = msgspec.json.Decoder(FirstEvent)


class ImportUnderWayError(Exception):
    """Another process is importing the same file."""


class Fingerprint(msgspec.Struct, frozen=True):
    """What tells whether a file is still the one that it was."""

    path: str
    size: int
    mtime_ns: int
    head: str


class Checkpoint(msgspec.Struct, frozen=True):
    """How far an import has come: everything before `place` is durable.

    `assigned` are the experiments of which assignments were seen. `unit_field` is part of what makes it the same import.
    """

    fingerprint: Fingerprint
    unit_field: str
    place: Place = START
    is_done: bool = False
    assigned: frozenset[str] = frozenset()
    first_events_bytes: int = 0


_checkpoint = msgspec.json.Decoder(Checkpoint)


def take_fingerprint(path: Path) -> Fingerprint:
    """Return a file's fingerprint."""
    with path.open("rb") as file:
        status = os.fstat(file.fileno())
        head = xxh3_128_hexdigest(file.read(HEAD_BYTES))
    return Fingerprint(str(path.absolute()), status.st_size, status.st_mtime_ns, head)


class Record:
    """The record of one source. One process at a time has it."""

    def __init__(self, folder: Path, key: str) -> None:
        self._path = folder / f"{key}.json"
        self._first_events = (folder / f"{key}.first").open("ab")

    def close(self) -> None:
        """Give the files back."""
        self._first_events.close()

    def read(self) -> Checkpoint | None:
        """Return the last checkpoint; None where there is none that can be read."""
        try:
            return _checkpoint.decode(self._path.read_bytes())
        except (FileNotFoundError, msgspec.DecodeError):
            return None

    def begin(self, checkpoint: Checkpoint) -> None:
        """Go on from a checkpoint: forget the first events that were found after it."""
        there = os.fstat(self._first_events.fileno()).st_size
        self._first_events.truncate(min(there, checkpoint.first_events_bytes))

    def note(self, first: FirstEvent) -> None:
        """Keep a first event, with the next checkpoint."""
        self._first_events.write(_encode(first) + b"\n")

    def flush(self) -> None:
        """Let others see the first events."""
        self._first_events.flush()

    def save(self, checkpoint: Checkpoint) -> None:
        """Put a checkpoint in the place of the one before, with the first events found until now."""
        self._first_events.flush()
        os.fsync(self._first_events.fileno())
        kept = os.fstat(self._first_events.fileno()).st_size
        draft = self._path.with_suffix(".draft")
        with draft.open("wb") as file:
            file.write(_encode(msgspec.structs.replace(checkpoint, first_events_bytes=kept)))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)

    def first_events(self) -> Iterator[FirstEvent]:
        """Give the first events that were found."""
        self._first_events.flush()
        with open(self._first_events.name, "rb") as file:  # noqa: PTH123 the name of an open file
            for line in file:
                yield _first_event.decode(line)

    def forget_first_events(self) -> None:
        """Forget the first events: they have become exposures, or need not."""
        Path(self._first_events.name).unlink(missing_ok=True)


class Ledger:
    """The records of one tenant, in a folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def open(self, source: str) -> Iterator[Record]:
        """Have the record of a source.

        Raises:
            ImportUnderWayError: another process has it.
        """
        key = xxh3_128_hexdigest(source.encode())
        lock = os.open(self._folder / f"{key}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                raise ImportUnderWayError(source) from error
            record = Record(self._folder, key)
            try:
                yield record
            finally:
                record.close()
        finally:
            os.close(lock)

    def remember(self, assigned: AbstractSet[str]) -> None:
        """Remember experiments of which assignments were seen in what can't be read again."""
        for experiment_id in assigned:
            (self._folder / f"{xxh3_128_hexdigest(experiment_id.encode())}.assigned").write_text(experiment_id)

    def forget(self, source: str) -> None:
        """Remove the record of what can't be read again."""
        key = xxh3_128_hexdigest(source.encode())
        for suffix in ("lock", "first"):
            (self._folder / f"{key}.{suffix}").unlink(missing_ok=True)

    def assigned(self) -> frozenset[str]:
        """Return the experiments of which assignments were ever seen."""
        found = {path.read_text() for path in self._folder.glob("*.assigned")}
        for path in self._folder.glob("*.json"):
            with suppress(FileNotFoundError, msgspec.DecodeError):
                found |= _checkpoint.decode(path.read_bytes()).assigned
        return frozenset(found)
