"""How far log streams have been delivered: a small file for each, beside the events."""

import contextlib
import os
from pathlib import Path

import msgspec

from signpost.ports.log_streams import Progress


class ProgressFiles:
    """`StreamProgress` in a folder. One process writes at a time; any may read, and sees the old or the new state whole."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, stream_id: str) -> Progress:
        """Return a stream's progress, an empty one when there is none."""
        try:
            return msgspec.json.decode(self._path(stream_id).read_bytes(), type=Progress)
        except FileNotFoundError:
            return Progress()
        except msgspec.MsgspecError as error:
            raise OSError(f"{self._path(stream_id)} can't be read: {error}") from error

    def keep(self, stream_id: str, progress: Progress) -> None:
        """Write beside the file, then move it into its place: a power cut leaves the one or the other."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(stream_id)
        draft = path.with_suffix(".draft")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(msgspec.json.encode(progress))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
        folder = os.open(self._folder, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def forget(self, stream_id: str) -> None:
        """Remove the file."""
        with contextlib.suppress(FileNotFoundError):
            self._path(stream_id).unlink()

    def _path(self, stream_id: str) -> Path:
        return self._folder / f"{stream_id}.json"


class MemoryProgress:
    """`StreamProgress` in memory, for tests and trials."""

    def __init__(self) -> None:
        self._kept: dict[str, Progress] = {}

    def get(self, stream_id: str) -> Progress:
        """Return a stream's progress, an empty one when there is none."""
        return self._kept.get(stream_id, Progress())

    def keep(self, stream_id: str, progress: Progress) -> None:
        """Keep it as long as this lives."""
        self._kept[stream_id] = progress

    def forget(self, stream_id: str) -> None:
        """Forget it."""
        self._kept.pop(stream_id, None)
