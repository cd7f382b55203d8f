"""`signpost actions …`."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from signpost.api.wire.actions import render_action
from signpost.api.wire.endpoints import is_acceptable_endpoint
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
from signpost.edge.webhook_signatures import format_secret
from signpost.model import limits
from signpost.model.actions import Action, OnFailure, Trigger
from signpost.signin.actions import ActionEvent, ClientFacts, UserFacts
from signpost.usecases.actions import (
    ActionDraft,
    SignedAction,
    create_action,
    get_action,
    list_actions,
    remove_action,
    rotate_action,
    update_action,
)
from signpost.usecases.catalog import load_tenant_state

SAMPLE_USER = UserFacts(user_id="auth0|test", email="test@example.com", email_verified=True, name="Test")
SAMPLE_CLIENT = ClientFacts(client_id="test", name="Test")

app = typer.Typer(help="Actions: webhooks that are asked at sign-in and sign-up.", no_args_is_help=True)

ActionId = Annotated[str, typer.Argument(help="The action's id.")]


@app.command("list")
def list_all(
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the tenant's actions in the order in which they run."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        actions = list_actions(parts.call(found, ACTOR))
        if as_json:
            print_json([render_action(action) for action in actions])
            return
        rows = [
            (a.id, a.name, a.trigger.value, a.endpoint, f"{a.timeout_ms} ms", a.on_failure.value, _status(a))
            for a in actions
        ]
        print_table("Actions", ("id", "name", "trigger", "url", "time", "on failure", "status"), rows)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="A name to know it by.")],
    trigger: Annotated[Trigger, typer.Option("--trigger", help="When it runs.")],
    url: Annotated[str, typer.Option("--url", help="Who is asked: https, or on this machine.")],
    timeout_ms: Annotated[
        int,
        typer.Option("--timeout-ms", min=limits.ACTION_MS_MIN, max=limits.ACTION_MS_MAX, help="How long it may take."),
    ] = limits.ACTION_MS_DEFAULT,
    on_failure: Annotated[
        OnFailure, typer.Option("--on-failure", help="What holds when it does not answer as it should.")
    ] = OnFailure.ALLOW,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create an action and print the secret that signs its requests, once."""
    if not is_acceptable_endpoint(url):
        raise CommandError("--url must be an https address, or one on this machine.")
    if not name.strip() or len(name) > limits.NAME_MAX:
        raise CommandError(f"An action's name has 1 to {limits.NAME_MAX} characters.")
    draft = ActionDraft(name, trigger, url, timeout_ms, on_failure)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        _show(create_action(parts.call(found, ACTOR), parts.keys, draft), as_json=as_json)


@app.command()
def rotate(
    action_id: ActionId,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give an action a new secret and print it, once; the old one signs beside it for a day."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        _show(rotate_action(parts.call(found, ACTOR), parts.keys, action_id), as_json=as_json)


@app.command()
def enable(
    action_id: ActionId,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Let an action run; running servers know within a second."""
    _switch(action_id, tenant, data, database, config, is_enabled=True)


@app.command()
def disable(
    action_id: ActionId,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Let an action run no more; running servers know within a second."""
    _switch(action_id, tenant, data, database, config, is_enabled=False)


@app.command()
def remove(
    action_id: ActionId,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Remove an action for good."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        remove_action(parts.call(found, ACTOR), action_id)
        typer.echo(f"{action_id} is removed.")


@app.command("test")
def ask_once(
    action_id: ActionId,
    event: Annotated[
        Path | None, typer.Option("--event", help="A JSON file with parts of an event: user, client, request, …")
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Ask an action once, about somebody made up or about what a file says, and print what would be done.

    Exits with 1 when it does not answer as it should.
    """
    told = ActionEvent(user=SAMPLE_USER, client=SAMPLE_CLIENT) if event is None else _read_event(event)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        action = replace(get_action(parts.call(found, ACTOR), action_id), is_enabled=True)
        state = replace(load_tenant_state(parts.store, found.id), actions=(action,))
        verdict = parts.actions().run_actions(state, action.trigger, told)
    print_json(msgspec.to_builtins(verdict))
    if verdict.failures:
        raise typer.Exit(1)


def _read_event(path: Path) -> ActionEvent:
    try:
        given = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        document = {"user": SAMPLE_USER, "client": SAMPLE_CLIENT} | given
        return msgspec.convert(msgspec.to_builtins(document), ActionEvent)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise CommandError(f"{path} is no event: {error}") from error


def _switch(
    action_id: str, tenant: TenantName, data: Data, database: Database, config: ConfigFile, *, is_enabled: bool
) -> None:
    with opened_tenant(data, database, config, tenant) as (parts, found):
        changed = update_action(parts.call(found, ACTOR), action_id, lambda a: replace(a, is_enabled=is_enabled))
        typer.echo(f"{changed.id} is {_status(changed)}.")


def _status(action: Action) -> str:
    return "enabled" if action.is_enabled else "disabled"


def _show(signed: SignedAction, *, as_json: bool) -> None:
    secret = format_secret(signed.secret)
    if as_json:
        print_json(render_action(signed.action) | {"signing_secret": secret})
        return
    typer.echo(f"id              {signed.action.id}")
    typer.echo(f"signing_secret  {secret}")
    typer.echo("Keep the secret: it is not shown again.", err=True)
