"""`signpost simulate`."""

import sys
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from signpost.assignment import Candidate
from signpost.cli.options import (
    ACTOR,
    AsJson,
    CommandError,
    ConfigFile,
    Data,
    Database,
    TenantName,
    opened_tenant,
    print_json,
)
from signpost.model.experiments import WEIGHT_ALL, Experiment, Strategy
from signpost.usecases.candidates import find_candidate

if TYPE_CHECKING:
    from signpost.usecases.simulation import Simulation

UNITS, UNITS_MAX = 1_000_000, 1_000_000_000


def simulate(
    experiment: Annotated[
        str, typer.Argument(metavar="EXPERIMENT", help="The experiment's id or name, in any status.")
    ],
    units: Annotated[int, typer.Option("--units", min=1, max=UNITS_MAX, help="How many ids to make up.")] = UNITS,
    seed: Annotated[
        str, typer.Option("--seed", help="Other ids for another text, the same for the same.")
    ] = "signpost",
    ids: Annotated[
        Path | None, typer.Option("--ids", exists=True, dir_okay=False, help="Ids of your own, one a line; gzip too.")
    ] = None,
    contexts: Annotated[
        Path | None,
        typer.Option(
            "--contexts", exists=True, dir_okay=False, help='Requests, one a line: {"unit": "…", "country": "FR", …}.'
        ),
    ] = None,
    weights: Annotated[
        list[str] | None,
        typer.Option("--weights", metavar="VARIATION=PERCENT", help="What if it had this weight; repeat for each."),
    ] = None,
    level: Annotated[int | None, typer.Option("--level", min=0, max=100, help="What if the ramp were here.")] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Put a million units through an experiment before anybody activates or changes it: who gets what, who moves.

    Nothing is stored, and nobody is counted.
    """
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.cli.simulation_document import render_simulation  # noqa: PLC0415
    from signpost.cli.simulation_view import SimulationView  # noqa: PLC0415

    if ids is not None and contexts is not None:
        raise CommandError("--ids and --contexts are two sources of units: give one of them.")
    with opened_tenant(data, database, config, tenant) as (parts, found):
        candidate, blockers = find_candidate(parts.call(found, ACTOR), experiment)
    if blockers:
        raise CommandError(f"{candidate.experiment.name} can't divide units as it is: {blockers[0].found}")
    changed = _change(candidate, weights or [], level)
    shown = _run(candidate, changed, units=units, seed=seed, ids=ids, contexts=contexts)
    if not shown.units:
        raise CommandError(f"There is no unit in {ids or contexts}.")
    if as_json:
        print_json(render_simulation(shown, candidate))
        return
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Unicode gets ? for what it can't show
    Console().print(SimulationView(shown))


def _run(
    candidate: Candidate, changed: Experiment | None, *, units: int, seed: str, ids: Path | None, contexts: Path | None
) -> "Simulation":
    from signpost.cli.unit_sources import generate, read_ids, read_requests  # noqa: PLC0415
    from signpost.usecases.simulation import simulate_requests, simulate_units  # noqa: PLC0415

    if contexts is not None:
        return simulate_requests(candidate, read_requests(contexts), changed)
    if candidate.experiment.strategy is Strategy.SEGMENT:
        raise CommandError(
            f"{candidate.experiment.name} decides by segment, and ids don't tell who is in one: name a file of requests with"
            ' --contexts, one a line: {"unit": "…", "country": "FR", …}.'
        )
    return simulate_units(candidate, generate(seed, units) if ids is None else read_ids(ids), changed)


def _change(candidate: Candidate, weights: Sequence[str], level: int | None) -> Experiment | None:
    """Return the experiment as it would be, None where nothing else is asked about."""
    from signpost.usecases.simulation import change_experiment  # noqa: PLC0415

    experiment = candidate.experiment
    if level is not None and not experiment.has_ramp:
        raise CommandError(f"{experiment.name} has no ramp, so there is no level to change.")
    if weights and experiment.strategy is Strategy.SEGMENT:
        raise CommandError(f"{experiment.name} decides by segment, so there are no weights to change.")
    if weights and experiment.is_rollout:
        raise CommandError(
            f"{experiment.name} is a rollout: its treatments share evenly what its level gives them. Change --level."
        )
    if not weights and level is None:
        return None
    return change_experiment(experiment, weights=_read_weights(candidate, weights) or None, level=level)


def _read_weights(candidate: Candidate, weights: Sequence[str]) -> Mapping[str, int]:
    """Return weights in slots by variation."""
    names = {a.variation_id: candidate.variations[a.variation_id].name for a in candidate.experiment.allocations}
    slots: dict[str, int] = {}
    for weight in weights:
        named, _, percent = weight.rpartition("=")
        matching = [id_ for id_, name in names.items() if named in {id_, name}]
        if not matching:
            raise CommandError(
                f"--weights {weight}: {named or 'nothing'} is none of the variations {', '.join(names.values())}."
            )
        slots[matching[0]] = _read_percent(percent, weight)
    if not weights:
        return slots
    missing = [name for id_, name in names.items() if id_ not in slots]
    if missing:
        raise CommandError(f"--weights says nothing of {', '.join(missing)}: give every variation a weight, be it 0.")
    if sum(slots.values()) != WEIGHT_ALL:
        total = f"{Decimal(sum(slots.values())) / (WEIGHT_ALL // 100):f}"
        raise CommandError(f"The weights sum to {total} and not to 100.")
    return slots


def _read_percent(percent: str, weight: str) -> int:
    """Return a percentage with up to four decimals in slots."""
    try:
        slots = Decimal(percent) * (WEIGHT_ALL // 100)
        if 0 <= slots <= WEIGHT_ALL and slots == int(slots):
            return int(slots)
    except (InvalidOperation, ValueError):
        pass
    raise CommandError(f"--weights {weight}: a weight is 0 to 100 with up to four decimals.")
