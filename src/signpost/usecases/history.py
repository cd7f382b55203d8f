"""What was configured once: the past out of the audit trail."""

from signpost.assignment import Configuration, Override
from signpost.model.errors import Kind
from signpost.ports.paging import PageRequest
from signpost.ports.store import PastConfiguration, Workspace


def recall_configuration(tenant: Workspace, revision: int) -> Configuration:
    """Return everything of the tenant that decided at a revision.

    Raises:
        RevisionUnknownError: the tenant has no such revision.
    """
    return _configuration(tenant, tenant.audit.at_revision(revision))


def recall_experiment(tenant: Workspace, revision: int, experiment_id: str) -> Configuration | None:
    """Return one experiment as it was at a revision, with what it referred to and nothing else; None where there was none.

    Raises:
        RevisionUnknownError: the tenant has no such revision.
    """
    experiment = tenant.audit.at_revision(revision, (experiment_id,)).experiments.get(experiment_id)
    if experiment is None:
        return None
    variations = (a.variation_id for a in experiment.allocations)
    segments = (a.segment_id for a in experiment.allocations if a.segment_id is not None)
    wanted = {experiment_id, experiment.flag_id, *variations, *segments}
    return _configuration(tenant, tenant.audit.at_revision(revision, wanted))


def recall_override(tenant: Workspace, override_id: str) -> Override | None:
    """Return what a signed override forces; None where none of this id was made."""
    made = next(iter(tenant.audit.list(PageRequest(1), entity_id=override_id).items), None)
    if made is None or made.kind is not Kind.OVERRIDE or made.after is None:
        return None
    return Override(**made.after["override"])


def _configuration(tenant: Workspace, past: PastConfiguration) -> Configuration:
    return Configuration(
        tenant_id=tenant.tenant.id,
        revision=past.revision,
        flags=tuple(past.flags.values()),
        variations=tuple(past.variations.values()),
        segments=tuple(past.segments.values()),
        experiments=tuple(past.experiments.values()),
        plain_overrides=past.tenant.plain_overrides,
        holdout=past.tenant.holdout,
    )
