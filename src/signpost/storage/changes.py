"""What one write transaction changes, gathered for the audit trail."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from signpost.model.errors import Kind
from signpost.ports.store import AuditEntry, Identified
from signpost.storage.documents import describe


@dataclass(slots=True)
class Changes:
    """The changes of one transaction, in the order in which they were made."""

    actor: str
    at: datetime
    revision: int
    """The tenant's revision before the transaction."""
    _made: list[tuple[Kind, Identified | None, Identified | None]] = field(default_factory=list)

    def record(self, kind: Kind, before: Identified | None, after: Identified | None) -> None:
        """Note that a thing was created (nothing before), updated, or deleted (nothing after)."""
        self._made.append((kind, before, after))

    def __bool__(self) -> bool:
        return bool(self._made)

    def entries(self) -> Iterator[AuditEntry]:
        """Return the audit rows of the transaction; all lead to the next revision."""
        for kind, before, after in self._made:
            yield AuditEntry(
                at=self.at,
                actor=self.actor,
                action="create" if before is None else "delete" if after is None else "update",
                kind=kind,
                entity_id=_id_of(before, after),
                before=describe(before) if before is not None else None,
                after=describe(after) if after is not None else None,
                revision=self.revision + 1,
            )


def writable(changes: Changes | None) -> Changes:
    """Return the changes of a transaction that was opened for writing; there are none in one for reading."""
    if changes is None:
        message = "a transaction that was opened for reading does not write"
        raise RuntimeError(message)
    return changes


def _id_of(*entities: Identified | None) -> str:
    return next(entity.id for entity in entities if entity is not None)
