"""Analysis plans on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from signpost.api.wire.common import ReplyBody, RequestBody, leave_out_none, render_time, said
from signpost.api.wire.metrics import (
    NEVER,
    AggregationName,
    DirectionName,
    MetricBody,
    MetricName,
    Particulars,
    RoleName,
    SelectionBody,
    render_metric,
)
from signpost.model import limits
from signpost.model.analysis_plans import CLUSTERS, AnalysisPlan, Looking, OnBreach, RampStep, Spending
from signpost.model.metrics import Metric, Role
from signpost.usecases.analysis_plans import MetricUse, PlanChange, PlanDraft, PlanView

OF_ITS_OWN = ("aggregation", "events", "direction")


class PlanMetricBody(Particulars):
    """A metric of a plan: a known one by its name, with a role and a margin where they are not its own; or a whole one."""

    name: MetricName
    role: RoleName = "exploratory"
    aggregation: AggregationName = Field(default="conversion", description="Of a whole one.")
    events: SelectionBody = Field(default=SelectionBody(types=[]), description="Of a whole one.")
    direction: DirectionName = Field(default="increase", description="Of a whole one.")

    def model_post_init(self, _: Any) -> None:
        """Refuse what is neither a use nor a whole metric."""
        given = self.model_fields_set - {"name", "role", "margin"}
        missing = [field for field in OF_ITS_OWN if field not in given]
        if given and missing:
            what = "A metric by its name has only role and margin beside it; a whole one lacks"
            raise said(f"{what} {', '.join(missing)}")

    def parse(self) -> Metric | MetricUse:
        """Return the metric or its use."""
        given = self.model_fields_set
        if "aggregation" in given:
            return MetricBody(**{field: getattr(self, field) for field in given}).parse()
        return MetricUse(
            self.name,
            role=Role(self.role) if "role" in given else None,
            margin=self.margin if "margin" in given else None,
        )


def _name_to_use(value: Any) -> Any:
    return {"name": value} if isinstance(value, str) else value


PlanMetric = Annotated[PlanMetricBody, BeforeValidator(_name_to_use, json_schema_input_type=str | PlanMetricBody)]


class RampStepBody(RequestBody):
    """When a ramp goes on to its next level by itself: not before these hours and units at the present one."""

    hours: int = Field(json_schema_extra={"minimum": 1, "maximum": limits.RAMP_HOURS_MAX})
    units: int = Field(json_schema_extra={"minimum": 0, "maximum": limits.PLANNED_UNITS_MAX})


class AnalysisPlanBody(RequestBody):
    """How an experiment is going to be judged."""

    metrics: list[PlanMetric] = Field(
        description="Names, or objects. At least one has the role `decision`.",
        json_schema_extra={"minItems": 1, "maxItems": limits.PLAN_METRICS_MAX},
    )
    looking: Literal["fixed", "group_sequential", "confidence_sequence"] = Field(
        default="confidence_sequence", description="When results may be acted on. Left out: whenever one likes."
    )
    alpha: float = Field(
        default=0.05,
        description="The error that is allowed. 0.05 when left out.",
        json_schema_extra={"minimum": limits.ALPHA_MIN, "maximum": limits.ALPHA_MAX},
    )
    spending: Literal["obrien_fleming", "pocock"] = Field(
        default="obrien_fleming", description="How group sequential looks spend the error."
    )
    minimum_effect: float | None = Field(
        default=None, description="The smallest relative effect on a decision metric that is worth finding."
    )
    planned_units: int | None = Field(
        default=None, description="Units in all at which `fixed` and `group_sequential` end."
    )
    cluster: str | None = Field(default=None, description=f"What holds units together: {', '.join(CLUSTERS)}.")
    on_breach: Literal["notify", "pause", "step_back"] = Field(
        default="notify", description="What happens when a guardrail is found harmed."
    )
    ramp: RampStepBody | None = Field(default=None, description="Left out: people advance the ramp.")

    def parse(self) -> PlanDraft:
        """Return what the use case takes."""
        return PlanDraft(
            tuple(metric.parse() for metric in self.metrics),
            AnalysisPlan(
                metrics=(),
                looking=Looking(self.looking),
                alpha=self.alpha,
                spending=Spending(self.spending),
                minimum_effect=self.minimum_effect,
                planned_units=self.planned_units,
                cluster=self.cluster,
                on_breach=OnBreach(self.on_breach),
                ramp=None if self.ramp is None else RampStep(self.ramp.hours, self.ramp.units),
            ),
        )


class AnalysisPlanReply(AnalysisPlanBody):
    """How an experiment is judged."""

    metrics: list[MetricBody] = Field(description="Whole: copies of what they were when the plan was made.")  # type: ignore[assignment]


class PlanChangeReply(ReplyBody):
    """A change of a plan after the start."""

    at: datetime
    actor: str
    revision: int


class ExperimentPlanReply(ReplyBody):
    """The plan that an experiment is judged by, and what became of it since the start."""

    experiment_id: str
    is_default: bool = Field(description="Whether the experiment has no plan of its own, and is judged by its flow's.")
    analysis_plan: AnalysisPlanReply
    plan_at_start: AnalysisPlanReply | None = Field(
        None, description="As it was at the first activation; left out where it was not changed since."
    )
    plan_changed_at: datetime = Field(
        NEVER, description="When it was last changed after the first activation, if ever."
    )
    changes: list[PlanChangeReply] = Field(description="All changes after the first activation, oldest first.")


def render_plan(plan: AnalysisPlan) -> dict[str, Any]:
    """Return a plan as it could be sent."""
    ramp = plan.ramp
    return leave_out_none(
        {
            "metrics": [render_metric(metric) for metric in plan.metrics],
            "looking": plan.looking.value,
            "alpha": plan.alpha,
            "spending": plan.spending.value if plan.looking is Looking.GROUP_SEQUENTIAL else None,
            "minimum_effect": plan.minimum_effect,
            "planned_units": plan.planned_units,
            "cluster": plan.cluster,
            "on_breach": plan.on_breach.value,
            "ramp": None if ramp is None else {"hours": ramp.hours, "units": ramp.units},
        }
    )


def render_plan_view(view: PlanView) -> dict[str, Any]:
    """Return the body of a plan with its history."""
    at_start, changed_at = view.history.at_start, view.history.changed_at
    return leave_out_none(
        {
            "experiment_id": view.experiment.id,
            "is_default": view.experiment.analysis_plan is None,
            "analysis_plan": render_plan(view.plan),
            "plan_at_start": None if at_start is None or changed_at is None else render_plan(at_start),
            "plan_changed_at": None if changed_at is None else render_time(changed_at),
            "changes": [_render_change(change) for change in view.history.changes],
        }
    )


def _render_change(change: PlanChange) -> dict[str, Any]:
    return {"at": render_time(change.at), "actor": change.actor, "revision": change.revision}
