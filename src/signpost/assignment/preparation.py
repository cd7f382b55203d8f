"""Preparing experiments into a plan: everything that can be worked out before anybody asks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from signpost.assignment.decisions import Outcome, Reason
from signpost.assignment.evaluation import expose_first, match_in_turn, split_by_slot
from signpost.assignment.hashing import RECIPE_VERSION
from signpost.assignment.matching import attributes_of, compile_segment
from signpost.assignment.plans import Evaluate, Plan, PreparedExperiment, empty_plan
from signpost.assignment.slots import ranges_for
from signpost.model.experiments import (
    ALL_FLOWS,
    Allocation,
    DefaultConfig,
    Experiment,
    ExperimentStatus,
    SlotRange,
    Strategy,
)
from signpost.model.flags import Flag, Origin
from signpost.model.json import JsonValue
from signpost.model.limits import SLOTS
from signpost.model.segments import Segment
from signpost.model.variations import Variation

Arm = Callable[[Allocation, Reason], Outcome]
"""Makes the outcome of an allocation."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """An experiment with what it refers to: its snapshots where it has them, the living things where it has none."""

    experiment: Experiment
    flag: Flag | None
    variations: Mapping[str, Variation]
    segments: Mapping[str, Segment]


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """What could not be prepared as it stands, and what happens instead."""

    experiment_id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what is to be logged about it."""

    plan: Plan
    warnings: tuple[PlanWarning, ...]


class _BrokenError(Exception):
    """The experiment can't be prepared, and why."""


def prepare(candidates: Iterable[Candidate], *, revision: int) -> Prepared:
    """Return the plan of these experiments, given in the order in which they were made.

    Never raises for what is configured: an experiment that can't be prepared enrols nobody, and a warning says why. Where
    two active experiments claim a flow, the older one has it.
    """
    blank = empty_plan(revision)
    warnings: list[PlanWarning] = []
    experiments: dict[str, PreparedExperiment] = {}
    running: dict[str, PreparedExperiment] = {}
    for candidate in candidates:
        experiment = candidate.experiment
        is_active = experiment.status is ExperimentStatus.ACTIVE
        try:
            prepared = _prepare_one(candidate, revision)
            experiments[experiment.id] = prepared
        except _BrokenError as error:
            if not is_active:
                continue  # a draft need not be complete
            warnings.append(PlanWarning(experiment.id, f"{error}: nobody is enrolled"))
            prepared = _broken(experiment, revision)
        if is_active and running.setdefault(experiment.flow, prepared) is not prepared:
            warnings.append(PlanWarning(experiment.id, f"an older experiment is active in the flow {experiment.flow}"))
    everywhere = running.pop(ALL_FLOWS, None)
    plan = replace(blank, running=running, running_everywhere=everywhere, experiments=experiments)
    return Prepared(plan=plan, warnings=tuple(warnings))


def _prepare_one(candidate: Candidate, revision: int) -> PreparedExperiment:
    experiment, flag = candidate.experiment, candidate.flag
    if experiment.recipe_version != RECIPE_VERSION:
        raise _BrokenError(f"recipe version {experiment.recipe_version} is not known here")
    if flag is None:
        raise _BrokenError("its feature flag is gone")
    if not experiment.allocations:
        raise _BrokenError("it has no allocation")

    def arm(allocation: Allocation, reason: Reason) -> Outcome:
        variation = candidate.variations.get(allocation.variation_id)
        if variation is None:
            raise _BrokenError(f"its variation {allocation.variation_id} is gone")
        return Outcome(
            reason=reason,
            revision=revision,
            experiment_id=experiment.id,
            variation_id=variation.id,
            variation_name=variation.name,
            is_control=allocation.is_control,
            config=_merge_config(experiment, flag, variation),
            strategy=experiment.strategy,
            segment_id=allocation.segment_id if reason is Reason.SEGMENT else None,
            recipe_version=experiment.recipe_version,
        )

    if experiment.strategy is Strategy.SEGMENT:
        evaluate, outcomes = _by_segment(candidate, arm)
        enrol = evaluate
    else:
        evaluate, enrol, outcomes = _by_percentage(experiment, arm, revision)
    forced = {outcome: _force(outcome) for outcome in outcomes}
    variations = {a.variation_id: _force(arm(a, Reason.SPLIT)) for a in reversed(experiment.allocations)}
    segments = {o.segment_id: _force(o) for o in outcomes if o.segment_id is not None}
    return PreparedExperiment(
        id=experiment.id,
        salt=experiment.salt,
        attributes=frozenset().union(*(attributes_of(s) for s in _segments_of(candidate))),
        evaluate=evaluate,
        enrol=enrol,
        forced=forced,
        forced_variations=variations,
        forced_segments=segments,
    )


def _by_percentage(experiment: Experiment, arm: Arm, revision: int) -> tuple[Evaluate, Evaluate, Sequence[Outcome]]:
    is_rollout = experiment.is_rollout
    reason = Reason.ROLLOUT_TREATMENT if is_rollout else Reason.SPLIT
    arms = _one_per_variation(experiment.allocations, lambda allocation: arm(allocation, reason))
    ranges = experiment.slot_ranges or ranges_for(experiment)
    _check_ranges(ranges, arms)
    enrol = split_by_slot(experiment.salt, ranges, tuple(arms[piece.variation_id] for piece in ranges))
    outcomes = list(arms.values())
    if not experiment.has_ramp:
        return enrol, enrol, outcomes
    level = experiment.current_level if experiment.current_level is not None else experiment.levels[0]
    if is_rollout:
        otherwise = arm(_control_of(experiment), Reason.ROLLOUT_CONTROL)
    else:
        otherwise = Outcome(Reason.NOT_EXPOSED, revision, experiment.id, recipe_version=experiment.recipe_version)
    return expose_first(level, enrol, otherwise), enrol, outcomes


def _by_segment(candidate: Candidate, arm: Arm) -> tuple[Evaluate, Sequence[Outcome]]:
    experiment = candidate.experiment
    fallback = next((a for a in experiment.allocations if a.is_fallback), None)
    if fallback is None:
        raise _BrokenError("it has no fallback")
    targeted = [a for a in experiment.allocations if not a.is_fallback]
    targets = []
    for allocation in sorted(targeted, key=lambda a: a.priority or 0):
        segment = candidate.segments.get(allocation.segment_id or "")
        if segment is None or allocation.priority is None:
            raise _BrokenError("a segment or a priority is missing")
        targets.append((compile_segment(segment), arm(allocation, Reason.SEGMENT)))
    otherwise = arm(fallback, Reason.FALLBACK)
    return match_in_turn(experiment.salt, targets, otherwise), [*(outcome for _, outcome in targets), otherwise]


def _check_ranges(ranges: Sequence[SlotRange], arms: Mapping[str, Outcome]) -> None:
    expected = 0
    for piece in ranges:
        if piece.start != expected or piece.stop <= piece.start or piece.variation_id not in arms:
            raise _BrokenError("its slot ranges don't fit its allocations")
        expected = piece.stop
    if expected != SLOTS:
        raise _BrokenError("its slot ranges don't cover every slot")


def _one_per_variation(allocations: Sequence[Allocation], make: Callable[[Allocation], Outcome]) -> dict[str, Outcome]:
    """A variation that is allocated twice is one arm, and the control if either is."""
    merged: dict[str, Allocation] = {}
    for allocation in allocations:
        earlier = merged.get(allocation.variation_id, allocation)
        merged[allocation.variation_id] = replace(allocation, is_control=allocation.is_control or earlier.is_control)
    return {variation_id: make(allocation) for variation_id, allocation in merged.items()}


def _control_of(experiment: Experiment) -> Allocation:
    control = next((a for a in experiment.allocations if a.is_control), None)
    if control is None:
        raise _BrokenError("it has no control")
    return control


def _merge_config(experiment: Experiment, flag: Flag, variation: Variation) -> dict[str, dict[str, JsonValue]]:
    """Return the baseline with the variation's overrides on top.

    With `default_config: tenant` only the overrides: what they leave alone comes from the tenant's live configuration.
    """
    inherits = flag.type is Origin.AUTH0 and experiment.default_config is not DefaultConfig.FLAG
    defaults = {} if inherits else {name: parameter.value for name, parameter in flag.parameters.items()}
    overrides = {name: value for name, value in variation.overrides.items() if name in flag.parameters}
    return {name: {"value": value} for name, value in (defaults | overrides).items()}


def _segments_of(candidate: Candidate) -> Iterable[Segment]:
    if candidate.experiment.strategy is not Strategy.SEGMENT:
        return ()
    wanted = {a.segment_id for a in candidate.experiment.allocations if not a.is_fallback}
    return tuple(segment for segment_id, segment in candidate.segments.items() if segment_id in wanted)


def _force(outcome: Outcome) -> Outcome:
    return replace(outcome, reason=Reason.FORCED, is_forced=True)


def _broken(experiment: Experiment, revision: int) -> PreparedExperiment:
    outcome = Outcome(Reason.BROKEN, revision, experiment.id)
    evaluate = match_in_turn(experiment.salt, (), outcome)
    return PreparedExperiment(experiment.id, experiment.salt, frozenset(), evaluate, evaluate, {}, {}, {})
