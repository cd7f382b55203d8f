"""`signpost serve`."""

from pathlib import Path
from typing import Annotated

import typer

from signpost.cli.options import AsJson, ConfigFile, Data, Database, read_settings
from signpost.cli.serving import run


def serve(
    host: Annotated[
        str | None, typer.Option("--host", help="The address to listen on.", show_default="127.0.0.1")
    ] = None,
    port: Annotated[
        int | None, typer.Option("--port", help="The port; 0 takes a free one.", show_default="8080")
    ] = None,
    data: Data = None,
    database: Database = None,
    workers: Annotated[int | None, typer.Option("--workers", help="Processes that serve.", show_default="1")] = None,
    rate_limit: Annotated[
        int | None,
        typer.Option(
            "--rate-limit", help="Management requests per client and minute; 0: no limit.", show_default="6000"
        ),
    ] = None,
    log_level: Annotated[
        str | None, typer.Option("--log-level", help="debug, info, warning or error.", show_default="info")
    ] = None,
    geoip: Annotated[
        Path | None, typer.Option("--geoip", help="A MaxMind-format file for countries and regions.")
    ] = None,
    config: ConfigFile = None,
    *,
    tls: Annotated[
        bool | None, typer.Option("--tls/--no-tls", help="Serve https with an own local authority.", show_default="no")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Serve the management API and decisions.

    The first run makes the data folder with a default tenant, its keys and a client with all scopes, and prints that client's
    secret, once. SIGTERM or Ctrl-C stops it: requests in flight are answered, what was accepted is kept. The log goes to stderr.
    """
    effective = read_settings(
        config,
        host=host,
        port=port,
        data=data,
        database=database,
        workers=workers,
        rate_limit=rate_limit,
        log_level=log_level,
        geoip=geoip,
        tls=tls,
    )
    run(effective.settings, as_json=as_json)
