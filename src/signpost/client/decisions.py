"""Decisions as applications see them."""

from collections.abc import Mapping

from msgspec import Struct

from signpost.assignment import Outcome, Reason, Resolution
from signpost.assignment.hashing import exposure_of, split_of
from signpost.model.json import JsonValue


class Decision(Struct, frozen=True, gc=False):
    """What is shown to a unit in a flow, and why. Immutable, and quickly made: the rest is worked out when it is asked for."""

    outcome: Outcome
    hashed: int
    unit: str
    flow: str
    context: Mapping[str, str | None]
    """The attributes that decided."""
    at_ns: int
    """When, in nanoseconds since the epoch."""
    session_id: str | None = None

    @property
    def experiment_id(self) -> str | None:
        """The experiment that the unit is in, None where it is in none."""
        return self.outcome.experiment_id

    @property
    def variation_id(self) -> str | None:
        """The variation that is shown."""
        return self.outcome.variation_id

    @property
    def variation_name(self) -> str | None:
        """Its name."""
        return self.outcome.variation_name

    @property
    def is_control(self) -> bool:
        """Whether it is the control."""
        return self.outcome.is_control

    @property
    def is_enrolled(self) -> bool:
        """Whether the unit is in an experiment."""
        return self.outcome.experiment_id is not None

    @property
    def is_forced(self) -> bool:
        """Whether an override decided; such a decision is never counted."""
        return self.outcome.is_forced

    @property
    def config(self) -> dict[str, JsonValue]:
        """Every parameter's value by its name; empty where the unit is in no experiment."""
        return {name: wrapped["value"] for name, wrapped in self.outcome.config.items()}

    @property
    def reason(self) -> Reason:
        """Why it is this one."""
        return self.outcome.reason

    @property
    def revision(self) -> int:
        """The revision of the configuration that decided."""
        return self.outcome.revision

    @property
    def segment_id(self) -> str | None:
        """The segment, if one decided."""
        return self.outcome.segment_id

    @property
    def split(self) -> int:
        """The unit's split point in the experiment, 32 bits."""
        return split_of(self.hashed)

    @property
    def exposure(self) -> int:
        """The unit's exposure point in the experiment, 32 bits."""
        return exposure_of(self.hashed)


class Evaluation(Struct, frozen=True, gc=False):
    """A flag's value for a unit."""

    resolution: Resolution
    decision: Decision | None = None
    """What was decided, None where there was nothing to decide."""
    is_exposure: bool = False
    """Whether showing the value is an exposure of the flag's experiment."""
