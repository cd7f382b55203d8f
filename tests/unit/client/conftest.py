"""Clients over connections that do as they are told."""

from threading import Event
from typing import Any

import msgspec

from signpost import Configuration
from signpost.client.connections import Connection, Credentials, Fetched, UnavailableError
from signpost.exchange import write_document
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, SlotRange, Strategy
from signpost.model.segments import Condition, Operator, Rule
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment

Json = dict[str, Any]

ONE, TWO = a_variation(1), a_variation(2, overrides={"title": "Welcome back"})
MOBILE = a_segment(rules=(Rule((Condition("device_type", Operator.EQUALS, ("mobile",)),)),))
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"


def halves(**changes: Any) -> Experiment:
    ranges = (SlotRange(0, 500_000, ONE.id), SlotRange(500_000, 1_000_000, TWO.id))
    return an_experiment(**{"status": ExperimentStatus.ACTIVE, "slot_ranges": ranges} | changes)


def targeted() -> Experiment:
    allocations = (
        Allocation(ONE.id, is_control=True, is_fallback=True),
        Allocation(TWO.id, is_control=False, segment_id=MOBILE.id, priority=1),
    )
    return an_experiment(status=ExperimentStatus.ACTIVE, strategy=Strategy.SEGMENT, allocations=allocations)


def configuration(*experiments: Experiment, revision: int = 1) -> Configuration:
    return Configuration(
        tenant_id="ten_1",
        revision=revision,
        flags=(a_flag(),),
        variations=(ONE, TWO),
        segments=(MOBILE,),
        experiments=experiments,
    )


class Scripted(Connection):
    """A connection to a server that is there or is not."""

    def __init__(self) -> None:
        super().__init__("https://signpost.example", Credentials(token="t"))
        self.is_up = True
        self.is_lossy = False
        """Whether replies are lost on the way, though everything is taken in."""
        self.plan: Configuration | bytes = configuration()
        self.taken: dict[str, Json] = {}
        self.asked = 0
        self.was_sent = Event()

    def fetch_plan(self, etag: str | None, *, is_waiting: bool) -> Fetched:
        self.asked += 1
        if not self.is_up:
            raise UnavailableError("nobody there")
        document = self.plan if isinstance(self.plan, bytes) else write_document(self.plan)
        tag = f'"{hash(document)}"'
        return Fetched(None, tag) if tag == etag else Fetched(document, tag)

    def send(self, path: str, lines: bytes) -> int:
        if not self.is_up:
            raise UnavailableError("nobody there")
        for line in lines.split(b"\n"):
            said = msgspec.json.decode(line)
            self.taken.setdefault(said.get("id") or said["event_id"], said)
        if self.is_lossy:
            raise UnavailableError("the reply was lost")
        self.was_sent.set()
        return 0
