"""Who may write which file, and up to which log id everything is committed.

Three things beside the SQLite files, all of them correct after any process was killed at any moment:

- `writer-NNN.claim`, locked by a writer for as long as it lives. The kernel frees the lock of the dead.
- `writer-NNN.commit`, locked by a writer from the moment at which it chooses log ids until they are committed.
- `stamps`, shared memory: for each writer the greatest id that it has chosen. Every writer chooses above all of them, so
  ids grow in the order of choosing, over all writers, even while clocks are set back.
"""

import fcntl
import mmap
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from signpost.events.logids import WRITERS_MAX

SETTLE_SECONDS_MAX = 1.0
"""How long a reader waits for a writer that is committing, before it does without that writer's newest rows."""
_PAUSE_SECONDS = 0.0005


class Stamps:
    """The greatest log id that each writer has chosen, shared by all processes."""

    def __init__(self, folder: Path) -> None:
        size = WRITERS_MAX * 8
        descriptor = os.open(folder / "stamps", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            _fill(descriptor, size)
            self._map = mmap.mmap(descriptor, size)
        finally:
            os.close(descriptor)
        self._cells = memoryview(self._map).cast("Q")

    def greatest(self) -> int:
        """Return the greatest id that anybody has chosen."""
        return max(self._cells)

    def raise_to(self, writer: int, log_id: int) -> None:
        """Say that the writer has chosen ids up to this one."""
        self._cells[writer] = max(self._cells[writer], log_id)

    def close(self) -> None:
        """Let go of the shared memory."""
        self._cells.release()
        self._map.close()


class Seat:
    """A writer's place: its number, and its two locks."""

    def __init__(self, folder: Path, writer: int, claim: int) -> None:
        self.writer = writer
        self._claim = claim
        self._commit = _open_lock(folder / f"writer-{writer:03}.commit")

    @contextmanager
    def committing(self) -> Iterator[None]:
        """Keep readers from settling on a horizon between the choice of ids and their commit."""
        fcntl.flock(self._commit, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(self._commit, fcntl.LOCK_UN)

    def leave(self) -> None:
        """Free the place for another process."""
        os.close(self._commit)
        os.close(self._claim)


def take_seat(folder: Path) -> Seat:
    """Return the first place that no living process has.

    Raises:
        OSError: all are taken, or the folder can't be written.
    """
    for writer in range(WRITERS_MAX):
        claim = _open_lock(folder / f"writer-{writer:03}.claim")
        try:
            fcntl.flock(claim, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(claim)
            continue
        except OSError:
            os.close(claim)
            raise
        return Seat(folder, writer, claim)
    message = f"all {WRITERS_MAX} writers of {folder} are taken"
    raise OSError(message)


def is_settled(folder: Path, writer: int) -> bool:
    """Wait until the writer is not between choosing ids and their commit; False when it takes too long."""
    lock = _open_lock(folder / f"writer-{writer:03}.commit")
    try:
        deadline = time.monotonic() + SETTLE_SECONDS_MAX
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    return False
                time.sleep(_PAUSE_SECONDS)
            else:
                return True
    finally:
        os.close(lock)


def _fill(descriptor: int, size: int) -> None:
    # Bytes that are written, not a hole: storing into a mapped hole on a full disk would kill the process.
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    present = os.fstat(descriptor).st_size
    if present < size:
        os.pwrite(descriptor, bytes(size - present), present)
    fcntl.flock(descriptor, fcntl.LOCK_UN)


def _open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
