"""`signpost plans …`: how experiments are judged; `signpost plan` says how many units one needs."""

from pathlib import Path
from typing import Annotated

import typer

from signpost.bootstrap import Parts
from signpost.cli.options import (
    ACTOR,
    AsJson,
    ConfigFile,
    Data,
    Database,
    TenantName,
    opened_tenant,
    print_json,
)
from signpost.model.errors import PlanInvalidError
from signpost.model.tenants import Tenant
from signpost.usecases.analysis_plans import PlanDraft, PlanView, get_plan
from signpost.usecases.experiment_lives import find_by_name
from signpost.usecases.experiments import ExperimentChange, update_experiment

app = typer.Typer(help="Analysis plans of experiments: show, set, remove.", no_args_is_help=True)

Named = Annotated[str, typer.Argument(metavar="EXPERIMENT", help="The experiment's id or name.")]


@app.command()
def show(
    experiment: Named,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print the plan that an experiment is judged by as a file that `set` takes, and what was changed since the start."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        _show(_get(parts, found, experiment), as_json=as_json)


@app.command("set")
def set_plan(
    experiment: Named,
    file: Annotated[Path, typer.Argument(help="A TOML file.")],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give an experiment a plan of its own; once it has been activated, this is shown as a change after the start."""
    from signpost.api.wire.analysis_plans import AnalysisPlanBody  # noqa: PLC0415 only what reads files needs it
    from signpost.cli.toml_files import read_file, refuse_file  # noqa: PLC0415

    draft = read_file(file, AnalysisPlanBody).parse()
    with opened_tenant(data, database, config, tenant) as (parts, found):
        try:
            _change(parts, found, experiment, draft)
        except PlanInvalidError as error:
            refuse_file(file, error.faults)
        _show(_get(parts, found, experiment), as_json=as_json)


@app.command()
def remove(
    experiment: Named,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Take an experiment's own plan away, so that it is judged by the usual one of its flow."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        _change(parts, found, experiment, None)
        _show(_get(parts, found, experiment), as_json=as_json)


def _change(parts: Parts, tenant: Tenant, named: str, draft: PlanDraft | None) -> None:
    call = parts.call(tenant, ACTOR)
    with call.reading() as workspace:
        experiment_id = find_by_name(workspace, named).id
    update_experiment(call, experiment_id, ExperimentChange(analysis_plan=draft))


def _get(parts: Parts, tenant: Tenant, named: str) -> PlanView:
    call = parts.call(tenant, ACTOR)
    with call.reading() as workspace:
        experiment_id = find_by_name(workspace, named).id
    return get_plan(call, experiment_id)


def _show(view: PlanView, *, as_json: bool) -> None:
    from signpost.api.wire.analysis_plans import render_plan, render_plan_view  # noqa: PLC0415
    from signpost.cli.toml_files import write_toml  # noqa: PLC0415

    if as_json:
        print_json(render_plan_view(view))
        return
    experiment, changes = view.experiment, view.history.changes
    whose = "its own plan" if experiment.analysis_plan is not None else f"the usual plan of {experiment.flow}"
    typer.echo(f"# {experiment.name}  {experiment.id}  {experiment.status}: {whose}")
    for change in changes:
        typer.echo(f"# changed after the start: {change.at.isoformat(timespec='seconds')} by {change.actor}")
    typer.echo(write_toml(render_plan(view.plan), "metrics"))
