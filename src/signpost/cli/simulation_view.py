"""A simulation for people, in a terminal of any width."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from signpost.cli.simulation_words import NOT_ENROLLED, names_of, say_level, say_moves, say_split, say_units
from signpost.usecases.simulation import Picture, Simulation


class SimulationView:
    """Renders a simulation; Rich asks it with the width of the terminal."""

    def __init__(self, simulation: Simulation) -> None:
        self._simulation = simulation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one block after another."""
        simulation = self._simulation
        experiment = simulation.before.experiment
        yield Text.assemble((experiment.name, "bold"), f"  {experiment.id}  {experiment.status}")
        yield Text(say_units(simulation))
        yield from _show(simulation.before, "As it is" if simulation.after else "Who gets what", simulation.units)
        if simulation.after is not None:
            yield from _show(simulation.after, "As it would be", simulation.units)
            yield Text("\nWho moves: from the left to the top", "bold")
            yield _tabulate_flow(simulation)
            yield Text(f"\n{say_moves(simulation)}")


def _show(picture: Picture, title: str, units: int) -> RenderResult:
    yield Text(f"\n{title} {say_level(picture.experiment)}".rstrip(), "bold")
    table = _table("Variation", "Planned", "Units", "Share")
    for arm in picture.arms:
        name = arm.name or arm.variation_id or NOT_ENROLLED
        table.add_row(
            Text(f"{name} (control)" if arm.is_control else name),
            "–" if arm.planned_ratio is None else f"{100 * arm.planned_ratio:.4f} %",
            f"{arm.units:,}",
            f"{100 * arm.units / units:.4f} %",
        )
    yield table
    yield Text(say_split(picture))


def _tabulate_flow(simulation: Simulation) -> RenderableType:
    names = names_of(simulation)
    counts = {(move.before, move.after): move.units for move in simulation.flow}
    met = {variation_id for pair in counts for variation_id in pair}
    listed = [variation_id for variation_id in (*(n for n in names if n is not None), None) if variation_id in met]
    table = _table("", *(names[variation_id] for variation_id in listed))
    for before in listed:
        table.add_row(Text(names[before]), *(f"{counts.get((before, after), 0):,}" for after in listed))
    return table


def _table(first: str, *others: str) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column(first, overflow="fold")
    for title in others:
        table.add_column(Text(title), justify="right")
    return table
