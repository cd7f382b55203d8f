"""Experiments: which variation who gets, in which flow, and what of it may change when."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signpost.model import limits
from signpost.model.alarms import Alarm
from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.flags import Flag, Origin
from signpost.model.segments import Segment
from signpost.model.variations import Variation

FLOWS = (
    "authentication",
    "mfa_enrollment",
    "mfa_challenge",
    "password_reset",
    "passkey_enrollment",
    "all",
)
"""The flows that clients know; any other text is a flow of the tenant's own."""
ALL_FLOWS = "all"

WEIGHT_ALL = limits.SLOTS
"""A weight of 100 %."""


class Strategy(StrEnum):
    """How traffic is divided: by weight, or by who asks."""

    PERCENTAGE = "percentage"
    SEGMENT = "segment"


class Subject(StrEnum):
    """What is randomised: whose id the unit is."""

    DEVICE = "device"
    ACCOUNT = "account"
    """Nobody takes part before it is known whose account it is."""
    FIRST_TOUCH = "first_touch"
    """The device until sign-in; then the account keeps what it saw first, on every device."""


class ExperimentStatus(StrEnum):
    """Where an experiment is in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"
    ARCHIVED = "archived"


class DefaultConfig(StrEnum):
    """Where the parameters that a variation leaves alone come from, for flags of the server."""

    TENANT = "tenant"
    FLAG = "flag"


@dataclass(frozen=True, slots=True)
class Allocation:
    """One share of the traffic.

    `weight_slots` is the weight in slots (10,000 slots are 1 %), `priority` counts from 1, first first. The snapshots are
    what runs: copies made when the experiment was first activated, or re-activated with this allocation for the first time.
    """

    variation_id: str
    is_control: bool
    weight_slots: int | None = None
    segment_id: str | None = None
    priority: int | None = None
    is_fallback: bool | None = None
    variation_snapshot: Variation | None = None
    segment_snapshot: Segment | None = None


@dataclass(frozen=True, slots=True)
class SlotRange:
    """The slots `start … stop - 1`, and the variation that owns them."""

    start: int
    stop: int
    variation_id: str


@dataclass(frozen=True, slots=True)
class Span:
    """The slots `start … stop - 1`."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class ExclusionGroup:
    """The group of an experiment: no unit is in two experiments of one group.

    `weight_slots` is the share of the group's million slots that the experiment is to have. `salt` is the group's, the same
    in all its experiments. `spans` are the slots that it has: none until the first activation; from then on they are what
    counts, and change only by another weight. They are its own while it is active or paused.
    """

    name: str
    weight_slots: int
    salt: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Experiment:
    """An experiment.

    `slot_ranges` is empty until the first activation; from then on it is what assigns, and changes only by re-weighting.
    `levels` is empty where there is no ramp. `salt_of` is the experiment whose salt this one shares, so that a unit has the
    same coordinates in both; `allow_shared_salt` lets both run at once. `analysis_plan` is how it is going to be judged; None is the
    usual way of its flow. `alarms` are what the watch has found, the oldest first.
    """

    id: str
    name: str
    description: str | None
    flag_id: str
    flow: str
    strategy: Strategy
    default_config: DefaultConfig | None
    status: ExperimentStatus
    is_valid: bool
    allocations: tuple[Allocation, ...]
    levels: tuple[int, ...]
    current_level: int | None
    salt: str
    recipe_version: int
    slot_ranges: tuple[SlotRange, ...]
    flag_snapshot: Flag | None
    started_at: datetime | None
    ended_at: datetime | None
    created_at: datetime
    updated_at: datetime
    salt_of: str | None = None
    allow_shared_salt: bool = False
    exclusion_group: ExclusionGroup | None = None
    analysis_plan: AnalysisPlan | None = None
    alarms: tuple[Alarm, ...] = ()
    subject: Subject = Subject.DEVICE

    @property
    def has_ramp(self) -> bool:
        """Whether exposure is raised level by level."""
        return bool(self.levels)

    @property
    def is_rollout(self) -> bool:
        """Whether the level divides the treatments from the control: levels, and no weights."""
        return self.has_ramp and all(a.weight_slots is None for a in self.allocations)


def editable_fields(status: ExperimentStatus, strategy: Strategy, origin: Origin) -> tuple[str, ...]:
    """Return the fields that a PATCH may set, in the order in which replies list them."""
    match status:
        case ExperimentStatus.DRAFT:
            fields = ["name", "description", "authentication_flow", "allocations"]
            if origin is Origin.AUTH0:
                fields.append("default_config")
            if strategy is Strategy.PERCENTAGE:
                fields.append("levels")
            return tuple(fields)
        case ExperimentStatus.PAUSED:
            return ("name", "description", "allocations")
        case ExperimentStatus.ACTIVE | ExperimentStatus.COMPLETED:
            return ("name", "description")
        case ExperimentStatus.ARCHIVED:
            return ()


def extension_fields(experiment: Experiment) -> tuple[str, ...]:
    """Return the fields beyond the contract that a PATCH may set; of a paused one's group it is only the weight."""
    match experiment.status:
        case ExperimentStatus.DRAFT:
            return ("assignment_config", "allow_shared_salt", "exclusion_group", "analysis_plan")
        case ExperimentStatus.PAUSED:
            return ("allow_shared_salt", "exclusion_group", "analysis_plan")
        case ExperimentStatus.ACTIVE | ExperimentStatus.COMPLETED:
            return ("analysis_plan",)
        case ExperimentStatus.ARCHIVED:
            return ()


def can_run_together(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments may be active at once.

    Not in one flow, and `all` only alone; unless both are of one exclusion group.
    """
    if are_grouped(one, other):
        return True
    return one.flow != other.flow and ALL_FLOWS not in {one.flow, other.flow}


def may_be_grouped(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments may be of one exclusion group: only units of one kind can be kept apart."""
    return one.subject is other.subject


def are_grouped(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments are of one exclusion group."""
    ours, theirs = one.exclusion_group, other.exclusion_group
    return ours is not None and theirs is not None and ours.name == theirs.name


def can_share_salt(one: Experiment, other: Experiment) -> bool:
    """Return whether two experiments may be active or paused at once: not with one salt, unless one of them says so.

    With one salt a unit has the same coordinates in both: what it gets in one tells what it gets in the other.
    """
    return one.salt != other.salt or one.allow_shared_salt or other.allow_shared_salt
