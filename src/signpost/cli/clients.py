"""`signpost clients …`."""

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
from signpost.model.tenants import SCOPES, Client
from signpost.usecases.clients import Credentials, create_client, list_clients, revoke_client, rotate_client

app = typer.Typer(help="Machine-to-machine clients: list, create, rotate, revoke.", no_args_is_help=True)

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
        rows = [(c.id, c.name, "revoked" if c.revoked_at else "active", " ".join(c.scopes)) for c in clients]
        print_table("Clients", ("id", "name", "status", "scopes"), rows)


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="A name to know it by.")],
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="A scope; repeat for more.", show_default="all scopes")
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Create a client and print its secret, once."""
    scopes = tuple(name for part in scope or SCOPES for name in part.split())
    unknown = [scope for scope in scopes if scope not in SCOPES]
    if unknown:
        raise CommandError(f"{', '.join(unknown)} is no scope; there are {', '.join(SCOPES)}.")
    if not name.strip() or len(name) > 255:
        raise CommandError("A client's name has 1 to 255 characters.")
    with opened_tenant(data, database, config, tenant) as (parts, found):
        _show(create_client(parts.call(found, ACTOR), name, scopes), as_json=as_json)


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
    with opened_tenant(data, database, config, tenant) as (parts, found):
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


def _show(credentials: Credentials, *, as_json: bool) -> None:
    if as_json:
        print_json(_document(credentials.client) | {"client_secret": credentials.secret})
        return
    typer.echo(f"client_id      {credentials.client.id}")
    typer.echo(f"client_secret  {credentials.secret}")
    typer.echo("Keep the secret: it is not shown again.", err=True)


def _document(client: Client) -> dict[str, object]:
    return {
        "client_id": client.id,
        "name": client.name,
        "scopes": list(client.scopes),
        "status": "revoked" if client.revoked_at else "active",
        "created_at": client.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }
