"""`signpost analyze`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from signpost.cli.metric_choice import MARGIN, choose_metrics, split_margin
from signpost.cli.options import AsJson, CommandError, print_json
from signpost.edge.system import SystemClock
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.metrics import Aggregation, Direction, Metric, Role, Selection
from signpost.warehouses.connections import WarehouseUrlError
from signpost.warehouses.files import TableError
from signpost.warehouses.logs import Logs, measure_logs
from signpost.warehouses.sources import open_source
from signpost.warehouses.tables import Column, measure_table


def analyze(
    data: Annotated[
        str,
        typer.Argument(
            metavar="FILE",
            help="A Parquet, CSV or JSON file with a row for each unit, or with --events for each exposure; - is CSV on stdin.",
        ),
    ],
    unit: Annotated[str, typer.Option(help="The column that names the unit.")],
    variation: Annotated[str, typer.Option(help="The column that names its variation.")],
    metric: Annotated[
        list[str],
        typer.Option(
            help="A column to decide by, or two with a / between them for a ratio; :decrease after it when less is better. "
            "With --events the name of a metric: signpost metrics list."
        ),
    ],
    events: Annotated[
        str | None, typer.Option(help="A file with a row for each event, of which the metrics are made.")
    ] = None,
    warehouse: Annotated[
        str | None,
        typer.Option(help="With --events: where both are tables instead of files, postgresql://… or clickhouse://…"),
    ] = None,
    at: Annotated[str, typer.Option(help="With --events: the column of the time, in both files.")] = "at",
    type_: Annotated[str, typer.Option("--type", help="With --events: the column of the events' type.")] = "type",
    defined: Annotated[
        Path | None, typer.Option("--metrics", help="With --events: a TOML file of metrics of your own.")
    ] = None,
    guardrail: Annotated[
        list[str] | None,
        typer.Option(help="A column that may not lose more than a share of the control's value: column:0.02."),
    ] = None,
    look: Annotated[list[str] | None, typer.Option(help="A column to look at only.")] = None,
    covariate: Annotated[
        list[str] | None, typer.Option(help="What each unit had before, to sharpen a metric: metric=column.")
    ] = None,
    control: Annotated[
        str | None, typer.Option(help="The variation to compare with; the first in the alphabet if not given.")
    ] = None,
    shares: Annotated[
        str | None, typer.Option(help="The planned shares, to check the sample ratio: a=50,b=50.")
    ] = None,
    alpha: Annotated[float, typer.Option(help="The error that is allowed.", min=0.001, max=0.2)] = 0.05,
    looking: Annotated[
        Looking, typer.Option(help="fixed: one look that was planned; confidence_sequence: it was watched.")
    ] = Looking.FIXED,
    report: Annotated[Path | None, typer.Option("--report", help="Write a page of HTML, too.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Analyze an experiment that was run elsewhere, from a table of its units or from logs of exposures and events."""
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.api.wire.results import render_results  # noqa: PLC0415
    from signpost.cli.result_view import ResultView  # noqa: PLC0415
    from signpost.reports.page import render_html  # noqa: PLC0415
    from signpost.usecases.analyses import Data, analyse  # noqa: PLC0415

    if looking is Looking.GROUP_SEQUENTIAL:
        raise CommandError("Nobody knows how often it was looked at: take fixed or confidence_sequence.")
    try:
        if events is None:
            if warehouse is not None:
                raise CommandError("--warehouse needs --events, too: tables of exposures and of events.")
            columns = _columns(metric, guardrail or [], look or [], _pairs(covariate or [], "--covariate"))
            measured = measure_table(data, unit, variation, columns)
        else:
            metrics = choose_metrics(metric, guardrail or [], look or [], defined)
            with open_source(warehouse) as source:
                measured = measure_logs(source, Logs(data, events, unit, variation, at, type_), metrics)
    except (TableError, WarehouseUrlError) as error:
        raise CommandError(str(error)) from error
    chosen = control or measured.variations[0]
    if chosen not in measured.variations:
        raise CommandError(f"There is no variation {chosen}; there are {', '.join(measured.variations)}.")
    planned = None if shares is None else _planned(shares, measured.variations)
    units = sum(cell.units for cell in measured.measurement.cells)
    plan = AnalysisPlan(measured.metrics, looking, alpha, planned_units=max(1, units))
    name = "standard input" if data == "-" else Path(data).name
    about = Data(name, measured.variations, chosen, planned, measured.scales)
    results = analyse(about, plan, measured.measurement, SystemClock().now().astimezone(UTC))
    if report is not None:
        report.write_text(render_html(results), encoding="utf-8")
    if as_json:
        print_json(render_results(results))
        return
    Console().print(ResultView(results))
    for sentence in measured.left_out:
        typer.echo(f"Left out: {sentence}", err=True)


def _columns(
    decisions: Sequence[str], guardrails: Sequence[str], looks: Sequence[str], before: dict[str, str]
) -> list[Column]:
    columns = [_column(text, Role.DECISION) for text in decisions]
    for text in guardrails:
        name, share = split_margin(text.removesuffix(":decrease"))
        if share is None:
            raise CommandError(f"--guardrail {text}: {MARGIN}")
        column = _column(name + (":decrease" if text.endswith(":decrease") else ""), Role.GUARDRAIL)
        columns.append(replace(column, metric=replace(column.metric, margin=share)))
    columns += [_column(text, Role.EXPLORATORY) for text in looks]
    names = [column.metric.name for column in columns]
    for name in [*before, *(n for n in names if names.count(n) > 1)]:
        if names.count(name) != 1:
            raise CommandError(f"{name} is {'no metric' if name not in names else 'there twice'}.")
    return [
        replace(c, before=before[c.metric.name], metric=replace(c.metric, covariate_days=1))
        if c.metric.name in before
        else c
        for c in columns
    ]


def _column(text: str, role: Role) -> Column:
    name = text.removesuffix(":decrease").removesuffix(":increase")
    direction = Direction.DECREASE if text.endswith(":decrease") else Direction.INCREASE
    value, _, denominator = name.partition("/")
    kind = Aggregation.RATIO if denominator else Aggregation.CONVERSION
    metric = Metric(name, "", kind, Selection((name,)), direction, role)
    return Column(metric, value, denominator or None)


def _pairs(texts: Sequence[str], option: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise CommandError(f"{option} {text}: write name=value.")
        pairs[name] = value
    return pairs


def _planned(text: str, variations: Sequence[str]) -> dict[str, int]:
    planned = {}
    for name, value in _pairs(text.split(","), "--shares").items():
        if name not in variations:
            raise CommandError(f"--shares: there is no variation {name}; there are {', '.join(variations)}.")
        try:
            planned[name] = round(float(value) * 10_000)
        except (ValueError, OverflowError):
            raise CommandError(f"--shares: {value} is no number.") from None
    return planned
