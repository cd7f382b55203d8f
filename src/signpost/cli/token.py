"""`signpost token`."""

from typing import Annotated

import typer

from signpost.cli.options import AsJson, CommandError, ConfigFile, Data, Database, TenantName, opened_tenant, print_json


def token(
    client: Annotated[
        str | None, typer.Option("--client", help="The client's id.", show_default="the oldest client")
    ] = None,
    scope: Annotated[
        list[str] | None, typer.Option("--scope", help="A scope; repeat for more.", show_default="all of the client's")
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print an access token, and nothing else: export TOKEN=$(signpost token)."""
    with opened_tenant(data, database, config, tenant) as (parts, found):
        with parts.store.reading(found.id) as workspace:
            clients = [c for c in workspace.clients.all() if c.revoked_at is None and client in {None, c.id}]
        if not clients:
            raise CommandError("There is no such client; 'signpost clients list' shows them.")
        chosen = clients[0]
        wanted = tuple(name for part in scope or () for name in part.split())
        missing = [name for name in wanted if name not in chosen.scopes]
        if missing:
            raise CommandError(f"The client does not hold {', '.join(missing)}; it holds {', '.join(chosen.scopes)}.")
        scopes = wanted or chosen.scopes
        made = parts.tokens.issue(found, chosen, scopes)
        if as_json:
            print_json(
                {
                    "access_token": made,
                    "token_type": "Bearer",
                    "expires_in": parts.tokens.lifetime_seconds,
                    "scope": " ".join(scopes),
                }
            )
        else:
            typer.echo(made)
