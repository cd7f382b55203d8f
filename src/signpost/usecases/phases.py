"""The phases of an experiment: the times in which its variations' shares stayed the same."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from signpost.analysis.answers import Missing
from signpost.analysis.planned_shares import plan_shares
from signpost.model.experiments import Experiment, ExperimentStatus
from signpost.ports.paging import PageRequest
from signpost.ports.store import AuditEntry, Workspace

PAGE = 200

Shares = Mapping[str, int] | Missing


@dataclass(frozen=True, slots=True)
class Phase:
    """When a phase began, and the share of each variation in it, as whole numbers in a common measure."""

    began_at: datetime
    shares: Shares


def find_phases(tenant: Workspace, experiment: Experiment) -> tuple[Phase, ...]:
    """Return the phases that an experiment has been through, the oldest first; at least one.

    The experiment knows only its shares as they are now; the audit trail knows how they were. What changes who takes part and
    not in which shares, as the level of a ramp with weights does, begins no phase.
    """
    phases: list[Phase] = []
    known: list[object] = []
    for entry in reversed([*changes_of(tenant, experiment.id)]):
        after = entry.after
        if after is None or after["status"] != ExperimentStatus.ACTIVE:
            continue
        divided = [after[name] for name in ("slot_ranges", "current_level")]
        if divided == known:
            continue
        known = divided
        then = tenant.audit.at_revision(entry.revision, (experiment.id,)).experiments[experiment.id]
        shares = plan_shares(then)
        if not phases or phases[-1].shares != shares:
            phases.append(Phase(entry.at, shares))
    return tuple(phases) or (Phase(experiment.started_at or experiment.created_at, plan_shares(experiment)),)


def changes_of(tenant: Workspace, entity_id: str) -> Iterator[AuditEntry]:
    """Return every change of a thing that the audit trail has, the newest first."""
    after = None
    while True:
        page = tenant.audit.list(PageRequest(PAGE, after), entity_id=entity_id)
        yield from page.items
        after = page.next_after
        if after is None:
            return
