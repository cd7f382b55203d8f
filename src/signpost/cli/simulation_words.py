"""What a simulation shows, in sentences."""

from collections.abc import Mapping

from signpost.analysis.answers import Missing
from signpost.analysis.sample_ratio import SampleRatio
from signpost.model.experiments import Experiment
from signpost.reports.words import P_VALUE_MIN
from signpost.usecases.simulation import Move, Picture, Simulation

NOT_ENROLLED = "not enrolled"
OUTSIDE = "outside the experiment"


def names_of(simulation: Simulation) -> Mapping[str | None, str]:
    """Return what to call each variation."""
    pictures = [picture for picture in (simulation.before, simulation.after) if picture is not None]
    return {None: NOT_ENROLLED} | {
        arm.variation_id: arm.name or arm.variation_id
        for picture in pictures
        for arm in picture.arms
        if arm.variation_id is not None
    }


def say_moves(simulation: Simulation) -> str:
    """How many move and from where to where: `38,214 of 1,000,000 units move, all of them from A to B; nobody else moves`."""
    moves = simulation.moves
    if not moves:
        return f"Not one of {simulation.units:,} units moves."
    moved = sum(move.units for move in moves)
    names = {**names_of(simulation), None: OUTSIDE}
    verb = "unit moves" if moved == 1 else "units move"
    of_all = f"{moved:,} of {simulation.units:,} {verb}"
    if len(moves) == 1:
        them = "" if moved == 1 else " all of them"
        return f"{of_all},{them} {_say_way(moves[0], names)}; nobody else moves."
    ways = ", ".join(f"{move.units:,} {_say_way(move, names)}" for move in moves)
    return f"{of_all}: {ways}; nobody else moves."


def say_units(simulation: Simulation) -> str:
    """How many units there were, and how many were left out."""
    said = f"{simulation.units:,} unit{'' if simulation.units == 1 else 's'}"
    return (
        f"{said}; left out because there is no unit in them: {simulation.unusable:,}" if simulation.unusable else said
    )


def say_split(picture: Picture) -> str:
    """Whether the units were divided as planned."""
    ratio = picture.sample_ratio
    if isinstance(ratio, Missing):
        return f"Not checked against the plan. {ratio.message}"
    return f"{'NOT AS PLANNED' if ratio.is_mismatch else 'As planned'}: {_say_test(ratio)}"


def say_level(experiment: Experiment) -> str:
    """Where the ramp is, nothing where there is none."""
    if not experiment.has_ramp:
        return ""
    level = experiment.levels[0] if experiment.current_level is None else experiment.current_level
    others = (
        "" if level in experiment.levels else f", which is none of its levels {', '.join(map(str, experiment.levels))}"
    )
    return f"at level {level} %{others}"


def _say_test(ratio: SampleRatio) -> str:
    p_value = f"p < {P_VALUE_MIN}" if ratio.p_value < P_VALUE_MIN else f"p = {ratio.p_value:.4f}"
    degrees = f"{ratio.degrees_of_freedom} degree{'' if ratio.degrees_of_freedom == 1 else 's'} of freedom"
    return f"χ² = {ratio.statistic:.2f} with {degrees}, {p_value} (alarm under {ratio.threshold})."


def _say_way(move: Move, names: Mapping[str | None, str]) -> str:
    return f"from {names[move.before]} to {names[move.after]}"
