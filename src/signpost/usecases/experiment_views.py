"""Experiments as they are shown: with the names of what they refer to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signpost.model.experiments import Experiment
from signpost.model.flags import Origin
from signpost.ports.store import Workspace


@dataclass(frozen=True, slots=True)
class ExperimentView:
    """An experiment with the names that its flag, variations and segments have now, or had when they were frozen."""

    experiment: Experiment
    flag_name: str | None
    flag_origin: Origin
    variation_names: Mapping[str, str]
    segment_names: Mapping[str, str]


def view_experiment(tenant: Workspace, experiment: Experiment) -> ExperimentView:
    """Return the experiment as it is shown."""
    return view_experiments(tenant, (experiment,))[0]


def view_experiments(tenant: Workspace, experiments: Iterable[Experiment]) -> tuple[ExperimentView, ...]:
    """Return experiments as they are shown, with one look-up per kind of thing for all of them."""
    listed = tuple(experiments)
    allocations = tuple(a for e in listed for a in e.allocations)
    flags = tenant.flags.get_many({e.flag_id for e in listed})
    variations = {a.variation_id: a.variation_snapshot.name for a in allocations if a.variation_snapshot}
    segments = {a.segment_id: a.segment_snapshot.name for a in allocations if a.segment_id and a.segment_snapshot}
    live_variations = tenant.variations.get_many({a.variation_id for a in allocations})
    live_segments = tenant.segments.get_many({a.segment_id for a in allocations if a.segment_id is not None})
    variations |= {v.id: v.name for v in live_variations.values()}
    segments |= {s.id: s.name for s in live_segments.values()}
    return tuple(
        ExperimentView(
            experiment=experiment,
            flag_name=flag.name if flag is not None else None,
            flag_origin=flag.type if flag is not None else Origin.SELF,
            variation_names=variations,
            segment_names=segments,
        )
        for experiment in listed
        for flag in [flags.get(experiment.flag_id) or experiment.flag_snapshot]
    )
