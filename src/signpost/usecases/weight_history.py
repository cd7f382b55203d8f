"""Whether an experiment's shares are still those it started with."""

from collections.abc import Iterator

from signpost.model.errors import Kind
from signpost.model.experiments import Experiment
from signpost.ports.paging import PageRequest
from signpost.ports.store import AuditEntry, Workspace

PAGE = 200


def was_reweighted(tenant: Workspace, experiment: Experiment) -> bool:
    """Return whether the slots of the experiment's variations were changed after its first activation.

    The experiment knows only the slots as they are now; the audit trail knows how they were.
    """
    versions = [entry.after["slot_ranges"] for entry in _changes_since_start(tenant, experiment) if entry.after]
    running = [slot_ranges for slot_ranges in versions if slot_ranges]
    return any(slot_ranges != running[0] for slot_ranges in running)


def _changes_since_start(tenant: Workspace, experiment: Experiment) -> Iterator[AuditEntry]:
    if experiment.started_at is None:
        return
    page = PageRequest(take=PAGE)
    while True:
        found = tenant.audit.list(page)
        for entry in found.items:
            if entry.at < experiment.started_at:
                return
            if entry.kind is Kind.EXPERIMENT and entry.entity_id == experiment.id:
                yield entry
        if found.next_after is None:
            return
        page = PageRequest(take=PAGE, after=found.next_after)
