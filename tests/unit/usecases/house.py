"""A tenant with one experiment, in memory, and what was recorded of it."""

from dataclasses import replace
from typing import Any

from signpost.analysis.results import Results
from signpost.assignment.slots import ranges_for
from signpost.events.memory import MemoryEvents
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus
from signpost.ports.events import EXPOSURE_TYPE, SUCCESS_TYPE, Attribution, Event
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant, a_variation, an_experiment
from signpost.testing.repeatable import START, SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.results import get_results

PASSWORD, PASSKEY, MAGIC_LINK = (a_variation(number).id for number in (1, 2, 3))
START_MS = round(START.timestamp() * 1000)
TENANT = a_tenant().id


def running(*weights: int | None, **changes: Any) -> Experiment:
    allocations = tuple(
        Allocation(a_variation(number).id, is_control=number == 1, weight_slots=weight)
        for number, weight in enumerate(weights, start=1)
    )
    experiment = an_experiment(
        status=ExperimentStatus.ACTIVE, started_at=START, **{"allocations": allocations, **changes}
    )
    return replace(experiment, slot_ranges=experiment.slot_ranges or ranges_for(experiment))


HALVES = running(500_000, 500_000)


class House:
    """A tenant with one experiment, and what was recorded of it."""

    def __init__(self, *lives: Experiment) -> None:
        self.clock = SteppingClock()
        self.store = MemoryStore(self.clock)
        self.events = MemoryEvents(self.clock)
        self.store.add_tenant(a_tenant(), "test")
        with self.store.writing(TENANT, "test") as tenant:
            for number, name in enumerate(("Password", "Passkey", "Magic link"), start=1):
                tenant.variations.add(a_variation(number, name=name))
            tenant.experiments.add(lives[0])
        for later in lives[1:]:
            self.live_on(later)

    def live_on(self, experiment: Experiment) -> None:
        with self.store.writing(TENANT, "test") as tenant:
            tenant.experiments.replace(experiment)

    def now_ms(self) -> int:
        return round(self.clock.now().timestamp() * 1000)

    def expose(self, variation_id: str, units: int, successes: int, *, name: str = "", is_forced: bool = False) -> None:
        """Expose units, so many of which have a success, both now."""
        at_ms = self.now_ms()
        kept = []
        for number in range(units):
            unit = name or f"{variation_id} {at_ms} {number}"
            to = Attribution(
                HALVES.id, variation_id, variation_id == PASSWORD, "percentage", None, unit, at_ms, is_forced
            )
            kept.append(Event(TENANT, EXPOSURE_TYPE, at_ms, b"{}", None, unit, None, to, is_exposure=True))
            if number < successes:
                kept.append(Event(TENANT, SUCCESS_TYPE, at_ms, b"{}", None, unit))
        self.events.append(kept)

    def call(self, actor: str = "test") -> Call:
        return Call(self.store, self.clock, SequentialIds(), TENANT, actor)

    def results(self) -> Results:
        return get_results(self.call(), self.events, HALVES.id)
