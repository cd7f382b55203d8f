"""What a sign-in was assigned, as its journey keeps it: by flow, as JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from signpost.assignment import Outcome
from signpost.model.flags import Flag, Origin
from signpost.model.json import JsonValue
from signpost.ports.events import Attribution, Event
from signpost.usecases.catalog import TenantState


@dataclass(frozen=True, slots=True)
class Assignment:
    """The experiment that a sign-in is in, and what it shows.

    `config` holds the values of the flag's parameters by name. They are the pages' own where `is_of_pages`, and else for
    templates, actions and applications to read.
    """

    experiment_id: str
    variation_id: str
    variation_name: str
    is_control: bool
    strategy: str
    segment_id: str | None
    is_forced: bool
    unit: str
    exposed_ms: int
    is_of_pages: bool
    config: Mapping[str, JsonValue]

    @property
    def attribution(self) -> Attribution:
        """What events of the sign-in are attributed to."""
        return Attribution(
            self.experiment_id,
            self.variation_id,
            self.is_control,
            self.strategy,
            self.segment_id,
            self.unit,
            self.exposed_ms,
            self.is_forced,
        )

    def context(self) -> dict[str, Any]:
        """Return what templates, actions, custom pages and clients that ask are told."""
        return {
            "experiment_id": self.experiment_id,
            "variation_id": self.variation_id,
            "variation_name": self.variation_name,
            "is_control": self.is_control,
            "config": dict(self.config),
        }


def assignment_of(outcome: Outcome, exposure: Event, state: TenantState) -> Assignment | None:
    """Return what an outcome assigns, None where its exposure enrols nobody: held-out units see the pages as they are."""
    to = exposure.attribution
    if not outcome.is_enrolled or to is None:
        return None
    flag = find_flag(state, outcome.experiment_id)
    return Assignment(
        experiment_id=to.experiment_id,
        variation_id=to.variation_id,
        variation_name=outcome.variation_name or "",
        is_control=to.is_control,
        strategy=to.allocation_strategy,
        segment_id=to.segment_id,
        is_forced=to.is_forced,
        unit=to.unit,
        exposed_ms=to.exposed_ms,
        is_of_pages=flag is not None and flag.type is Origin.AUTH0,
        config={name: wrapped["value"] for name, wrapped in outcome.config.items()},
    )


def find_flag(state: TenantState, experiment_id: str | None) -> Flag | None:
    """Return the flag of an experiment."""
    flag_id = next((e.flag_id for e in state.configuration.experiments if e.id == experiment_id), None)
    return next((flag for flag in state.configuration.flags if flag.id == flag_id), None)


def write_assignments(assignments: Mapping[str, Assignment | None]) -> JsonValue:
    """Return assignments by flow as a journey keeps them; None for a flow that was decided without one."""
    return {flow: None if found is None else asdict(found) for flow, found in assignments.items()}


def read_assignments(kept: JsonValue) -> dict[str, Assignment | None]:
    """Return what `write_assignments` has written."""
    return {flow: None if found is None else Assignment(**found) for flow, found in (kept or {}).items()}
