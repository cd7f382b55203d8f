"""What was configured once, put together from documents of the audit trail."""

from collections.abc import Iterable
from typing import Any

from signpost.model.errors import Kind
from signpost.model.experiments import Experiment
from signpost.model.flags import Flag
from signpost.model.segments import Segment
from signpost.model.tenants import Tenant
from signpost.model.variations import Variation
from signpost.ports.store import PastConfiguration, RevisionUnknownError
from signpost.storage.documents import decode_document

TYPES: dict[Kind, type[Any]] = {
    Kind.TENANT: Tenant,
    Kind.FLAG: Flag,
    Kind.VARIATION: Variation,
    Kind.SEGMENT: Segment,
    Kind.EXPERIMENT: Experiment,
}


def check_revision(revision: int, newest: int) -> None:
    """Check that a tenant had this revision.

    Raises:
        RevisionUnknownError: it had not.
    """
    if not 1 <= revision <= newest:
        raise RevisionUnknownError(revision, newest)


def read_past(revision: int, documents: Iterable[tuple[Kind, str]]) -> PastConfiguration:
    """Return the configuration of which these are the documents, the tenant's own among them; other kinds are passed over."""
    found: dict[Kind, dict[str, Any]] = {kind: {} for kind in TYPES}
    for kind, text in documents:
        if kind in TYPES:
            entity = decode_document(text, TYPES[kind])
            found[kind][entity.id] = entity
    (tenant,) = found[Kind.TENANT].values()
    return PastConfiguration(
        revision=revision,
        tenant=tenant,
        flags=found[Kind.FLAG],
        variations=found[Kind.VARIATION],
        segments=found[Kind.SEGMENT],
        experiments=found[Kind.EXPERIMENT],
    )
