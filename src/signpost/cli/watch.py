"""`signpost watch`."""

from typing import Annotated, Any

import typer

from signpost.cli.options import AsJson, ConfigFile, Data, Database, TenantName, opened_tenant, print_json
from signpost.model.alarms import say_done
from signpost.usecases.experiment_lives import find_by_name
from signpost.usecases.watch import Watched


def watch(
    experiment: Annotated[
        str | None,
        typer.Argument(metavar="EXPERIMENT", help="The experiment's id or name.", show_default="all active ones"),
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Look once for harm in running experiments, act as their plans say, and lead ramps on.

    A server does the same by itself, every `watch_minutes`.
    """
    with opened_tenant(data, database, config, tenant) as (parts, found):
        named = None
        if experiment is not None:
            with parts.store.reading(found.id) as workspace:
                named = find_by_name(workspace, experiment).id
        looks = list(parts.watch().look(found.id, named))
    if as_json:
        print_json([_describe(look) for look in looks])
    else:
        for look in looks:
            typer.echo(f"{look.experiment.name}: {_say(look)}")
        if not looks:
            typer.echo("No experiment is active." if named is None else "The experiment is not active.")


def _say(look: Watched) -> str:
    if look.raised:
        return " ".join(f"{alarm.message} {say_done(alarm.action)}" for alarm in look.raised)
    if look.level is not None:
        return f"Its ramp went on to {look.level} %."
    if look.waits is not None:
        return f"Its ramp stays at {look.experiment.current_level} %. {look.waits}"
    return "Nothing new was found."


def _describe(look: Watched) -> dict[str, Any]:
    return {
        "experiment_id": look.experiment.id,
        "verdict": look.results.verdict.decision.value,
        "raised": [
            {
                "subject": alarm.subject,
                "variation_id": alarm.variation_id,
                "action": alarm.action.value,
                "message": alarm.message,
            }
            for alarm in look.raised
        ],
        "advanced_to": look.level,
        "ramp_waits": look.waits,
    }
