"""The shares of units that an experiment plans for its variations."""

from collections import Counter
from collections.abc import Mapping

from signpost.analysis.answers import Missing, MissingCode
from signpost.model.experiments import Experiment, Strategy

NOT_RANDOMISED = Missing(
    MissingCode.NO_PLANNED_RATIO,
    "Segments decide who gets what, so the number of units depends on who comes: no ratio is planned.",
)


def plan_shares(experiment: Experiment) -> Mapping[str, int] | Missing:
    """Return the planned share of each variation as the experiment divides now, as whole numbers in a common measure.

    A rollout at level L gives the control 100 − L and the treatments L together. A ramp with weights (coverage) only decides who
    takes part, so its shares are the weights' at every level.
    """
    if experiment.strategy is Strategy.SEGMENT:
        return NOT_RANDOMISED
    slots = Counter({a.variation_id: 0 for a in experiment.allocations})
    for owned in experiment.slot_ranges:
        slots[owned.variation_id] += owned.stop - owned.start
    if not experiment.is_rollout:
        return slots
    level = experiment.levels[0] if experiment.current_level is None else experiment.current_level
    controls = {a.variation_id for a in experiment.allocations if a.is_control}
    treated = sum(count for variation_id, count in slots.items() if variation_id not in controls)
    return {
        variation_id: (100 - level) * treated if variation_id in controls else level * count
        for variation_id, count in slots.items()
    }
