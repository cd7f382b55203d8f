"""`signpost import auth0-logs`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from signpost.authlogs.checkpoints import ImportUnderWayError
from signpost.authlogs.units import SESSION, UnitFieldInvalidError, parse_unit_field
from signpost.cli.log_imports import Exposures, LogImports
from signpost.cli.log_sources import Advance, find_sources
from signpost.cli.options import AsJson, CommandError, ConfigFile, Data, Database, TenantName, opened_tenant, print_json
from signpost.ports.events import EventsRejectedError


def auth0_logs(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Logs in files, plain or gzip; - for stdin.")],
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            help="What the unit is where an entry has no `unit`: session, user, device, or a field: details.account_id.",
        ),
    ] = SESSION,
    exposures: Annotated[
        Exposures,
        typer.Option(
            "--exposures",
            help="What counts as exposure: assignment entries; a unit's first event; auto: the latter for experiments"
            " without the former.",
        ),
    ] = Exposures.AUTO,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Read the files anew, also those that were read already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take Auth0's tenant logs in: lines, arrays, log-stream batches, from files or stdin, as often as you like.

    An entry counts once, by its log id. Whoever was interrupted gives the same command again, and it goes on where it was.
    """
    from signpost.cli.import_view import ImportView, render_import  # noqa: PLC0415 Rich's tables, for those who need them

    try:
        unit_field = parse_unit_field(unit)
    except UnitFieldInvalidError as error:
        raise CommandError("--unit takes session, user, device, or a field such as details.account_id.") from error
    sources = find_sources(files)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        run = LogImports(parts, found, unit_field, exposures)
        try:
            with _progress(sum(source.size for source in sources)) as advance:
                for source in sources:
                    run.read(source, advance, from_start=from_start)
                run.expose()
        except KeyboardInterrupt:
            typer.echo("Stopped. Give the same command again, and it goes on where it was.", err=True)
            raise
        except EventsRejectedError as error:
            raise CommandError(f"{error}. What was read before is kept: give the same command again.") from error
        except ImportUnderWayError as error:
            raise CommandError(f"{error} is being imported by another process.") from error
        with parts.store.reading(found.id) as workspace:
            names = {id_: e.name for id_ in run.tally.experiments if (e := workspace.experiments.get(id_)) is not None}
    view = ImportView(run.tally, unit_field, names, tuple(run.skipped))
    if as_json:
        print_json(render_import(view))
    else:
        Console().print(view)
    if run.broken:
        raise CommandError(" ".join(run.broken))


@contextmanager
def _progress(total: int) -> Iterator[Advance]:
    """Show a bar on stderr while it takes, for people only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Importing", total=total or None)
        yield lambda count: progress.advance(task, count)
