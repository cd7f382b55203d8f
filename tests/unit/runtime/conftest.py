"""The runtime routes in this process, over real parts in memory."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from signpost.edge.asgi import Message, Receive, Scope, Send
from signpost.edge.catalog import Catalog
from signpost.edge.foreign import ForeignKeys
from signpost.edge.gate import Gate
from signpost.edge.keys import KeyRing
from signpost.edge.limits import RateLimiter
from signpost.edge.tokens import Tokens
from signpost.events.memory import MemoryEvents
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, SlotRange, Strategy
from signpost.model.segments import Condition, Operator, Rule
from signpost.model.tenants import SCOPES, Client, Tenant
from signpost.ports.events import Event
from signpost.requests.attributes import RequestAttributes
from signpost.requests.places import NOWHERE, Place
from signpost.requests.useragents import UserAgents
from signpost.runtime.app import DECISIONS_PATH, EVENTS_PATH, RuntimeApp
from signpost.storage.memory import MemoryStore
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_client, a_flag, a_segment, a_tenant, a_variation, an_experiment
from signpost.testing.repeatable import SteppingClock

Json = dict[str, Any]


class KnownPlaces:
    """Knows one address."""

    def find(self, ip: str) -> Place:
        return Place("CA", "QC") if ip == "203.0.113.7" else NOWHERE


class WatchedEvents(MemoryEvents):
    """Counts the batches."""

    def __init__(self, clock: SteppingClock) -> None:
        super().__init__(clock)
        self.batches = 0

    def append(self, events: Sequence[Event]) -> "Future[int]":
        self.batches += 1
        return super().append(events)


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Exchange:
    """One request, part by part, and what came back."""

    parts: list[bytes]
    sent: list[Message] = field(default_factory=list)

    async def receive(self) -> Message:
        part = self.parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(self.parts)}

    async def send(self, message: Message) -> None:
        self.sent.append(message)

    @property
    def reply(self) -> Reply:
        start, body = self.sent
        headers = {name.decode(): value.decode() for name, value in start["headers"]}
        assert start["status"] in {204, 304} or int(headers["content-length"]) == len(body["body"])
        return Reply(start["status"], headers, body["body"])


async def nothing_else(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"9")]})
    await send({"type": "http.response.body", "body": b"elsewhere"})


class House:
    """Two tenants with a client each, and the runtime routes before them."""

    def __init__(self, folder: Path, user_agents: UserAgents) -> None:
        self.clock = SteppingClock()
        self.user_agents = user_agents
        self.store = MemoryStore(self.clock)
        self.keys = KeyRing(folder, self.clock)
        self.tokens = Tokens(self.keys, ForeignKeys(self.now_seconds), self.clock, 10**9)  # checked by the real clock
        self.catalog = Catalog(self.store)
        self.events = WatchedEvents(self.clock)
        self.accounts = MemoryAccountStore(self.clock)
        self.first, self.second = a_tenant(1), a_tenant(2)
        self.client, self.other_client = a_client(1), a_client(2)
        for tenant, client in ((self.first, self.client), (self.second, self.other_client)):
            self.store.add_tenant(tenant, "tests")
            with self.store.writing(tenant.id, "tests") as workspace:
                workspace.clients.add(client)
                workspace.flags.add(a_flag())
                workspace.variations.add(a_variation(1))
                workspace.variations.add(a_variation(2, overrides={"title": "Welcome back"}))
        self.catalog.refresh()
        self.app = self.make_app(self.events)

    def make_app(self, events: Any, places: Any = None, per_minute: int = 0, **options: Any) -> RuntimeApp:
        gate = Gate(self.catalog, self.tokens, RateLimiter(per_minute, self.now_seconds), self.now_seconds)
        attributes = RequestAttributes(self.user_agents, places or KnownPlaces())
        return RuntimeApp(
            gate, events, self.keys, attributes, self.clock, accounts=self.accounts, otherwise=nothing_else, **options
        )

    def now_seconds(self) -> float:
        return self.clock.now().timestamp()

    def add(self, *experiments: Experiment, segments: Sequence[Any] = ()) -> None:
        with self.store.writing(self.first.id, "tests") as workspace:
            for segment in segments:
                workspace.segments.add(segment)
            for experiment in experiments:
                workspace.experiments.add(experiment)
        self.catalog.refresh()

    def headers(self, tenant: Tenant | None = None, scopes: tuple[str, ...] = SCOPES) -> list[tuple[bytes, bytes]]:
        client: Client = self.other_client if tenant == self.second else self.client
        token = self.tokens.issue(tenant or self.first, client, scopes)
        host = (tenant or self.first).domain
        return [(b"host", host.encode()), (b"authorization", f"Bearer {token}".encode())]

    def send(self, path: str, body: Any, **options: Any) -> Reply:
        return self.send_all(path, [body], **options)[0]

    def send_all(self, path: str, bodies: Sequence[Any], **options: Any) -> list[Reply]:
        """Send requests at once; a body is bytes as they are, a list of parts, or a value."""

        async def run() -> list[Reply]:
            return list(await asyncio.gather(*(self.ask(path, body, **options) for body in bodies)))

        return asyncio.run(run())

    async def ask(
        self,
        path: str,
        body: Any,
        *,
        method: str = "POST",
        headers: Sequence[tuple[bytes, bytes]] | None = None,
        more: Sequence[tuple[bytes, bytes]] = (),
        app: RuntimeApp | None = None,
        query: bytes = b"",
    ) -> Reply:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        exchange = Exchange([raw])
        scope: Scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": query,
            "client": ("192.0.2.1", 1),
            "headers": [*(self.headers() if headers is None else headers), *more],
        }
        await (app or self.app)(scope, exchange.receive, exchange.send)
        return exchange.reply

    def decide(self, unit: str = "unit-1", flow: str = "authentication", **said: Any) -> Json:
        reply = self.send(DECISIONS_PATH, {"flow": flow, "unit": unit, **said})
        assert reply.status == 200, reply.body
        shown: Json = reply.json
        return shown

    def tell(self, body: Any, **options: Any) -> Json:
        reply = self.send(EVENTS_PATH, body, **options)
        assert reply.status == 200, reply.body
        shown: Json = reply.json
        return shown

    def log(self, tenant: Tenant | None = None) -> list[Json]:
        return [json.loads(entry.body) for entry in self.events.after((tenant or self.first).id, None, 10_000)]


def halves(**changes: Any) -> Experiment:
    """Return an active experiment that splits in halves."""
    one, two = a_variation(1), a_variation(2)
    ranges = (SlotRange(0, 500_000, one.id), SlotRange(500_000, 1_000_000, two.id))
    return an_experiment(**({"status": ExperimentStatus.ACTIVE, "slot_ranges": ranges} | changes))


def targeted(house: House, *conditions: Condition) -> None:
    """Add an active experiment that shows the second variation where the conditions hold."""
    segment = a_segment(rules=(Rule(match=conditions),))
    allocations = (
        Allocation(a_variation(1).id, is_control=True, is_fallback=True),
        Allocation(a_variation(2).id, is_control=False, segment_id=segment.id, priority=1),
    )
    experiment = an_experiment(status=ExperimentStatus.ACTIVE, strategy=Strategy.SEGMENT, allocations=allocations)
    house.add(experiment, segments=[segment])


def equals(attribute: str, *values: str) -> Condition:
    return Condition(attribute, Operator.EQUALS, values)


@pytest.fixture(scope="session")
def keys_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


@pytest.fixture(scope="session")
def user_agents() -> UserAgents:
    return UserAgents()


@pytest.fixture
def house(keys_folder: Path, user_agents: UserAgents) -> House:
    return House(keys_folder, user_agents)
