"""`signpost pages …`."""

import json
from pathlib import Path
from typing import Annotated

import typer

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
from signpost.model.errors import FieldRefusedError
from signpost.model.experiments import Experiment
from signpost.model.hosted_pages import PARAMETERS, HostedPages
from signpost.model.json import JsonValue
from signpost.model.limits import PAGE_TEMPLATE_MAX
from signpost.signin.previews import Preview, preview_experiment, preview_pages
from signpost.signin.screens.parameters import read_parameters
from signpost.signin.screens.templates import say_fault
from signpost.usecases.catalog import load_tenant_state
from signpost.usecases.hosted_pages import get_pages, set_parameters, set_template

app = typer.Typer(help="The hosted sign-in pages: show, set, template, preview.", no_args_is_help=True)


@app.command()
def show(
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show what the pages are like for who is in no experiment on them."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        _show(get_pages(parts.call(found, ACTOR)), as_json=as_json)


@app.command("set")
def set_values(
    values: Annotated[list[str], typer.Argument(metavar="NAME=VALUE…", help="A value as JSON or plain text.")],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Set parameters of the pages; NAME= alone goes back to what is usual. Running servers know within a second."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        parameters = dict(get_pages(call).parameters)
        for value in values:
            name, given, text = value.partition("=")
            if not given:
                raise CommandError(f"{value}: write NAME=VALUE, such as layout=combined.")
            parameters.pop(name, None)
            if text or name not in PARAMETERS:
                parameters[name] = _read(text)
        known = {name: value for name, value in parameters.items() if name in PARAMETERS}
        for wrong in read_parameters(known)[1]:
            raise CommandError(f"{wrong} can't be {json.dumps(known[wrong])}: {PARAMETERS[wrong].description}")
        try:
            set_parameters(call, parameters)
        except FieldRefusedError as error:
            raise CommandError(f"{error.field} {error.reason}.") from error
        _show(get_pages(call), as_json=as_json)


@app.command()
def template(
    file: Annotated[Path | None, typer.Argument(help="A template; without one, print the one that is used.")] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    built_in: Annotated[bool, typer.Option("--built-in", help="Go back to the built-in pages.")] = False,
) -> None:
    """Put a template around the forms of the pages. One that would fail on any of them is refused, with the reason."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        if file is None and not built_in:
            typer.echo(get_pages(call).template or "The pages are the built-in ones.")
            return
        source = None if built_in or file is None else _read_template(file)
        fault = say_fault(source) if source is not None else None
        if fault is not None:
            raise CommandError(f"{file}: {fault}")
        set_template(call, source)
        typer.echo("The pages are the built-in ones." if source is None else "The pages have this template now.")


@app.command()
def preview(
    folder: Annotated[Path, typer.Argument(help="Where the pages are written to, as HTML files.")],
    experiment: Annotated[
        str | None, typer.Option("--experiment", help="An experiment's id or name: a page for each of its variations.")
    ] = None,
    file: Annotated[Path | None, typer.Option("--template", help="A template that is not used yet.")] = None,
    screen: Annotated[str, typer.Option("--screen", help="The screen: login, signup, mfa-enroll and so on.")] = "login",
    locale: Annotated[str, typer.Option("--locale", help="en, fr or ja.")] = "en",
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Write what a page looks like, for each variation of an experiment; nothing is kept, and nobody else sees it."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        state = load_tenant_state(parts.store, found.id)
        source = _read_template(file) if file is not None else found.pages.template
        try:
            if experiment is None:
                previews = [preview_pages(state, source, screen, locale)]
            else:
                chosen = _find(state.configuration.experiments, experiment)
                previews = preview_experiment(state, chosen, source, screen, locale)
        except KeyError as error:
            raise CommandError(f"There is no screen {screen}.") from error
    folder.mkdir(parents=True, exist_ok=True)
    for each in previews:
        _write(folder, each)


def _write(folder: Path, preview: Preview) -> None:
    path = folder / f"{preview.file_name}.html"
    path.write_text(preview.html, encoding="utf-8")
    typer.echo(str(path))
    if preview.fault is not None:
        typer.echo(f"  the built-in page, because of the template: {preview.fault}", err=True)


def _find(experiments: tuple[Experiment, ...], wanted: str) -> Experiment:
    for experiment in experiments:
        if wanted in {experiment.id, experiment.name}:
            return experiment
    raise CommandError(f"There is no experiment {wanted}.")


def _read(text: str) -> JsonValue:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_template(file: Path) -> str:
    try:
        source = file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise CommandError(f"{file} is no UTF-8 text.") from error
    if len(source) > PAGE_TEMPLATE_MAX:
        raise CommandError(f"{file} has over {PAGE_TEMPLATE_MAX:,} characters.")
    return source


def _show(pages: HostedPages, *, as_json: bool) -> None:
    shown = {name: pages.parameters.get(name, parameter.value) for name, parameter in PARAMETERS.items()}
    if as_json:
        print_json({"parameters": shown, "has_template": pages.template is not None})
        return
    rows = [
        (name, json.dumps(value, ensure_ascii=False), "set" if name in pages.parameters else "as is usual")
        for name, value in shown.items()
    ]
    print_table("Hosted pages", ("parameter", "value", ""), rows)
    typer.echo(f"Template: {'your own' if pages.template is not None else 'built-in'}")
