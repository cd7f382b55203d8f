"""Running the server: the first run, the socket, the processes."""

import socket
from functools import partial

import typer
import uvicorn
from uvicorn.supervisors import Multiprocess

from signpost.bootstrap import create_app, open_parts, set_up
from signpost.cli.options import CommandError
from signpost.config import Settings
from signpost.edge.certificates import make_certificate

STOP_SECONDS = 10
"""How long requests in flight may take to finish when the server is told to stop."""
BACKLOG = 2_048


def run(settings: Settings) -> None:
    """Serve until told to stop.

    Raises:
        CommandError: the address can't be listened on.
    """
    parts = open_parts(settings)
    credentials = set_up(parts)
    audience = next(tenant.audience for tenant in parts.store.tenants() if tenant.is_default)
    parts.close()
    listening = _listen(settings)
    certificate = make_certificate(settings.data / "tls") if settings.tls else None
    if credentials is not None:
        typer.echo(f"A first client, with all scopes. Keep its secret: it is not shown again.\n"
                   f"  client_id      {credentials.client.id}\n"
                   f"  client_secret  {credentials.secret}\n"
                   f"  audience       {audience}")  # fmt: skip
    if certificate is not None:
        typer.echo(
            f"Clients must trust the local authority {certificate.authority} (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS)."
        )
    scheme = "https" if settings.tls else "http"
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    typer.echo(f"Serving {scheme}://{shown}:{port} (documentation at /docs, data in {settings.data})")
    configuration = uvicorn.Config(
        partial(create_app, settings),
        factory=True,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_SECONDS,
        ssl_certfile=str(certificate.chain) if certificate is not None else None,
        ssl_keyfile=str(certificate.key) if certificate is not None else None,
    )
    if settings.workers > 1:
        Multiprocess(configuration, sockets=[listening]).run()
    else:
        uvicorn.Server(configuration).run(sockets=[listening])


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
    except OSError as error:
        listening.close()
        reason = error.strerror or str(error)
        raise CommandError(
            f"Can't listen on {settings.host} port {settings.port}: {reason.lower()}. Choose another with --port; 0 takes a free one."
        ) from error
    listening.set_inheritable(True)
    return listening
