"""Ramps: exposure that is raised one level at a time."""

from signpost.model.errors import LevelNotNextError, RampNotRunningError
from signpost.model.experiments import Experiment, ExperimentStatus


def next_level(experiment: Experiment) -> int | None:
    """Return the level after the current one, None at the end of the ramp."""
    current = experiment.current_level
    return next((level for level in experiment.levels if current is None or level > current), None)


def check_advance(experiment: Experiment, target_level: int) -> None:
    """Check that the ramp may go to the target: where it is already, or one level on.

    Raises:
        RampNotRunningError: there is no ramp, or the experiment is neither active nor paused.
        LevelNotNextError: the ramp goes elsewhere next.
    """
    if not experiment.has_ramp or experiment.status not in {ExperimentStatus.ACTIVE, ExperimentStatus.PAUSED}:
        raise RampNotRunningError
    expected = next_level(experiment)
    if target_level not in {experiment.current_level, expected}:
        raise LevelNotNextError(target_level=target_level, next_level=expected)
