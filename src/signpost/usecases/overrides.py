"""Making overrides that somebody answers for."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from signpost.assignment import Override, SignedOverride
from signpost.model.errors import Kind, NotFoundError
from signpost.model.experiments import Experiment
from signpost.model.ids import IdKind
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.experiment_views import view_experiment


def make_override(
    call: Call,
    *,
    experiment: str,
    variation: str | None,
    segment: str | None,
    lifetime: timedelta,
    reason: str,
    made_by: str,
) -> SignedOverride:
    """Make an override that is good from now on, and note it in the audit trail; signing it is the caller's.

    Experiment, variation and segment are ids or names.

    Raises:
        NotFoundError: the tenant has no such experiment, or the experiment allocates no such variation or segment.
    """
    with call.writing() as tenant:
        found = _find_experiment(tenant, experiment)
        view = view_experiment(tenant, found)
        override = Override(
            experiment_id=found.id,
            variation_id=_find(
                Kind.VARIATION, variation, {a.variation_id for a in found.allocations}, view.variation_names
            ),
            segment_id=_find(Kind.SEGMENT, segment, _segments_of(found), view.segment_names),
        )
        signed = SignedOverride(
            id=call.ids.make_id(IdKind.OVERRIDE),
            override=override,
            reason=reason,
            made_by=made_by,
            expires_at=call.clock.now() + lifetime,
        )
        tenant.audit.note(Kind.OVERRIDE, signed)
        return signed


def _find_experiment(tenant: Workspace, wanted: str) -> Experiment:
    found = next((e for e in tenant.experiments.all() if wanted in {e.id, e.name}), None)
    if found is None:
        raise NotFoundError(Kind.EXPERIMENT)
    return found


def _find(kind: Kind, wanted: str | None, ids: Collection[str], names: Mapping[str, str]) -> str | None:
    if wanted is None:
        return None
    found = next((id_ for id_ in sorted(ids) if wanted in {id_, names.get(id_)}), None)
    if found is None:
        raise NotFoundError(kind)
    return found


def _segments_of(experiment: Experiment) -> set[str]:
    return {a.segment_id for a in experiment.allocations if a.segment_id is not None and not a.is_fallback}
