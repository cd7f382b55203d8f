"""Where an experiment is measured, if not where the server keeps its events."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from signpost.bootstrap import Parts
from signpost.cli.options import CommandError
from signpost.ports.measurements import Measures

WarehouseUrl = Annotated[
    str | None,
    typer.Option(
        "--warehouse",
        help="Measure exported events there: postgresql://… or clickhouse://…",
        show_default="the server's own events",
    ),
]
WarehouseTable = Annotated[str, typer.Option("--table", help="With --warehouse: the table that holds them.")]
TABLE = "signpost_events"


@contextmanager
def opened_measures(parts: Parts, url: str | None, table: str) -> Iterator[Measures]:
    """Open what measures.

    Raises:
        CommandError: the URL or the table can't be used.
        MeasurementUnavailableError: the warehouse does not answer.
    """
    if url is None:
        yield parts.events
        return
    from signpost.warehouses.connections import WarehouseUrlError, open_warehouse  # noqa: PLC0415
    from signpost.warehouses.exported import ExportedMeasures  # noqa: PLC0415

    if not re.fullmatch(r"\w+(\.\w+){0,2}", table, re.ASCII):
        raise CommandError(f"--table {table}: a name, or schema.name.")
    try:
        with open_warehouse(url) as engine:
            yield ExportedMeasures(engine, table)
    except WarehouseUrlError as error:
        raise CommandError(str(error)) from error
