"""Identifiers and secrets."""

from typing import Protocol

from signpost.model.ids import IdKind


class IdFactory(Protocol):
    """Makes what must not be guessed or repeated."""

    def make_id(self, kind: IdKind) -> str:
        """Return a new identifier of 128 random bits."""
        ...

    def make_secret(self) -> str:
        """Return a new client secret of at least 256 random bits, URL-safe."""
        ...
