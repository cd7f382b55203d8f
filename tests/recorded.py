"""A data folder in which an experiment has happened."""

from collections.abc import Sequence
from dataclasses import replace

from signpost.assignment.slots import ranges_for
from signpost.bootstrap import Parts, set_up
from signpost.model.experiments import ExperimentStatus
from signpost.ports.events import EXPOSURE_TYPE, SUCCESS_TYPE, Attribution, Event
from signpost.testing.builders import a_variation, an_experiment
from signpost.testing.repeatable import START
from signpost.usecases.tenants import find_tenant

DRAFT = an_experiment()
RUNNING = replace(
    an_experiment(2, name="running"), status=ExperimentStatus.ACTIVE, started_at=START, slot_ranges=ranges_for(DRAFT)
)
START_MS = round(START.timestamp() * 1000)


def record(parts: Parts, *, units: int, successes: Sequence[int]) -> None:
    """Keep a draft and a running experiment, of whose variations so many units each were exposed and succeeded."""
    set_up(parts)
    tenant = find_tenant(parts.store, None)
    with parts.store.writing(tenant.id, "test") as workspace:
        for number, name in ((1, "Password"), (2, "Passkey")):
            workspace.variations.add(a_variation(number, name=name))
        workspace.experiments.add(DRAFT)
        workspace.experiments.add(RUNNING)
    events: list[Event] = []
    for allocation, succeeding in zip(RUNNING.allocations, successes, strict=True):
        for number in range(units):
            unit = f"{allocation.variation_id}-{number}"
            to = Attribution(
                experiment_id=RUNNING.id,
                variation_id=allocation.variation_id,
                is_control=allocation.is_control,
                allocation_strategy=RUNNING.strategy,
                segment_id=None,
                unit=unit,
                exposed_ms=START_MS,
                is_forced=False,
            )
            exposure = Event(tenant.id, EXPOSURE_TYPE, START_MS, b"{}", unit=unit, attribution=to, is_exposure=True)
            events.append(exposure)
            if number < succeeding:
                events.append(exposure._replace(type=SUCCESS_TYPE, is_exposure=False))
    parts.events.append(events).result()
