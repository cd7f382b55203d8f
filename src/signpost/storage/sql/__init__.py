"""The control plane in SQLite or PostgreSQL."""

from signpost.storage.sql.store import SqlStore

__all__ = ["SqlStore"]
