"""The servers that are measured, each a process on one core: `python -m bench.serving echo|runtime CORE FOLDER`."""

import os
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from time import monotonic
from typing import Any

import uvicorn

from signpost.edge.catalog import Catalog
from signpost.edge.collector import spare_collector
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.protocol import LimitedProtocol
from signpost.edge.system import SystemClock
from signpost.edge.tokens import Tokens
from signpost.events.files import FileEvents
from signpost.model.experiments import ExperimentStatus, SlotRange
from signpost.requests.attributes import RequestAttributes
from signpost.requests.places import NoPlaces
from signpost.requests.useragents import UserAgents
from signpost.runtime.app import RuntimeApp
from signpost.storage.memory import MemoryStore
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_client, a_flag, a_tenant, a_variation, an_experiment

Message = MutableMapping[str, Any]


def make_echo(reply: bytes) -> Callable[..., Awaitable[None]]:
    """Return the least that can be done: read the body, answer with a body."""
    headers = [(b"content-type", b"application/json; charset=utf-8"), (b"content-length", b"%d" % len(reply))]

    async def echo(_: Message, receive: Callable[..., Any], send: Callable[..., Any]) -> None:
        message = await receive()
        while message.get("more_body"):
            message = await receive()
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": reply})

    return echo


async def _nothing_else(*_: Any) -> None:
    raise NotImplementedError


def make_runtime(folder: Path) -> tuple[RuntimeApp, str]:
    """Return the real application over one active experiment, and a token for it."""
    clock = SystemClock()
    store = MemoryStore(clock)
    tenant, client = a_tenant(), a_client()
    store.add_tenant(tenant, "bench")
    one, two = a_variation(1), a_variation(2, overrides={"title": "Welcome back"})
    experiment = an_experiment(
        status=ExperimentStatus.ACTIVE,
        slot_ranges=(SlotRange(0, 500_000, one.id), SlotRange(500_000, 1_000_000, two.id)),
    )
    with store.writing(tenant.id, "bench") as workspace:
        workspace.clients.add(client)
        workspace.flags.add(a_flag())
        workspace.variations.add(one)
        workspace.variations.add(two)
        workspace.experiments.add(experiment)
    keys = KeyRing(folder / "keys", clock)
    tokens = Tokens(keys, ForeignKeys(monotonic), clock, 86_400)
    catalog = Catalog(store)
    catalog.refresh()
    gate = Gate(catalog, tokens, RateLimiter(0, clock.now_seconds), clock.now_seconds)
    events = FileEvents(folder / "events", clock)
    attributes = RequestAttributes(UserAgents(), NoPlaces())
    return RuntimeApp(
        gate, events, keys, attributes, clock, accounts=MemoryAccountStore(clock), otherwise=_nothing_else
    ), tokens.issue(tenant, client, client.scopes)


def main() -> None:
    kind, core, folder = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3])
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {core})
    app: Any
    options: Any = {}
    if kind == "echo":
        app = make_echo((folder / "reply").read_bytes())
    else:
        app, token = make_runtime(folder)
        (folder / "token").write_text(token)
        options = {"http": LimitedProtocol, "server_header": False}  # as `signpost serve` has it
    config = uvicorn.Config(app, port=0, access_log=False, log_level="warning", lifespan="off", **options)
    if kind != "echo":
        spare_collector()
    server = uvicorn.Server(config)
    socket = config.bind_socket()
    socket.listen(2_048)
    print(socket.getsockname()[1], flush=True)
    server.run([socket])


if __name__ == "__main__":
    main()
