"""`signpost metrics …`."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

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
    print_table,
)
from signpost.model.errors import NameTakenError
from signpost.model.metrics import find_faults
from signpost.usecases import metrics
from signpost.usecases.experiment_lives import find_by_name

app = typer.Typer(help="Metrics: list, show, add, preview, remove.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The metric's name.")]


@app.command("list")
def list_all(
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List all metrics: those that come built in, and after them the tenant's own."""
    from signpost.api.wire.metrics import render_known_metric  # noqa: PLC0415 only this and what reads files need it

    with opened_tenant(data, database, config, tenant) as (parts, found):
        listed = metrics.list_metrics(parts.call(found, ACTOR))
    if as_json:
        print_json([render_known_metric(known) for known in listed])
        return
    rows = [
        (k.metric.name, k.metric.aggregation, k.metric.direction, "" if k.own else "built in", k.metric.description)
        for k in listed
    ]
    print_table("Metrics", ("name", "aggregation", "better", "from", "what"), rows)


@app.command()
def show(
    name: Name,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print a metric as a file that `add` takes."""
    from signpost.api.wire.metrics import render_known_metric, render_metric  # noqa: PLC0415
    from signpost.cli.toml_files import write_toml  # noqa: PLC0415

    with opened_tenant(data, database, config, tenant) as (parts, found):
        known = metrics.get_metric(parts.call(found, ACTOR), name)
    if as_json:
        print_json(render_known_metric(known))
    else:
        typer.echo(write_toml({"metrics": [render_metric(known.metric)]}, "metrics"))


@app.command()
def add(
    file: Annotated[Path, typer.Argument(help="A TOML file with a table [[metrics]] for each.")],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    may_replace: Annotated[bool, typer.Option("--replace", help="Replace metrics that are there already.")] = False,
    as_json: AsJson = False,
) -> None:
    """Add the metrics of a file, all or none; what is there as it stands in the file is left alone."""
    from signpost.api.wire.metrics import MetricsFile  # noqa: PLC0415
    from signpost.cli.toml_files import read_file, refuse_file  # noqa: PLC0415

    read = [body.parse() for body in read_file(file, MetricsFile).metrics]
    faults = [f"metrics[{i}].{fault}" for i, metric in enumerate(read) for fault in find_faults(metric)]
    names = [metric.name for metric in read]
    faults += [f"metrics[{i}].name: {name} is there twice." for i, name in enumerate(names) if name in names[:i]]
    if faults:
        refuse_file(file, faults)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        try:
            written = metrics.keep_metrics(parts.call(found, ACTOR), read, may_replace=may_replace)
        except NameTakenError as error:
            raise CommandError(
                f"{file} has a metric by the name of one that comes built in, or of one that is there and differs:"
                " give it another name, or replace your own with --replace."
            ) from error
    if as_json:
        print_json({"written": list(written), "left_alone": [name for name in names if name not in written]})
        return
    for name in names:
        typer.echo(f"{name}  {'written' if name in written else 'is there already'}")


@app.command()
def preview(
    named: Annotated[
        str, typer.Argument(metavar="METRIC", help="A metric's name, or a TOML file (….toml) of metrics.")
    ],
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="An experiment, id or name.", show_default="all experiments")
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Measure a metric over the units that were exposed in the last 30 days, to see whether it measures what was meant."""
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.api.wire.metric_previews import render_preview  # noqa: PLC0415
    from signpost.api.wire.metrics import MetricsFile  # noqa: PLC0415
    from signpost.cli.preview_view import PreviewView  # noqa: PLC0415
    from signpost.cli.toml_files import read_file  # noqa: PLC0415
    from signpost.usecases.metric_previews import preview_metric  # noqa: PLC0415

    read = [body.parse() for body in read_file(Path(named), MetricsFile).metrics] if named.endswith(".toml") else []
    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        wanted = read or [metrics.get_metric(call, named).metric]
        experiment_id = None
        if experiment is not None:
            with call.reading() as workspace:
                experiment_id = find_by_name(workspace, experiment).id
        previews = [preview_metric(call, parts.events, metric, experiment_id) for metric in wanted]
    if as_json:
        print_json([render_preview(preview) for preview in previews])
        return
    for shown in previews:
        Console().print(PreviewView(shown))


@app.command()
def remove(
    name: Name,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Remove a metric of the tenant's own; plans that hold a copy go on with it."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        metrics.get_metric(call, name)
        metrics.remove_metric(call, name)
    if as_json:
        print_json({"removed": name})
    else:
        typer.echo(f"{name} is removed.")
