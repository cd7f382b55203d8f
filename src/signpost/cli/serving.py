"""Running the server: the socket, the first run, the processes."""

import logging
import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable, Mapping
from functools import partial
from multiprocessing.process import BaseProcess
from threading import Thread
from types import FrameType

import typer
import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from signpost.bootstrap import Parts, create_app, open_parts, set_up
from signpost.cli.options import CommandError, print_json_line
from signpost.config import Settings
from signpost.edge.asgi import App
from signpost.edge.certificates import Certificate, make_certificate
from signpost.edge.collector import spare_collector
from signpost.edge.protocol import LimitedProtocol

STOP_SECONDS = 10
"""How long requests in flight may take to finish when the server is told to stop."""
WORKER_SECONDS = 60
"""How long a worker may take to start, or to answer at all, before it is replaced. With uvicorn's 5 a busy machine never starts."""
BACKLOG = 2_048
ANY_HOST = {"", "0.0.0.0", "::"}  # noqa: S104 compared with, not listened on

log = logging.getLogger("signpost.serve")


def run(settings: Settings, *, as_json: bool) -> None:
    """Serve until told to stop.

    Raises:
        CommandError: the address can't be listened on, or the server can't start.
    """
    listening = listen(settings)  # first of all: a first run whose secret nobody saw would be lost
    parts = open_parts(settings)
    try:
        certificate = _certify(settings, parts) if settings.tls else None
        credentials = set_up(parts)
        tenant = next(tenant for tenant in parts.store.tenants() if tenant.is_default)
    finally:
        parts.close()
    told: dict[str, str] = {"url": url_of(settings, listening), "data": str(settings.data), "audience": tenant.audience}
    if credentials is not None:
        told |= {"client_id": credentials.client.id, "client_secret": credentials.secret}
    if certificate is not None:
        told["authority"] = str(certificate.authority)
    if as_json:
        print_json_line(told)
    else:
        _tell(told)
    serve_app(partial(create_app, settings), settings, listening, certificate)


def serve_app(
    create: Callable[[], App], settings: Settings, listening: socket.socket, certificate: Certificate | None = None
) -> None:
    """Serve an application until told to stop.

    Raises:
        CommandError: it can't start.
    """
    configuration = uvicorn.Config(
        partial(create_worker, create),
        factory=True,
        workers=settings.workers,
        log_config=None,
        access_log=False,
        http=LimitedProtocol,
        server_header=False,
        backlog=BACKLOG,
        timeout_graceful_shutdown=STOP_SECONDS,
        timeout_worker_healthcheck=WORKER_SECONDS,
        ssl_certfile=str(certificate.served) if certificate is not None else None,
    )
    if settings.workers > 1:
        _serve_with_many(configuration, listening)
    else:
        _serve_alone(configuration, listening)


def create_worker(create: Callable[[], App]) -> App:
    """Return the application of one process, or end the process if it can't be made."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        Thread(target=_follow, args=(parent,), name="signpost-parent", daemon=True).start()
    try:
        app = create()
    except Exception:
        if parent is None:
            raise
        log.exception("this process can't start")
        sys.exit(STARTUP_FAILURE)  # which the parent does not answer with another try
    spare_collector()
    return app


def _serve_alone(configuration: uvicorn.Config, listening: socket.socket) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(
            number, _leave
        )  # comes after the server's own, which stops it gracefully and raises the signal again
    try:
        uvicorn.Server(configuration).run(sockets=[listening])
    except SystemExit as left:
        if left.code == STARTUP_FAILURE:
            raise CommandError("The server can't start; its log says why.") from None
        raise


def _serve_with_many(configuration: uvicorn.Config, listening: socket.socket) -> None:
    supervisor = _Supervisor(configuration, sockets=[listening])
    supervisor.run()
    if any(process.exitcode == STARTUP_FAILURE for process in supervisor.processes):
        raise CommandError("The server can't start; its log says why.")


class _Supervisor(Multiprocess):
    """Starts the processes, and others in place of those that die."""

    def terminate_all(self) -> None:
        """Tell all to stop; from here on nobody new is let in, to wait for an answer that does not come."""
        for listening in self.sockets:
            listening.close()
        super().terminate_all()


def _leave(_: int, __: FrameType | None) -> None:
    sys.exit(0)


def _follow(parent: BaseProcess) -> None:
    """Stop when the parent is gone, even if it was killed: nobody could stop this process with the others then."""
    parent.join()
    os.kill(os.getpid(), signal.SIGTERM)


def _certify(settings: Settings, parts: Parts) -> Certificate:
    """Return a certificate for the address that is listened on, and for every tenant's domain."""
    names = [tenant.domain.partition(":")[0] for tenant in parts.store.tenants()]
    if settings.host not in ANY_HOST:
        names.append(settings.host)
    try:
        return make_certificate(settings.data / "tls", names)
    except ValueError as error:
        raise CommandError(f"A certificate can't be made in {settings.data / 'tls'}: {error}.") from error


def listen(settings: Settings) -> socket.socket:
    """Return a socket that listens where the settings say.

    Raises:
        CommandError: it can't.
    """
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host, settings.port))
        listening.listen(BACKLOG)
    except OSError as error:
        listening.close()
        reason = (error.strerror or str(error)).lower()
        raise CommandError(
            f"Can't listen on {settings.host} port {settings.port}: {reason}. Choose another with --port; 0 takes a free one."
        ) from error
    listening.set_inheritable(True)
    return listening


def url_of(settings: Settings, listening: socket.socket) -> str:
    """Return the address that is listened on."""
    host, port = listening.getsockname()[:2]
    shown = f"[{host}]" if ":" in host else host
    return f"{'https' if settings.tls else 'http'}://{shown}:{port}"


def _tell(told: Mapping[str, str]) -> None:
    if "client_secret" in told:
        typer.echo(f"A first client, with all scopes. Keep its secret: it is not shown again.\n"
                   f"  client_id      {told['client_id']}\n"
                   f"  client_secret  {told['client_secret']}\n"
                   f"  audience       {told['audience']}")  # fmt: skip
    if "authority" in told:
        typer.echo(f"Clients must trust the local authority {told['authority']} (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS).")
    typer.echo(f"Serving {told['url']} (documentation at /docs, data in {told['data']})")
