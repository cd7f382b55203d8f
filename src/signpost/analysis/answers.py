"""What an analysis answers: a number with its method, or the reason why there is none."""

from dataclasses import dataclass
from enum import StrEnum


class MissingCode(StrEnum):
    """Why there is no number."""

    NO_UNITS = "no_units"
    NO_CONTROL = "no_control"
    NO_VARIANCE = "no_variance"
    TOO_FEW_UNITS = "too_few_units"
    LIFT_UNDEFINED = "lift_undefined"
    NO_PLANNED_RATIO = "no_planned_ratio"
    RATIO_CHANGED = "ratio_changed"
    UNPLANNED_UNITS = "unplanned_units"
    SAMPLE_RATIO_MISMATCH = "sample_ratio_mismatch"
    NOT_RANDOMISED = "not_randomised"
    TOO_FEW_CLUSTERS = "too_few_clusters"
    TOO_FEW_SEGMENTS = "too_few_segments"
    NO_PLANNED_SIZE = "no_planned_size"
    NO_DENOMINATOR = "no_denominator"
    OVERFLOWN = "overflown"
    NOT_JUDGED = "not_judged"
    TOO_EARLY = "too_early"


@dataclass(frozen=True, slots=True)
class Missing:
    """No number, and why: a code for programs, a sentence for people."""

    code: MissingCode
    message: str


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its confidence interval, all in one unit, and the name of the interval's method."""

    value: float
    ci_lower: float
    ci_upper: float
    confidence_level: float
    method: str


@dataclass(frozen=True, slots=True)
class Loss:
    """What a choice costs on average where it is wrong, in the metric's unit, and how it was computed."""

    value: float
    method: str


@dataclass(frozen=True, slots=True)
class PValue:
    """How probable a result at least this extreme is when there is no difference, and the test's name."""

    value: float
    method: str
