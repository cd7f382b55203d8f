"""What an experiment has shown so far."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.arm import Arm
from signpost.analysis.comparison import Comparison, compare, refuse
from signpost.analysis.planned_shares import plan_shares
from signpost.analysis.rate import estimate_rate
from signpost.analysis.sample_ratio import SampleRatio, check_sample_ratio
from signpost.model.experiments import Experiment, ExperimentStatus, Strategy
from signpost.ports.events import Aggregates, Cell, ExperimentSums
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.experiment_lives import find_experiment
from signpost.usecases.experiment_views import view_experiment
from signpost.usecases.result_notes import Note, take_notes
from signpost.usecases.weight_history import was_reweighted

NO_CONTROL = Missing(MissingCode.NO_CONTROL, "No variation is the control, so there is nothing to compare with.")
MISMATCH = Missing(
    MissingCode.SAMPLE_RATIO_MISMATCH,
    "The variations did not get their planned shares; a difference may come from the units that are missing.",
)
NOT_RANDOMISED = Missing(
    MissingCode.NOT_RANDOMISED,
    "Segments decided who got what, so a difference may be one between people and not between variations.",
)


@dataclass(frozen=True, slots=True)
class VariationResult:
    """One variation: its units, and those of them with a success after their first exposure.

    `planned_ratio` is its planned share, 0–1, None where no ratio is planned. `comparison` is None for the
    control. The name is None when the variation is gone.
    """

    variation_id: str
    name: str | None
    is_control: bool
    planned_ratio: float | None
    units: int
    successes: int
    success_rate: Estimate | Missing
    comparison: Comparison | None


@dataclass(frozen=True, slots=True)
class Results:
    """The results of an experiment, control first, and how far they can be trusted."""

    experiment_id: str
    experiment_name: str
    status: ExperimentStatus
    strategy: Strategy
    computed_at: datetime
    first_exposure_at: datetime | None
    last_exposure_at: datetime | None
    units: int
    drifted_units: int
    forced_exposures: int
    variations: tuple[VariationResult, ...]
    sample_ratio: SampleRatio | Missing
    notes: tuple[Note, ...]


def get_results(call: Call, aggregates: Aggregates, experiment_id: str) -> Results:
    """Return an experiment's results, whatever its status; before the first exposure they are empty and say so.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    with call.reading() as tenant:
        experiment = find_experiment(tenant, experiment_id)
        names = _names_of(tenant, experiment)
        planned = plan_shares(experiment, was_reweighted=was_reweighted(tenant, experiment))
    sums = aggregates.sum_experiment(call.tenant_id, experiment_id)
    return conclude(experiment, names, planned, sums, call.clock.now())


def conclude(
    experiment: Experiment,
    names: Mapping[str, str],
    planned: Mapping[str, int] | Missing,
    sums: ExperimentSums,
    now: datetime,
) -> Results:
    """Return what the sums of an experiment show, given its variations' names and its planned shares."""
    cells = _order_cells(experiment, sums)
    sample_ratio = (
        planned
        if isinstance(planned, Missing)
        else check_sample_ratio([c.exposed for c in cells], [planned.get(c.variation_id, 0) for c in cells])
    )
    variations = _judge(experiment, cells, names, planned, sample_ratio)
    return Results(
        experiment_id=experiment.id,
        experiment_name=experiment.name,
        status=experiment.status,
        strategy=experiment.strategy,
        computed_at=now,
        first_exposure_at=_to_datetime(sums.first_exposure_ms),
        last_exposure_at=_to_datetime(sums.last_exposure_ms),
        units=sum(c.exposed for c in cells),
        drifted_units=sums.drifted_units,
        forced_exposures=sums.forced_exposures,
        variations=variations,
        sample_ratio=sample_ratio,
        notes=take_notes(experiment, sums, sample_ratio, [v.comparison for v in variations if v.comparison]),
    )


def _names_of(tenant: Workspace, experiment: Experiment) -> Mapping[str, str]:
    """Return the names of the flag's variations and of those that the experiment keeps a copy of."""
    others = {v.id: v.name for v in tenant.variations.of_flag(experiment.flag_id)}
    return others | dict(view_experiment(tenant, experiment).variation_names)


def _order_cells(experiment: Experiment, sums: ExperimentSums) -> tuple[Cell, ...]:
    """Return a cell per variation that is allocated or has units: control first, then as allocated."""
    found = {cell.variation_id: cell for cell in sums.cells}
    allocated = sorted(experiment.allocations, key=lambda a: not a.is_control)
    listed = dict.fromkeys([*(a.variation_id for a in allocated), *sorted(found)])
    return tuple(found.get(variation_id, Cell(variation_id, exposed=0, successes=0)) for variation_id in listed)


def _judge(
    experiment: Experiment,
    cells: tuple[Cell, ...],
    names: Mapping[str, str],
    planned: Mapping[str, int] | Missing,
    sample_ratio: SampleRatio | Missing,
) -> tuple[VariationResult, ...]:
    controls = {a.variation_id for a in experiment.allocations if a.is_control}
    arms = {c.variation_id: Arm(units=c.exposed, successes=c.successes) for c in cells}
    treatments = {key: arm for key, arm in arms.items() if key not in controls}
    control = next((arm for key, arm in arms.items() if key in controls), None)
    if control is None:
        comparisons = dict.fromkeys(treatments, refuse(NO_CONTROL))
    elif isinstance(planned, Missing) and planned.code is MissingCode.RATIO_CHANGED:
        comparisons = dict.fromkeys(treatments, refuse(planned))
    else:
        doubt = _find_doubt(experiment, sample_ratio)
        made = compare(control, tuple(treatments.values()))
        comparisons = {k: _withhold(c, doubt) for k, c in zip(treatments, made, strict=True)}
    shares = {} if isinstance(planned, Missing) else planned
    total = sum(shares.values())
    return tuple(
        VariationResult(
            variation_id=variation_id,
            name=names.get(variation_id),
            is_control=variation_id in controls,
            planned_ratio=shares.get(variation_id, 0) / total if total else None,
            units=arm.units,
            successes=arm.successes,
            success_rate=estimate_rate(arm),
            comparison=comparisons.get(variation_id),
        )
        for variation_id, arm in arms.items()
    )


def _find_doubt(experiment: Experiment, sample_ratio: SampleRatio | Missing) -> Missing | None:
    """Why no conclusion may be drawn from differences that can be computed."""
    if experiment.strategy is Strategy.SEGMENT:
        return NOT_RANDOMISED
    if isinstance(sample_ratio, SampleRatio):
        return MISMATCH if sample_ratio.is_mismatch else None
    return sample_ratio if sample_ratio.code is MissingCode.UNPLANNED_UNITS else None


def _withhold(comparison: Comparison, doubt: Missing | None) -> Comparison:
    if doubt is None or isinstance(comparison.conclusion, Missing):
        return comparison
    return replace(comparison, conclusion=doubt)


def _to_datetime(stamp_ms: int | None) -> datetime | None:
    return None if stamp_ms is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=stamp_ms)
