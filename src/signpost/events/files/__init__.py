"""Events in files: each process that writes has one SQLite file of its own, and everybody reads all of them."""

from signpost.events.files.store import FileEvents

__all__ = ["FileEvents"]
