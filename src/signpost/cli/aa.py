"""`signpost aa`."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

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
from signpost.model.metric_catalogue import plan_of
from signpost.ports.measurements import Question


def aa(
    experiment_id: Annotated[str, typer.Argument(metavar="ID", help="The experiment whose units are divided anew.")],
    salts: Annotated[int, typer.Option(help="How often.", min=20, max=100_000)] = 1_000,
    alpha: Annotated[float, typer.Option(help="The error that the tests promise.", min=0.001, max=0.2)] = 0.05,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Divide your own recorded units at random again and again, and tell how often a difference is found that can't be there.

    Exit code 0: every test keeps its promise; 1: one does not.
    """
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.usecases.aa import divide_again  # noqa: PLC0415
    from signpost.usecases.experiment_lives import find_experiment  # noqa: PLC0415
    from signpost.usecases.results import to_ms  # noqa: PLC0415

    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        with call.reading() as workspace:
            experiment = find_experiment(workspace, experiment_id)
        metrics = plan_of(experiment).metrics
        question = Question(experiment_id, metrics, to_ms(call.clock.now()), subject=experiment.subject)
        listed = parts.events.list_units(found.id, question)
    columns = ("  {task.description}", BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("divisions", total=salts)
        try:
            rates = divide_again(
                metrics, listed, [f"aa-{number}" for number in range(salts)], alpha, lambda: progress.advance(task)
            )
        except ValueError as error:
            raise CommandError(str(error)) from error
    is_sound = all(rate.is_sound for rate in rates)
    if as_json:
        shown = [
            {"name": r.name, "level": r.level, "found": r.found, "divisions": r.divisions, "low": r.low, "high": r.high}
            for r in rates
        ]
        print_json({"units": len(listed.units), "is_sound": is_sound, "rates": shown})
    else:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
        table.add_column("Metric")
        for title in ("Divisions", "Promised", "Found", "Band", ""):
            table.add_column(title, justify="right")
        for rate in rates:
            share = f"{100 * rate.found / rate.divisions:.2f} %" if rate.divisions else "–"
            table.add_row(
                rate.name,
                f"{rate.divisions:,}",
                f"{100 * rate.level:g} %",
                share,
                f"{100 * rate.low:.2f}–{100 * rate.high:.2f} %" if rate.divisions else "no variance",
                "" if rate.is_sound else "NOT KEPT",
            )
        console = Console()
        console.print(f"{len(listed.units):,} units, divided into halves {salts:,} times\n")
        console.print(table)
    if not is_sound:
        raise typer.Exit(1)
