"""Where the keys of assignment tokens come from."""

from typing import Protocol


class AssignmentSecrets(Protocol):
    """Keeps one secret for each tenant."""

    def assignment_secret(self, tenant_id: str) -> bytes:
        """Return the tenant's secret, the same one in every process."""
        ...
