"""What is known of an experiment: every number with its method, every missing one with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signpost.analysis.answers import Estimate, Loss, Missing, PValue
from signpost.analysis.sample_ratio import SampleRatio
from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.model.metrics import Metric


class Judgement(StrEnum):
    """What a comparison shows of a metric, at the plan's level and with its way of looking."""

    BETTER = "better"
    WORSE = "worse"
    NO_DIFFERENCE_SHOWN = "no_difference_shown"
    HELD = "held"
    """A guardrail that is not harmed by more than its margin."""
    HARMED = "harmed"
    """A guardrail that is."""
    NOT_SHOWN_YET = "not_shown_yet"
    """A guardrail of which neither is known."""


class Decision(StrEnum):
    """What to do next."""

    SHIP = "ship"
    STOP = "stop"
    KEEP_GOING = "keep_going"
    BROKEN = "broken"
    """Nothing can be concluded before something is repaired."""


class NoteCode(StrEnum):
    """What a note is about."""

    NOT_STARTED = "not_started"
    NO_UNITS = "no_units"
    SAMPLE_RATIO_MISMATCH = "sample_ratio_mismatch"
    RATIO_CHANGED = "ratio_changed"
    NOT_RANDOMISED = "not_randomised"
    DRIFTED_UNITS = "drifted_units"
    DRIFT_DIFFERS = "drift_differs"
    AUTOMATION_LEFT_OUT = "automation_left_out"
    AUTOMATION_DIFFERS = "automation_differs"
    SEVERAL_TREATMENTS = "several_treatments"
    ONE_LOOK = "one_look"
    BEFORE_PLANNED_END = "before_planned_end"
    PLAN_CHANGED = "plan_changed"
    NO_PLAN = "no_plan"
    LATE_EVENTS = "late_events"
    FUTURE_EVENTS = "future_events"
    OVERFLOWN = "overflown"
    ALARM = "alarm"
    SEGMENT_RATIO = "segment_ratio"
    STRAGGLERS = "stragglers"
    PLANNED_END = "planned_end"


@dataclass(frozen=True, slots=True)
class Note:
    """A code for programs, a sentence for people."""

    code: NoteCode
    message: str


@dataclass(frozen=True, slots=True)
class ArmResult:
    """One metric in one variation: `units` have a value; `value` is their rate, mean, ratio or quantile.

    `total` is the sum of their values, of a conversion the units that converted; None of a quantile.
    """

    variation_id: str
    units: int
    total: int | None
    value: Estimate | Missing


@dataclass(frozen=True, slots=True)
class ComparisonResult:
    """One metric of one treatment against the control.

    The intervals are those of the plan's way of looking, without adjustment for the number of comparisons; `judgement` goes by
    `adjusted_p_value`, on the absolute scale; a guardrail's goes by its margin. `chance_to_be_better` and `expected_loss`, what
    choosing the treatment costs on average where that is wrong, are the Bayesian view.
    """

    variation_id: str
    absolute: Estimate | Missing
    relative: Estimate | Missing
    p_value: PValue | Missing
    adjusted_p_value: PValue | Missing
    judgement: Judgement | Missing
    chance_to_be_better: PValue | Missing
    expected_loss: Loss | Missing


@dataclass(frozen=True, slots=True)
class DayPoint:
    """How a comparison stood at the end of a day (UTC), over all units exposed until then."""

    day: datetime
    variation_id: str
    units: int
    absolute: Estimate | Missing


@dataclass(frozen=True, slots=True)
class AgePoint:
    """A treatment's effect in the days since the exposure from one on and before another, over units whose days are over."""

    from_day: int
    to_day: int
    variation_id: str
    units: int
    absolute: Estimate | Missing


@dataclass(frozen=True, slots=True)
class SegmentResult:
    """One metric among the units of one value of a dimension (None: those that have none).

    `against_rest` is by treatment how much larger its absolute effect is here than in all other segments together.
    """

    dimension: str
    value: str | None
    arms: tuple[ArmResult, ...]
    comparisons: tuple[ComparisonResult, ...]
    against_rest: Mapping[str, Estimate | Missing]


@dataclass(frozen=True, slots=True)
class MetricResult:
    """One metric: arms with the control first, a comparison for each treatment, over time, and by segment.

    `heterogeneity` says for each dimension how probable so much difference between its segments' effects is by chance.
    `ages` are of decision metrics, by how long units have been exposed. `cap` is what values were capped at.
    """

    metric: Metric
    arms: tuple[ArmResult, ...]
    comparisons: tuple[ComparisonResult, ...]
    series: tuple[DayPoint, ...] = ()
    segments: tuple[SegmentResult, ...] = ()
    heterogeneity: Mapping[str, PValue | Missing] | None = None
    ages: tuple[AgePoint, ...] = ()
    cap: int | None = None


@dataclass(frozen=True, slots=True)
class ArmHealth:
    """How sound one variation's data is. `planned_ratio` is its planned share, 0–1, None where none is planned."""

    variation_id: str
    name: str | None
    is_control: bool
    planned_ratio: float | None
    units: int
    drifted_units: int
    forced_exposures: int
    automated_units: int


@dataclass(frozen=True, slots=True)
class SegmentHealth:
    """Whether the variations got their planned shares among the units of one value of a dimension (None: those that have none).

    `alarm` is good at any moment; with several segments, the smallest is to be held against a smaller threshold.
    """

    dimension: str
    value: str | None
    units: int
    alarm: PValue | Missing


@dataclass(frozen=True, slots=True)
class HealthResult:
    """Whether the data can be trusted.

    `alarm` is the sequential test of the sample ratio, good at any moment; `drift` and `automation` say how probable so much
    difference between the variations' shares is by chance.
    """

    sample_ratio: SampleRatio | Missing
    alarm: PValue | Missing
    drift: PValue | Missing
    automation: PValue | Missing
    events: int
    late_events: int
    future_events: int
    segments: tuple[SegmentHealth, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do next, and why, in sentences, the most important first."""

    decision: Decision
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Results:
    """Everything that is known of an experiment at one moment. Variations are listed with the control first."""

    experiment_id: str
    experiment_name: str
    status: ExperimentStatus
    strategy: Strategy
    flow: str
    computed_at: datetime
    first_exposure_at: datetime | None
    last_exposure_at: datetime | None
    plan: AnalysisPlan
    plan_changed_at: datetime | None
    phases: int
    variations: tuple[ArmHealth, ...]
    health: HealthResult
    metrics: tuple[MetricResult, ...]
    verdict: Verdict
    notes: tuple[Note, ...]

    @property
    def units(self) -> int:
        """The units that are counted: not drifted, not suspected of automation."""
        return sum(arm.units for arm in self.variations)
