"""`signpost clients …`."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
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
from signpost.model.clients import AppType
from signpost.model.errors import ClientLimitError, FieldRefusedError
from signpost.model.tenants import SCOPES, Client
from signpost.usecases.clients import (
    ClientDraft,
    Credentials,
    add_client,
    change_client,
    create_client,
    list_clients,
    revoke_client,
    rotate_client,
)

app = typer.Typer(
    help="Clients, machines and applications: list, create, change, rotate, revoke.", no_args_is_help=True
)

Callbacks = Annotated[
    list[str] | None, typer.Option("--callback", help="An address that browsers may be sent back to; repeat for more.")
]
LogoutUrls = Annotated[
    list[str] | None, typer.Option("--logout-url", help="An address that browsers may be sent to after signing out.")
]
WebOrigins = Annotated[
    list[str] | None, typer.Option("--web-origin", help="Whose pages may ask for tokens, beside those of callbacks.")
]
ClientId = Annotated[str, typer.Argument(help="The client's id.")]


@app.command("list")
def list_all(
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """List the tenant's clients, revoked ones too."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        clients = list_clients(parts.call(found, ACTOR))
        if as_json:
            print_json([_document(client) for client in clients])
            return
        rows = [
            (c.id, c.name, c.app_type.value, "revoked" if c.revoked_at else "active", " ".join(c.scopes))
            for c in clients
        ]
        print_table("Clients", ("id", "name", "type", "status", "scopes"), rows)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="A name to know it by.")],
    app_type: Annotated[
        AppType, typer.Option("--type", help="What it is; people sign in to all but the first.")
    ] = AppType.NON_INTERACTIVE,
    callback: Callbacks = None,
    logout_url: LogoutUrls = None,
    web_origin: WebOrigins = None,
    scope: Annotated[
        list[str] | None,
        typer.Option(
            "--scope", help="A scope; repeat for more.", show_default="all scopes of a machine, none of others"
        ),
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a client and print its secret, once, if it can keep one."""
    is_machine = app_type is AppType.NON_INTERACTIVE
    if is_machine and (callback or logout_url or web_origin):
        raise CommandError("A machine has no --callback, --logout-url or --web-origin; say --type spa, for instance.")
    if not is_machine and scope:
        raise CommandError("Only a machine has a --scope: what others may do is up to who signs in.")
    scopes = tuple(name for part in scope or SCOPES for name in part.split())
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise CommandError(f"{', '.join(unknown)} is no scope; there are {', '.join(SCOPES)}.")
    if not name.strip() or len(name) > 255:
        raise CommandError("A client's name has 1 to 255 characters.")
    with opened_tenant(data, database, config, tenant) as (parts, found):
        call = parts.call(found, ACTOR)
        if is_machine:
            _show(create_client(call, name, scopes), as_json=as_json)
            return
        draft = ClientDraft(
            name,
            app_type,
            callbacks=tuple(callback or ()),
            allowed_logout_urls=tuple(logout_url or ()),
            web_origins=tuple(web_origin or ()),
        )
        with _refusals():
            _show(add_client(call, draft), as_json=as_json)


@app.command()
def change(
    client_id: ClientId,
    callback: Callbacks = None,
    logout_url: LogoutUrls = None,
    web_origin: WebOrigins = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Change the addresses of a client: what is given takes the place of what it had."""
    given = {"callbacks": callback, "allowed_logout_urls": logout_url, "web_origins": web_origin}
    changes = {field: tuple(values) for field, values in given.items() if values is not None}
    if not changes:
        raise CommandError("Say what is to be changed: --callback, --logout-url or --web-origin.")
    with opened_tenant(data, database, config, tenant) as (parts, found), _refusals():
        changed = change_client(
            parts.call(found, ACTOR),
            client_id,
            lambda client: replace(client, **changes),  # type: ignore[arg-type]
        )
        if as_json:
            print_json(_document(changed.client))
        else:
            typer.echo(f"{changed.client.id} is changed.")


@app.command()
def rotate(
    client_id: ClientId,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Give a client a new secret and print it, once; the old secret is good no more."""
    with opened_tenant(data, database, config, tenant) as (parts, found), _refusals():
        _show(rotate_client(parts.call(found, ACTOR), client_id), as_json=as_json)


@app.command()
def revoke(
    client_id: ClientId,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Shut a client out for good, with all tokens that it has; running servers know within a second."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        client = revoke_client(parts.call(found, ACTOR), client_id)
        if as_json:
            print_json(_document(client))
        else:
            typer.echo(f"{client.id} is revoked.")


@contextmanager
def _refusals() -> Iterator[None]:
    """Tell what is refused in a sentence."""
    try:
        yield
    except FieldRefusedError as error:
        raise CommandError(f"{error.field} {error.reason}.") from error
    except ClientLimitError as error:
        raise CommandError(f"A tenant may have at most {error.limit} clients.") from error


def _show(credentials: Credentials, *, as_json: bool) -> None:
    if as_json:
        secret = {"client_secret": credentials.secret} if credentials.secret else {}
        print_json(_document(credentials.client) | secret)
        return
    typer.echo(f"client_id      {credentials.client.id}")
    if not credentials.secret:
        return
    typer.echo(f"client_secret  {credentials.secret}")
    typer.echo("Keep the secret: it is not shown again.", err=True)


def _document(client: Client) -> dict[str, object]:
    return {
        "client_id": client.id,
        "name": client.name,
        "app_type": client.app_type.value,
        "scopes": list(client.scopes),
        "callbacks": list(client.callbacks),
        "allowed_logout_urls": list(client.allowed_logout_urls),
        "web_origins": list(client.web_origins),
        "status": "revoked" if client.revoked_at else "active",
        "created_at": client.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
