"""A simulation for machines: JSON."""

from typing import Any

from signpost.analysis.answers import Missing
from signpost.analysis.sample_ratio import SampleRatio
from signpost.assignment import Candidate
from signpost.cli.simulation_words import say_moves
from signpost.usecases.simulation import Picture, SimulatedArm, Simulation


def render_simulation(simulation: Simulation, candidate: Candidate) -> dict[str, Any]:
    """Return the document, with what somebody needs who recomputes it: the salt, the ranges, the level."""
    experiment = candidate.experiment
    document = {
        "experiment_id": experiment.id,
        "experiment_name": experiment.name,
        "status": experiment.status,
        "authentication_flow": experiment.flow,
        "allocation_strategy": experiment.strategy,
        "recipe_version": experiment.recipe_version,
        "salt": experiment.salt,
        "units": simulation.units,
        "unusable": simulation.unusable,
        "before": _render_picture(simulation.before, simulation.units),
    }
    if simulation.after is None:
        return document
    return document | {
        "after": _render_picture(simulation.after, simulation.units),
        "flow": [{"before": move.before, "after": move.after, "units": move.units} for move in simulation.flow],
        "moved": sum(move.units for move in simulation.moves),
        "summary": say_moves(simulation),
    }


def _render_picture(picture: Picture, units: int) -> dict[str, Any]:
    experiment = picture.experiment
    level = {}
    if experiment.has_ramp:
        level = {"level": experiment.levels[0] if experiment.current_level is None else experiment.current_level}
    return level | {
        "is_rollout": experiment.is_rollout,
        "slot_ranges": [
            {"start": piece.start, "stop": piece.stop, "variation_id": piece.variation_id}
            for piece in experiment.slot_ranges
        ],
        "variations": [_render_arm(arm, units) for arm in picture.arms],
        "sample_ratio": _render_ratio(picture.sample_ratio),
    }


def _render_arm(arm: SimulatedArm, units: int) -> dict[str, Any]:
    return {
        "variation_id": arm.variation_id,
        "variation_name": arm.name,
        "is_control": arm.is_control,
        "planned_ratio": arm.planned_ratio,
        "units": arm.units,
        "ratio": arm.units / units,
    }


def _render_ratio(ratio: SampleRatio | Missing) -> dict[str, Any]:
    if isinstance(ratio, Missing):
        return {"missing": ratio.code, "reason": ratio.message}
    return {
        "is_mismatch": ratio.is_mismatch,
        "p_value": ratio.p_value,
        "threshold": ratio.threshold,
        "statistic": ratio.statistic,
        "degrees_of_freedom": ratio.degrees_of_freedom,
        "expected_units": list(ratio.expected),
        "method": ratio.method,
    }
