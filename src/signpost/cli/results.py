"""`signpost results`."""

import sys
from io import TextIOWrapper
from typing import Annotated

import typer
from rich.console import Console

from signpost.cli.options import ACTOR, AsJson, ConfigFile, Data, Database, TenantName, opened_tenant, print_json
from signpost.cli.warehouse_options import TABLE, WarehouseTable, WarehouseUrl, opened_measures
from signpost.model.holdouts import HOLDOUT


def results(
    experiment_id: Annotated[
        str, typer.Argument(metavar="ID", help="The experiment's id; `holdout` for all experiments together.")
    ],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    warehouse: WarehouseUrl = None,
    table: WarehouseTable = TABLE,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell what an experiment has shown: what to do next, every metric with its interval, and whether to trust them."""
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.api.wire.results import render_results  # noqa: PLC0415
    from signpost.cli.result_view import ResultView  # noqa: PLC0415
    from signpost.usecases.holdout_results import get_holdout_results  # noqa: PLC0415
    from signpost.usecases.results import get_results  # noqa: PLC0415

    with (
        opened_tenant(data, database, config, tenant) as (parts, found),
        opened_measures(parts, warehouse, table) as measures,
    ):
        call = parts.call(found, ACTOR)
        if experiment_id == HOLDOUT:
            shown = get_holdout_results(call, measures)
        else:
            shown = get_results(call, measures, experiment_id)
    if as_json:
        print_json(render_results(shown))
        return
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a terminal without Unicode gets ? for what it can't show
    Console().print(ResultView(shown))
