"""`signpost plan`."""

import math
from typing import Annotated

import typer
from rich.console import Console
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
from signpost.model.analysis_plans import Looking
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS, find_built_in

WAYS = {
    Looking.FIXED: "one look at the end",
    Looking.GROUP_SEQUENTIAL: "a look a day",
    Looking.CONFIDENCE_SEQUENCE: "at any time",
}


def plan(
    effect: Annotated[
        float, typer.Option(help="The least relative effect worth finding, in percent: 2 is from 80 % to 81.6 %.")
    ],
    experiment: Annotated[
        str | None, typer.Option(help="An experiment whose units tell the baseline and the traffic: its id.")
    ] = None,
    metric: Annotated[str, typer.Option(help="The metric of the catalogue that decides.")] = SIGN_IN_SUCCESS.name,
    baseline: Annotated[float | None, typer.Option(help="The value now: a rate between 0 and 1, or a mean.")] = None,
    deviation: Annotated[
        float | None, typer.Option(help="One unit's standard deviation; of a rate it follows.")
    ] = None,
    daily: Annotated[float | None, typer.Option(help="New units a day, in all variations.", min=1)] = None,
    arms: Annotated[int, typer.Option(help="Variations, the control included.", min=2, max=20)] = 2,
    guardrails: Annotated[int, typer.Option(help="Guardrails that have to hold, too.", min=0, max=19)] = 0,
    power: Annotated[
        float, typer.Option(help="The probability to find the effect if it is there.", min=0.5, max=0.99)
    ] = 0.8,
    alpha: Annotated[float, typer.Option(help="The error that is allowed.", min=0.001, max=0.2)] = 0.05,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Tell how many units an experiment takes, how many days that is, and what it could find, for each way of looking."""
    # These bring numerical libraries with them, which the other commands shall not wait for.
    from signpost.analysis.planning import Design  # noqa: PLC0415
    from signpost.usecases.sizes import NoTrafficError, Traffic, measure_traffic, plan_sizes  # noqa: PLC0415

    if effect <= 0 or not math.isfinite(effect):
        raise CommandError("--effect: a number of percent above 0.")
    if experiment is not None:
        found = find_built_in(metric)
        if found is None or found.quantile is not None or found.base is not None:
            raise CommandError(
                f"--metric {metric}: name a rate or a mean of the catalogue (signpost metrics list), or give --baseline."
            )
        with opened_tenant(data, database, config, tenant) as (parts, of):
            try:
                traffic = measure_traffic(parts.call(of, ACTOR), parts.events, experiment, found)
            except NoTrafficError as error:
                raise CommandError(str(error)) from error
    elif baseline is None:
        raise CommandError("Give --baseline (and --daily), or an --experiment that has been running.")
    else:
        if deviation is None and not 0 < baseline < 1:
            raise CommandError("--baseline: a rate between 0 and 1; for a mean give its --deviation, too.")
        traffic = Traffic(baseline, deviation or math.sqrt(baseline * (1 - baseline)), daily)
    design = Design(traffic.baseline, traffic.deviation, alpha=alpha, power=power, guardrails=guardrails)
    sizes = plan_sizes(traffic, effect / 100, design, arms)
    if as_json:
        print_json(
            {
                "baseline": traffic.baseline,
                "deviation": traffic.deviation,
                "daily_units": traffic.daily_units,
                "effect": effect / 100,
                "sizes": [
                    {
                        "looking": size.looking,
                        "units": size.units,
                        "days": size.days,
                        "effects": [{"days": days, "effect": least} for days, least in size.effects],
                    }
                    for size in sizes
                ],
            }
        )
        return
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("Looking")
    for title in ("Units", "Days", *(f"in {days} days" for days, _ in sizes[0].effects)):
        table.add_column(title, justify="right")
    for size in sizes:
        table.add_row(
            WAYS[size.looking],
            "out of reach" if size.units is None else f"{size.units:,}",
            "–" if size.days is None else f"{size.days:,}",
            *(f"{100 * least:.2f} %" for _, least in size.effects),
        )
    console = Console()
    pace = "" if traffic.daily_units is None else f", {traffic.daily_units:,.0f} new units a day"
    console.print(
        f"Baseline {traffic.baseline:.4g}{pace}; {arms} variations in equal shares, power {100 * power:g} %, error {100 * alpha:g} %"
    )
    console.print(f"What it takes to find {effect:g} % more or less, and the least that is found in so many days:\n")
    console.print(table)
