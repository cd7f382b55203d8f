"""Where the keys of assignment tokens and of overrides come from."""

from typing import Protocol


class AssignmentSecrets(Protocol):
    """Keeps two secrets for each tenant."""

    def assignment_secret(self, tenant_id: str) -> bytes:
        """Return the secret that signs the tenant's assignments, the same one in every process."""
        ...

    def override_secret(self, tenant_id: str) -> bytes:
        """Return the secret that signs the tenant's overrides, the same one in every process."""
        ...
