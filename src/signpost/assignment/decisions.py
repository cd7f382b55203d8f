"""What comes out of asking: a decision, with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from signpost.assignment.hashing import MASK
from signpost.model.experiments import Strategy
from signpost.model.json import JsonValue


class Reason(StrEnum):
    """Why a decision is what it is."""

    SPLIT = "split"
    ROLLOUT_TREATMENT = "rollout_treatment"
    ROLLOUT_CONTROL = "rollout_control"
    SEGMENT = "segment"
    FALLBACK = "fallback"
    FORCED = "forced"
    NO_EXPERIMENT = "no_experiment"
    NOT_EXPOSED = "not_exposed"
    BAD_UNIT = "bad_unit"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything of a decision that does not depend on the unit; prepared once, shared by all that get it.

    `config` maps each parameter to `{"value": …}` and must not be changed. Of a unit that is not enrolled
    `variation_id` and what belongs to a variation are None, `config` is empty, and `experiment_id` names the
    experiment that did not take it, if there is one.
    """

    reason: Reason
    revision: int
    experiment_id: str | None = None
    variation_id: str | None = None
    variation_name: str | None = None
    is_control: bool = False
    config: Mapping[str, Mapping[str, JsonValue]] | None = None
    strategy: Strategy | None = None
    segment_id: str | None = None
    is_forced: bool = False
    recipe_version: int | None = None

    @property
    def is_enrolled(self) -> bool:
        """Whether the unit is in the experiment, and so is exposed when it sees the config."""
        return self.variation_id is not None


class Decision(tuple[Outcome, int]):
    """A decision: its outcome, and the hash of the unit that chose it (0 where nothing was hashed).

    A bare pair with names, because one is made for every question: a dataclass takes three times as long to make.
    """

    __slots__ = ()

    @property
    def outcome(self) -> Outcome:
        """What was decided, and why."""
        return self[0]

    @property
    def hashed(self) -> int:
        """The 64-bit hash of the unit in the experiment."""
        return self[1]

    @property
    def split(self) -> int:
        """The coordinate that chooses the slot, 32 bits."""
        return self[1] >> 32

    @property
    def exposure(self) -> int:
        """The coordinate that is held against a ramp's level, 32 bits."""
        return self[1] & MASK
