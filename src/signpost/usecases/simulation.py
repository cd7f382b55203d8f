"""What an experiment would do to many units, before anybody activates or changes it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from signpost.analysis.answers import Missing
from signpost.analysis.planned_shares import NOT_RANDOMISED
from signpost.analysis.sample_ratio import SampleRatio, check_sample_ratio
from signpost.assignment import Candidate, Plan, Reason, prepare
from signpost.assignment.evaluation import Context
from signpost.assignment.slots import ranges_for
from signpost.batch import NOBODY, Units, prepare_divider
from signpost.batch.columns import read_columns
from signpost.batch.hashing import hash_column
from signpost.model.experiments import Experiment, ExperimentStatus, Strategy
from signpost.model.limits import SLOTS

Indices = NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class SimulatedArm:
    """One variation, or not being enrolled (`variation_id` is None), and the units that it got."""

    variation_id: str | None
    name: str | None
    is_control: bool
    planned_ratio: float | None
    """The planned share of all units; None where segments decide."""
    units: int


@dataclass(frozen=True, slots=True)
class Picture:
    """How an experiment, as it stands or as it would be, divides the units."""

    experiment: Experiment
    """With the ranges that decide."""
    arms: tuple[SimulatedArm, ...]
    sample_ratio: SampleRatio | Missing


@dataclass(frozen=True, slots=True)
class Move:
    """Units that had one variation and would get another; None stands for not being enrolled."""

    before: str | None
    after: str | None
    units: int


@dataclass(frozen=True, slots=True)
class Simulation:
    """Who gets what, and who moves when the experiment is changed."""

    units: int
    """The units that were decided for; one that comes twice counts twice."""
    unusable: int
    """Those that were not, because they are empty or have no UTF-8 form."""
    before: Picture
    after: Picture | None
    """None where no change is asked about."""
    flow: tuple[Move, ...]
    """Every pair of variations with units in it, those that stay where they are among them."""

    @property
    def moves(self) -> tuple[Move, ...]:
        """Who does not stay, the most first."""
        return tuple(sorted((m for m in self.flow if m.before != m.after), key=lambda m: -m.units))


def change_experiment(experiment: Experiment, *, weights: Mapping[str, int] | None, level: int | None) -> Experiment:
    """Return the experiment as it would be with other weights (in slots, by variation) or at another level.

    Weights are changed as they are when a paused experiment is re-activated: with the fewest moves.
    """
    changed = replace(experiment, slot_ranges=experiment.slot_ranges or ranges_for(experiment))
    if weights is not None:
        spent: set[str] = set()
        allocations = []
        for allocation in experiment.allocations:
            is_first = allocation.variation_id not in spent
            spent.add(allocation.variation_id)
            weight = weights[allocation.variation_id] if is_first else 0
            allocations.append(replace(allocation, weight_slots=weight))
        changed = replace(changed, allocations=tuple(allocations))
        changed = replace(changed, slot_ranges=ranges_for(changed))
    return changed if level is None else replace(changed, current_level=level)


def simulate_units(candidate: Candidate, pieces: Iterable[Units], changed: Experiment | None = None) -> Simulation:
    """Put units through a percentage experiment, piece by piece, and through the experiment as it would be.

    Raises:
        ContextNeededError: the experiment decides by segment.
        ValueError: the experiment can't run as it is configured.
    """
    experiment = candidate.experiment
    dividers = [prepare_divider(e) for e in (experiment, changed) if e is not None]
    tally = Tally(dividers[0].variation_ids)
    for piece in pieces:
        for column in read_columns(piece):
            hashes = hash_column(experiment.salt, column)
            found = [divider.divide(hashes, column.is_unit)[column.is_unit] for divider in dividers]
            tally.add(found[0], found[-1], unusable=int((~column.is_unit).sum()))
    return tally.finish(candidate, changed)


def simulate_requests(
    candidate: Candidate, pieces: Iterable[Sequence[tuple[str, Context]]], changed: Experiment | None = None
) -> Simulation:
    """Put units with their contexts, one by one, through an experiment of any strategy.

    Raises:
        ValueError: the experiment can't run as it is configured.
    """
    experiments = [e for e in (candidate.experiment, changed) if e is not None]
    plans = [_plan(replace(candidate, experiment=experiment)) for experiment in experiments]
    flow = candidate.experiment.flow
    tally = Tally(_variation_ids(candidate.experiment))
    for piece in pieces:
        decided = [[plan.decide(flow, unit, context)[0] for unit, context in piece] for plan in plans]
        usable = [outcome.reason is not Reason.BAD_UNIT for outcome in decided[0]]
        found = [
            tally.index([o.variation_id for o, is_usable in zip(outcomes, usable, strict=True) if is_usable])
            for outcomes in decided
        ]
        tally.add(found[0], found[-1], unusable=usable.count(False))
    return tally.finish(candidate, changed)


class Tally:
    """Counts the units of each pair of variations, before and after."""

    def __init__(self, variation_ids: Sequence[str]) -> None:
        self._ids: tuple[str | None, ...] = (*variation_ids, None)
        self._counts = np.zeros((len(self._ids), len(self._ids)), np.int64)
        self._unusable = 0

    def index(self, variation_ids: Sequence[str | None]) -> Indices:
        """Return variations as indices."""
        places = {variation_id: i for i, variation_id in enumerate(self._ids[:-1])}
        return np.array([NOBODY if v is None else places[v] for v in variation_ids], np.int8)

    def add(self, before: Indices, after: Indices, *, unusable: int) -> None:
        """Count units that got this before and that after; `NOBODY`, which is −1, is the last of both."""
        size = len(self._ids)
        pairs = (before.astype(np.int64) % size) * size + after.astype(np.int64) % size
        self._counts += np.bincount(pairs, minlength=size * size).reshape(size, size)
        self._unusable += unusable

    def finish(self, candidate: Candidate, changed: Experiment | None) -> Simulation:
        """Return what was counted."""
        counts: list[list[int]] = self._counts.tolist()
        before = dict(zip(self._ids, (sum(row) for row in counts), strict=True))
        after = dict(zip(self._ids, (sum(column) for column in zip(*counts, strict=True)), strict=True))
        return Simulation(
            units=sum(before.values()),
            unusable=self._unusable,
            before=_picture(candidate, candidate.experiment, before),
            after=None if changed is None else _picture(candidate, changed, after),
            flow=tuple(
                Move(old, new, units)
                for old, row in zip(self._ids, counts, strict=True)
                for new, units in zip(self._ids, row, strict=True)
                if units and changed is not None
            ),
        )


def _plan(candidate: Candidate) -> Plan:
    # Alone: which units its exclusion group leaves to it is not the question, and has nothing to do with its own split.
    alone = replace(candidate.experiment, status=ExperimentStatus.ACTIVE, exclusion_group=None)
    active = replace(candidate, experiment=alone)
    prepared = prepare([active], revision=0)
    if prepared.warnings:
        raise ValueError(prepared.warnings[0].problem)
    return prepared.plan


def _picture(candidate: Candidate, experiment: Experiment, units: Mapping[str | None, int]) -> Picture:
    ranged = replace(experiment, slot_ranges=experiment.slot_ranges or ranges_for(experiment))
    planned = None if experiment.strategy is Strategy.SEGMENT else _plan_shares(ranged)
    controls = {a.variation_id for a in experiment.allocations if a.is_control}
    listed = [v for v, count in units.items() if v is not None or count or (planned and planned[None])]
    names = {variation_id: variation.name for variation_id, variation in candidate.variations.items()}
    arms = tuple(
        SimulatedArm(
            variation_id=variation_id,
            name=names.get(variation_id or ""),
            is_control=variation_id in controls,
            planned_ratio=None if planned is None else planned[variation_id] / sum(planned.values()),
            units=units[variation_id],
        )
        for variation_id in sorted(listed, key=lambda v: (v is None, v not in controls))
    )
    if planned is None:
        return Picture(ranged, arms, NOT_RANDOMISED)
    shares = [planned[arm.variation_id] for arm in arms]
    return Picture(ranged, arms, check_sample_ratio([arm.units for arm in arms], shares))


def _plan_shares(experiment: Experiment) -> dict[str | None, int]:
    """Return the planned share of each variation and of not being enrolled, in hundredths of a slot."""
    shares: dict[str | None, int] = dict.fromkeys((*_variation_ids(experiment), None), 0)
    level = 100
    if experiment.has_ramp:
        level = experiment.levels[0] if experiment.current_level is None else experiment.current_level
    for piece in experiment.slot_ranges:
        shares[piece.variation_id] += (piece.stop - piece.start) * level
    otherwise = next(a.variation_id for a in experiment.allocations if a.is_control) if experiment.is_rollout else None
    shares[otherwise] += SLOTS * (100 - level)
    return shares


def _variation_ids(experiment: Experiment) -> tuple[str, ...]:
    return tuple(dict.fromkeys(a.variation_id for a in experiment.allocations))
