"""Analysis plans: how an experiment is going to be judged, said before it starts."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from signpost.model import limits
from signpost.model.metrics import Metric, Role, find_faults


class Looking(StrEnum):
    """When a result may be looked at and acted on."""

    FIXED = "fixed"
    """Once, when the planned number of units is there."""
    GROUP_SEQUENTIAL = "group_sequential"
    """At any looks on the way to the planned number of units, each of which spends a share of the error."""
    CONFIDENCE_SEQUENCE = "confidence_sequence"
    """Whenever one likes, with no end in sight."""


class Spending(StrEnum):
    """How a group sequential test spends its error over its looks."""

    OBRIEN_FLEMING = "obrien_fleming"
    POCOCK = "pocock"


class OnBreach(StrEnum):
    """What happens when a guardrail is found harmed."""

    NOTIFY = "notify"
    PAUSE = "pause"
    STEP_BACK = "step_back"
    """Back to nobody but the control; pauses where there is no ramp, or it is there already."""


@dataclass(frozen=True, slots=True)
class RampStep:
    """When a ramp goes on to its next level by itself: not before these hours and units at the present one, never on red."""

    hours: int
    units: int


@dataclass(frozen=True, slots=True)
class AnalysisPlan:
    """A plan.

    The metrics are whole, not by name: what is judged must not change because a definition did. `minimum_effect` is the
    smallest relative effect on the decision metrics that is worth finding, `planned_units` how many units in all are needed to
    find it. `cluster` is the field of the request (`organization_id`) whose values hold units together, None where each unit
    stands for itself. `ramp` is None where people advance the ramp.
    """

    metrics: tuple[Metric, ...]
    looking: Looking = Looking.CONFIDENCE_SEQUENCE
    alpha: float = 0.05
    spending: Spending = Spending.OBRIEN_FLEMING
    minimum_effect: float | None = None
    planned_units: int | None = None
    cluster: str | None = None
    on_breach: OnBreach = OnBreach.NOTIFY
    ramp: RampStep | None = None

    def of_role(self, role: Role) -> tuple[Metric, ...]:
        """Return the metrics of a role, in their order."""
        return tuple(metric for metric in self.metrics if metric.role is role)


def find_plan_faults(plan: AnalysisPlan) -> tuple[str, ...]:
    """Return everything that is wrong with a plan, in sentences that begin with the field."""
    return (*_check_metrics(plan), *_check_numbers(plan))


CLUSTERS = ("organization_id", "connection", "client_id")
"""What may hold units together."""


def _check_metrics(plan: AnalysisPlan) -> Iterator[str]:
    if not 1 <= len(plan.metrics) <= limits.PLAN_METRICS_MAX:
        yield f"metrics: 1 to {limits.PLAN_METRICS_MAX}."
    names = [metric.name for metric in plan.metrics]
    yield from (f"metrics: {name} is there twice." for name in sorted({n for n in names if names.count(n) > 1}))
    if not plan.of_role(Role.DECISION):
        yield "metrics: at least one is to decide by (role decision)."
    for metric in plan.metrics:
        yield from (f"metrics.{metric.name}.{fault}" for fault in find_faults(metric))


def _check_numbers(plan: AnalysisPlan) -> Iterator[str]:
    if not limits.ALPHA_MIN <= plan.alpha <= limits.ALPHA_MAX:
        yield f"alpha: {limits.ALPHA_MIN} to {limits.ALPHA_MAX}."
    if plan.minimum_effect is not None and not 0 < plan.minimum_effect <= limits.EFFECT_MAX:
        yield f"minimum_effect: a share above 0, at most {limits.EFFECT_MAX}."
    if plan.planned_units is not None and not 1 <= plan.planned_units <= limits.PLANNED_UNITS_MAX:
        yield f"planned_units: 1 to {limits.PLANNED_UNITS_MAX:,}."
    if plan.planned_units is None and plan.looking is not Looking.CONFIDENCE_SEQUENCE:
        yield f"planned_units: {plan.looking} needs the number of units at which it ends; confidence_sequence needs none."
    if plan.cluster is not None and plan.cluster not in CLUSTERS:
        yield f"cluster: one of {', '.join(CLUSTERS)}."
    ramp = plan.ramp
    if ramp is not None and not (
        1 <= ramp.hours <= limits.RAMP_HOURS_MAX and 0 <= ramp.units <= limits.PLANNED_UNITS_MAX
    ):
        yield f"ramp: 1 to {limits.RAMP_HOURS_MAX:,} hours, and 0 to {limits.PLANNED_UNITS_MAX:,} units."
