"""Actions, and what their requests are signed with."""

from typing import Protocol

from signpost.model.actions import Action


class Actions(Protocol):
    """The actions of one tenant. Every write raises `NameTakenError` where the name is another's."""

    def get(self, action_id: str) -> Action | None: ...
    def all(self) -> tuple[Action, ...]:
        """Return every action, in the order in which they were made, which is that in which they run."""
        ...

    def add(self, action: Action) -> None: ...
    def replace(self, action: Action) -> None: ...
    def remove(self, action_id: str) -> None: ...


class ActionSecrets(Protocol):
    """Makes the secrets that sign requests; the same ones for the same action and version."""

    def action_secret(self, tenant_id: str, action_id: str, version: int) -> bytes:
        """Return 256 bits that nobody can guess who has not the server's keys."""
        ...
