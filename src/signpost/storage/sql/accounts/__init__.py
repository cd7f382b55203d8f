"""Accounts and what hangs on them, in the database of the control plane."""

from signpost.storage.sql.accounts.store import SqlAccountStore

__all__ = ["SqlAccountStore"]
