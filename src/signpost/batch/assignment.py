"""Percentage experiments over columns of units: what `Plan.decide` says of each, at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from signpost.assignment.hashing import MASK, exposure_limit, first_hash
from signpost.assignment.preparation import check_recipe
from signpost.assignment.slots import check_ranges, ranges_for
from signpost.batch.columns import Units, read_columns
from signpost.batch.hashing import hash_column
from signpost.model.experiments import Experiment, Strategy

NOBODY = -1
"""Stands where a unit gets no variation: outside the share that a level covers, or no unit at all."""

COMPARISONS_MAX = 16
"""Up to so many bounds, comparing with each of them is faster than bisection, whose branches nobody can predict."""


class ContextNeededError(ValueError):
    """An experiment decides by segment, so ids alone don't say who gets what."""

    def __init__(self, experiment_id: str) -> None:
        super().__init__(
            f"The experiment {experiment_id} decides by segment: that takes the attributes of each request and not only"
            " ids. Ask the plan for each unit with its context."
        )
        self.experiment_id = experiment_id


@dataclass(frozen=True, slots=True)
class Assigned:
    """What a column of units gets: for each its variation, as an index into `variation_ids`, or `NOBODY`."""

    variation_ids: tuple[str, ...]
    indices: NDArray[np.int8]
    hashes: NDArray[np.uint64] | None = None
    """The 64-bit hashes, if they were asked for; 0 for what is no unit."""

    @property
    def splits(self) -> NDArray[np.uint32]:
        """The split point of each unit."""
        return (self._hashes >> np.uint64(32)).astype(np.uint32)

    @property
    def exposures(self) -> NDArray[np.uint32]:
        """The exposure point of each unit."""
        return (self._hashes & np.uint64(MASK)).astype(np.uint32)

    @property
    def _hashes(self) -> NDArray[np.uint64]:
        if self.hashes is None:
            raise ValueError("the hashes were not kept: ask with keep_hashes=True")
        return self.hashes


@dataclass(frozen=True, slots=True)
class Divider:
    """A percentage experiment, ready to be asked for columns of hashes that were made with its salt."""

    salt: str
    variation_ids: tuple[str, ...]
    bounds: NDArray[np.uint64]
    """The smallest hash of each range but the first."""
    owners: NDArray[np.int8]
    """Who owns each range, as an index into `variation_ids`."""
    exposed_below: int | None
    """The smallest exposure point that is not exposed; None where there is no ramp."""
    otherwise: int
    """What those get who are not exposed: the control of a rollout, else `NOBODY`."""

    def divide(self, hashes: NDArray[np.uint64], taking_part: NDArray[np.bool_]) -> NDArray[np.int8]:
        """Return the variation of each unit that takes part, `NOBODY` for all others."""
        indices = self.owners[self._find_ranges(hashes)]
        if self.exposed_below is not None:
            exposed = hashes & np.uint64(MASK) < np.uint64(self.exposed_below)
            indices = np.where(exposed, indices, np.int8(self.otherwise))
        indices[~taking_part] = NOBODY
        return indices

    def _find_ranges(self, hashes: NDArray[np.uint64]) -> NDArray[np.intp]:
        if len(self.bounds) > COMPARISONS_MAX:
            return np.searchsorted(self.bounds, hashes, "right")
        found = np.zeros(len(hashes), np.intp)
        for bound in self.bounds:
            found += hashes >= bound
        return found


def assign(experiment: Experiment, units: Units, *, keep_hashes: bool = False) -> Assigned:
    """Return what each unit gets in a percentage experiment, as if it were active.

    Args:
        experiment: Plain, a rollout or under coverage; without stored ranges it is laid out by its weights.
        units: A column of ids; see `Units`.
        keep_hashes: Whether to return the hashes too, and so the split and exposure points.

    Raises:
        ContextNeededError: the experiment decides by segment.
        ValueError: the experiment can't run as it is configured, or the column has another form than `Units` says.
        TypeError: the units are nothing that is known here.
    """
    divider = prepare_divider(experiment)
    indices: list[NDArray[np.int8]] = [np.empty(0, np.int8)]
    kept: list[NDArray[np.uint64]] = [np.empty(0, np.uint64)]
    for column in read_columns(units):
        hashes = hash_column(divider.salt, column)
        indices.append(divider.divide(hashes, column.is_unit))
        if keep_hashes:
            kept.append(hashes)
    return Assigned(divider.variation_ids, np.concatenate(indices), np.concatenate(kept) if keep_hashes else None)


def prepare_divider(experiment: Experiment) -> Divider:
    """Return a percentage experiment in the form that columns are divided by.

    Raises:
        ContextNeededError: the experiment decides by segment.
        ValueError: the experiment can't run as it is configured.
    """
    if experiment.strategy is not Strategy.PERCENTAGE:
        raise ContextNeededError(experiment.id)
    check_recipe(experiment)
    if not experiment.allocations:
        raise ValueError("there is no allocation")
    ranges = experiment.slot_ranges or ranges_for(experiment)
    check_ranges(ranges)
    variation_ids = tuple(dict.fromkeys(a.variation_id for a in experiment.allocations))
    strangers = sorted({piece.variation_id for piece in ranges} - set(variation_ids))
    if strangers:
        raise ValueError(f"slots belong to {', '.join(strangers)}, which is not allocated")
    return Divider(
        salt=experiment.salt,
        variation_ids=variation_ids,
        bounds=np.array([first_hash(piece.start) for piece in ranges[1:]], np.uint64),
        owners=np.array([variation_ids.index(piece.variation_id) for piece in ranges], np.int8),
        exposed_below=_find_limit(experiment),
        otherwise=variation_ids.index(_find_control(experiment)) if experiment.is_rollout else NOBODY,
    )


def _find_limit(experiment: Experiment) -> int | None:
    if not experiment.has_ramp:
        return None
    level = experiment.levels[0] if experiment.current_level is None else experiment.current_level
    return exposure_limit(level)


def _find_control(experiment: Experiment) -> str:
    control = next((a.variation_id for a in experiment.allocations if a.is_control), None)
    if control is None:
        raise ValueError("there is no control")
    return control
