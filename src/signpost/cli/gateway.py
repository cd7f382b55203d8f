"""`signpost gateway`."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from signpost.bootstrap import Post, create_gateway
from signpost.cli.options import (
    AsJson,
    CommandError,
    ConfigFile,
    Data,
    Database,
    TenantName,
    opened,
    print_json_line,
    read_settings,
)
from signpost.cli.serving import ANY_HOST, listen, serve_app, url_of
from signpost.cli.toml_files import read_file
from signpost.config import Settings
from signpost.gateway.settings import GatewaySettings, is_address
from signpost.ports.store import StoreUnavailableError
from signpost.usecases.tenants import find_tenant

PORT = 8081


def gateway(
    issuer: Annotated[str, typer.Option("--issuer", help="The provider's issuer, as the provider itself says it.")],
    url: Annotated[
        str | None,
        typer.Option("--url", help="The gateway's own address as browsers see it.", show_default="where it listens"),
    ] = None,
    host: Annotated[
        str | None, typer.Option("--host", help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[int, typer.Option("--port", min=0, max=65_535, help="The port; 0 takes a free one.")] = PORT,
    mapping: Annotated[
        Path | None,
        typer.Option(
            "--mapping", help="A TOML file: what decisions become at the provider.", show_default="one JSON parameter"
        ),
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes that serve.", show_default="1")] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", help="debug, info, warning or error.", show_default="info")
    ] = None,
    geoip: Annotated[
        Path | None, typer.Option("--geoip", help="A MaxMind-format file for countries and regions.")
    ] = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Stand before an OpenID provider that is there already: decide, record, and send browsers on to it with the decision.

    It works on the data folder of 'signpost serve', on the same host. SIGTERM or Ctrl-C stops it. The log goes to stderr.
    """
    if not is_address(issuer) or "?" in issuer:
        raise CommandError("--issuer must be an http or https address, such as https://id.example.com/realms/main.")
    if url is not None and (not is_address(url) or "?" in url):
        raise CommandError("--url must be an http or https address, such as https://sign-in.example.com.")
    said = read_file(mapping, GatewaySettings) if mapping else GatewaySettings()
    effective = read_settings(
        config, host=host, data=data, database=database, workers=workers, log_level=log_level, geoip=geoip
    )
    settings = effective.settings.model_copy(update={"port": port, "tls": False})
    if url is None and settings.host in ANY_HOST:
        raise CommandError(f"--url must say how browsers reach what listens on {settings.host}.")
    listening = listen(settings)
    _check_tenant(settings, tenant)
    post = Post(issuer, (url or url_of(settings, listening)).rstrip("/"), tenant)
    if as_json:
        print_json_line({"url": post.url, "issuer": post.issuer, "data": str(settings.data)})
    else:
        typer.echo(f"Standing at {post.url}/authorize before {post.issuer} (data in {settings.data})")
    serve_app(partial(create_gateway, settings, said, post), settings, listening)


def _check_tenant(settings: Settings, tenant: str | None) -> None:
    """Refuse a folder without data, and a tenant that is not there; a database that does not answer is waited for later.

    Raises:
        CommandError, NotFoundError: there is no data, or no such tenant.
    """
    try:
        with opened(settings) as parts:
            find_tenant(parts.store, tenant)
    except StoreUnavailableError as error:
        typer.echo(f"The database does not answer, sign-ins go on without experiments until it does: {error}", err=True)
