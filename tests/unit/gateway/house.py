"""A gateway's inside over real parts in memory."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import parse_qsl

from signpost.edge.catalog import Catalog
from signpost.edge.keys import KeyRing
from signpost.edge.notices import Notices
from signpost.events.memory import MemoryEvents
from signpost.gateway.assigning import Assigning, Desk
from signpost.gateway.outcomes import Outcomes
from signpost.gateway.queries import Query
from signpost.gateway.settings import GatewaySettings
from signpost.gateway.visits import Visit, Way
from signpost.middleware.cookies import Device, DeviceCookie
from signpost.middleware.testers import OverrideCookie
from signpost.model.experiments import Experiment, ExperimentStatus, SlotRange
from signpost.ports.events import Event
from signpost.requests.attributes import RequestAttributes
from signpost.requests.places import NoPlaces
from signpost.requests.useragents import UserAgents
from signpost.runtime.linked import LinkedUnits
from signpost.runtime.recorder import Recorder
from signpost.storage.memory import MemoryStore
from signpost.storage.memory_accounts import MemoryAccountStore
from signpost.testing.builders import a_flag, a_tenant, a_variation, an_experiment
from signpost.testing.repeatable import SteppingClock

URL = "https://gateway.example"
KEY = "k" * 32
TITLE = "Welcome back & hello"


class StuckEvents(MemoryEvents):
    """Never says whether anything was kept."""

    def append(self, events: Sequence[Event]) -> "Future[int]":
        return Future()


def halves(**changes: Any) -> Experiment:
    """Return an active experiment that splits in halves."""
    ranges = (SlotRange(0, 500_000, a_variation(1).id), SlotRange(500_000, 1_000_000, a_variation(2).id))
    return an_experiment(**({"status": ExperimentStatus.ACTIVE, "slot_ranges": ranges} | changes))


class House:
    """A tenant whose flag has `title` and `steps`; the second variation changes the title."""

    def __init__(self, folder: Path) -> None:
        self.clock = SteppingClock()
        self.store = MemoryStore(self.clock)
        self.keys = KeyRing(folder, self.clock)
        self.catalog = Catalog(self.store)
        self.events = MemoryEvents(self.clock)
        self.cookie = DeviceCookie([KEY])
        self.tenant = a_tenant(1)
        self.attributes = RequestAttributes(UserAgents(), NoPlaces())
        self.now = monotonic
        self.store.add_tenant(self.tenant, "tests")
        with self.store.writing(self.tenant.id, "tests") as workspace:
            workspace.flags.add(a_flag())
            workspace.variations.add(a_variation(1))
            workspace.variations.add(a_variation(2, overrides={"title": TITLE}))

    def add(self, *experiments: Experiment) -> None:
        with self.store.writing(self.tenant.id, "tests") as workspace:
            for experiment in experiments:
                workspace.experiments.add(experiment)
        self.catalog.refresh()

    def lead(
        self, *visits: Visit, events: MemoryEvents | None = None, room: int = 4_000, seconds: float = 5, **said: Any
    ) -> list[Way]:
        """Lead visits, one after the other."""

        async def run() -> list[Way]:
            assigning = Assigning(self._desk(events or self.events, seconds, said), Notices(monotonic))
            return [await assigning.lead(visit, room) for visit in visits]

        return asyncio.run(run())

    def come_back(self, client: str, query: bytes, device: Device | None) -> None:
        """Note an outcome."""

        async def run() -> None:
            read = Query.read(query)
            assert read is not None
            await Outcomes(self.events, self.clock, self.tenant.id).note(
                client, read, device, Recorder(self.events).record
            )

        asyncio.run(run())

    def log(self) -> list[dict[str, Any]]:
        return [json.loads(entry.body) for entry in self.events.after(self.tenant.id, None, 10_000)]

    def device(self) -> tuple[Device, str]:
        """Return a device, and its `Cookie` header."""
        device = self.cookie.make()
        written = self.cookie.write(device)
        return device, f"{written.name}={written.value}"

    def device_in(self, title: str, **said: Any) -> tuple[Device, str]:
        """Return a device that sees a title."""
        while True:
            device, header = self.device()
            found = fields_of(self.lead(Visit(b"", header), events=MemoryEvents(self.clock))[0])
            if json.loads(found["ext-experiment"])["config"]["title"]["value"] == title:
                return device, header

    def _desk(self, events: MemoryEvents, seconds: float, said: dict[str, Any]) -> Desk:
        return Desk(
            tenant_id=self.tenant.id,
            url=URL,
            settings=GatewaySettings(**said),
            catalog=self.catalog,
            cookie=self.cookie,
            testers=OverrideCookie(is_secure=True),
            attributes=self.attributes,
            recorder=Recorder(events, seconds),
            linked=LinkedUnits(MemoryAccountStore(self.clock), 60),
            secrets=self.keys,
            clock=self.clock,
            monotonic=self.now,
        )


def fields_of(way: Way) -> dict[str, str]:
    """Return the fields of a query, each of which is there once."""
    pairs = parse_qsl(way.query.decode(), keep_blank_values=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)
