"""`signpost report`."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from signpost.cli.options import ACTOR, ConfigFile, Data, Database, TenantName, opened_tenant
from signpost.cli.warehouse_options import TABLE, WarehouseTable, WarehouseUrl, opened_measures
from signpost.model.holdouts import HOLDOUT


def report(
    experiment_id: Annotated[
        str, typer.Argument(metavar="ID", help="The experiment's id; `holdout` for all experiments together.")
    ],
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Where to write it: .html, .csv or .parquet; - prints the page.")
    ],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    warehouse: WarehouseUrl = None,
    table: WarehouseTable = TABLE,
) -> None:
    """Write what an experiment has shown into one page to keep or to send, or its numbers into a table."""
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.reports.page import render_html  # noqa: PLC0415
    from signpost.reports.rows import write_csv, write_parquet  # noqa: PLC0415
    from signpost.usecases.holdout_results import get_holdout_results  # noqa: PLC0415
    from signpost.usecases.results import get_results  # noqa: PLC0415

    kind = ".html" if str(output) == "-" else output.suffix.lower()
    if kind not in {".html", ".csv", ".parquet"}:
        raise typer.BadParameter(
            "a file that ends with .html, .csv or .parquet, or - to print the page", param_hint="--output"
        )
    with (
        opened_tenant(data, database, config, tenant) as (parts, found),
        opened_measures(parts, warehouse, table) as measures,
    ):
        call = parts.call(found, ACTOR)
        if experiment_id == HOLDOUT:
            results = get_holdout_results(call, measures)
        else:
            results = get_results(call, measures, experiment_id, is_whole=True)
    if kind == ".parquet":
        write_parquet(results, output)
        return
    text = write_csv(results) if kind == ".csv" else render_html(results)
    if str(output) == "-":
        sys.stdout.write(text)
    else:
        output.write_text(text, encoding="utf-8")
