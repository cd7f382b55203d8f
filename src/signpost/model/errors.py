"""What can go wrong, as facts; how a fact is said to a client is the edge's business."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """The kinds of things that errors and audit rows speak of."""

    EXPERIMENT = "experiment"
    FLAG = "feature_flag"
    VARIATION = "variation"
    SEGMENT = "segment"
    TENANT = "tenant"
    CLIENT = "client"
    OVERRIDE = "override"
    HOLDOUT = "holdout"
    METRIC = "metric"
    LOG_STREAM = "log_stream"
    ACTION = "action"
    PAGE_TEMPLATE = "page_template"


class BlockerCode(StrEnum):
    """Why an experiment can't be activated."""

    FLAG_NOT_ACTIVE = "feature_flag_not_active"
    MISSING_ALLOCATIONS = "experiment_missing_allocations"
    VARIATION_NOT_FROM_FLAG = "variation_not_from_flag"
    MISSING_CONTROL = "experiment_missing_control"
    INVALID_WEIGHTS = "experiment_invalid_allocation_weights"
    MISSING_DEFAULT = "experiment_missing_default"
    INVALID_SEGMENT_ALLOCATION = "experiment_invalid_segment_allocation"
    INVALID_RAMP = "experiment_invalid_ramp"
    ACTIVE_LIMIT_EXCEEDED = "experiment_active_limit_exceeded"
    SALT_IN_USE = "salt_in_use"
    GROUP_FULL = "exclusion_group_full"


@dataclass(frozen=True, slots=True)
class Blocker:
    """One reason why an experiment can't be activated, with what was found, in words."""

    code: BlockerCode
    found: str


class DomainError(Exception):
    """The root of everything that the model and the use cases refuse."""

    def __str__(self) -> str:
        return repr(self)


@dataclass(eq=False)
class NotFoundError(DomainError):
    """There is no such thing in this tenant."""

    kind: Kind


@dataclass(eq=False)
class NameTakenError(DomainError):
    """Another thing of this kind has the name already."""

    kind: Kind


@dataclass(eq=False)
class InUseError(DomainError):
    """A non-archived experiment needs it."""

    kind: Kind


@dataclass(eq=False)
class NotModifiableError(DomainError):
    """It belongs to the server."""

    kind: Kind


@dataclass(eq=False)
class InvalidTransitionError(DomainError):
    """The life of a thing does not lead from one status to the other."""

    kind: Kind
    current: str
    target: str


@dataclass(eq=False)
class FieldNotEditableError(DomainError):
    """The experiment's status does not let this field change."""

    field: str
    status: str


@dataclass(eq=False)
class FieldRefusedError(DomainError):
    """The field does not apply to this thing."""

    field: str
    reason: str


@dataclass(eq=False)
class FieldUnknownError(DomainError):
    """This tenant's generation does not have the field."""

    field: str


@dataclass(eq=False)
class MetricInvalidError(DomainError):
    """A metric can't be computed as it is; every fault is a sentence that begins with the field."""

    faults: tuple[str, ...]


@dataclass(eq=False)
class ClientLimitError(DomainError):
    """The tenant has as many clients as it may have."""

    limit: int


@dataclass(eq=False)
class MetricLimitError(DomainError):
    """The tenant has as many metrics of its own as it may have."""

    limit: int


@dataclass(eq=False)
class LogStreamLimitError(DomainError):
    """The tenant has as many log streams as it may have."""

    limit: int


@dataclass(eq=False)
class ActionLimitError(DomainError):
    """The tenant has as many actions as it may have."""

    limit: int


@dataclass(eq=False)
class PlanInvalidError(DomainError):
    """An analysis plan can't be followed as it is; every fault is a sentence that begins with the field."""

    faults: tuple[str, ...]


class RequiresPauseError(DomainError):
    """Allocations of an active experiment were to be changed."""


class ExperimentActiveError(DomainError):
    """An active experiment was to be deleted."""


@dataclass(eq=False)
class NotReadyError(DomainError):
    """The experiment can't be activated."""

    blockers: tuple[Blocker, ...]


class InsufficientVariationsError(DomainError):
    """A flag with fewer than two variations was to be activated."""


class FlagArchivedError(DomainError):
    """An experiment was to be created on an archived flag."""


@dataclass(eq=False)
class ParameterTypeMismatchError(DomainError):
    """A default value is not of its parameter's type."""

    parameter: str


@dataclass(eq=False)
class ParameterValueTooLargeError(DomainError):
    """A default value is over its limit."""

    parameter: str


@dataclass(eq=False)
class OverrideKeyInvalidError(DomainError):
    """A variation overrides a parameter that the flag does not have."""

    parameter: str


@dataclass(eq=False)
class OverrideTypeMismatchError(DomainError):
    """An override is not of its parameter's type."""

    parameter: str


@dataclass(eq=False)
class OverrideEqualsDefaultError(DomainError):
    """An override changes nothing."""

    parameter: str


@dataclass(eq=False)
class OverrideValueTooLargeError(DomainError):
    """An override is over its limit."""

    parameter: str


class VariationLimitError(DomainError):
    """The flag has as many variations as it may have."""


class LastVariationError(DomainError):
    """The only variation of a flag was to be deleted."""


class AllocationLimitError(DomainError):
    """More allocations than an experiment may have."""


@dataclass(eq=False)
class VariationNotFromFlagError(DomainError):
    """An allocation names a variation that the flag does not have."""

    variation_id: str


@dataclass(eq=False)
class AllocationSegmentNotFoundError(DomainError):
    """An allocation names a segment that is not there."""

    segment_id: str


@dataclass(eq=False)
class AllocationSegmentArchivedError(DomainError):
    """An allocation names a segment that is archived."""

    segment_id: str


@dataclass(eq=False)
class LevelNotNextError(DomainError):
    """The ramp does not go there next; `next_level` is where it goes, None at its end."""

    target_level: int
    next_level: int | None


class RampNotRunningError(DomainError):
    """The experiment has no ramp, or it is neither active nor paused."""
