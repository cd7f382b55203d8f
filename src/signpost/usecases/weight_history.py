"""Whether an experiment's shares are still those it started with."""

from collections.abc import Iterator

from signpost.model.experiments import Experiment
from signpost.ports.paging import PageRequest
from signpost.ports.store import AuditEntry, Workspace

PAGE = 200


def was_reweighted(tenant: Workspace, experiment: Experiment) -> bool:
    """Return whether the slots of the experiment's variations were changed after its first activation.

    The experiment knows only the slots as they are now; the audit trail knows how they were.
    """
    current = [{"start": s.start, "stop": s.stop, "variation_id": s.variation_id} for s in experiment.slot_ranges]
    earlier = (entry.after["slot_ranges"] for entry in changes_of(tenant, experiment.id) if entry.after)
    return any(slot_ranges not in ([], current) for slot_ranges in earlier)


def changes_of(tenant: Workspace, entity_id: str) -> Iterator[AuditEntry]:
    """Return every change of a thing that the audit trail has, the newest first."""
    after = None
    while True:
        page = tenant.audit.list(PageRequest(PAGE, after), entity_id=entity_id)
        yield from page.items
        after = page.next_after
        if after is None:
            return
