"""The body of an experiment's results: every number with its method, and where there is none, the reason."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, FiniteFloat

from signpost.analysis.answers import Missing
from signpost.analysis.results import (
    Decision,
    HealthResult,
    NoteCode,
    Results,
)
from signpost.analysis.sample_ratio import SampleRatio
from signpost.api.wire.answers import (
    Count,
    MissingReply,
    PValueReply,
    Ratio,
    render_missing,
    render_p_value,
)
from signpost.api.wire.common import ReplyBody
from signpost.api.wire.metric_results import MetricReply, Moment, render_metric_result
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus, Strategy


class VariationResultReply(ReplyBody):
    """One variation, and how sound its data is."""

    variation_id: str
    variation_name: str | None = Field(default=None, description="Left out when the variation is gone.")
    is_control: bool
    planned_ratio: Ratio | None = Field(
        default=None, description="Planned share of the units. Left out where none is planned, or where it was changed."
    )
    units: Count = Field(description="Units exposed to this variation and no other, forced exposures not counted.")
    drifted_units: Count = Field(description="Units that saw this variation first and then another; left out.")
    forced_exposures: Count = Field(description="Exposures by override; left out.")
    automated_units: Count = Field(description="Units that are suspected to be automated; left out.")


class SampleRatioReply(ReplyBody):
    """Whether the variations got their planned shares of the units."""

    is_mismatch: bool = Field(
        description="Whether the p-value is under the threshold: no difference can be trusted then."
    )
    p_value: Ratio
    threshold: Ratio
    statistic: Annotated[FiniteFloat, Field(ge=0)]
    degrees_of_freedom: Annotated[int, Field(ge=1)]
    expected_units: list[FiniteFloat] = Field(description="In the order of the variations.")
    method: str


class SegmentHealthReply(ReplyBody):
    """Whether the variations got their planned shares among the units of one value of a dimension."""

    dimension: str
    value: str | None = Field(default=None, description="Left out for the units that have none.")
    units: Count
    sample_ratio_alarm: PValueReply | MissingReply


class HealthReply(ReplyBody):
    """Whether the data can be trusted."""

    sample_ratio: SampleRatioReply | MissingReply
    sample_ratio_alarm: PValueReply | MissingReply = Field(
        description="Good at any moment, however often it is looked at."
    )
    drift: PValueReply | MissingReply = Field(description="That the same share drifts out of every variation.")
    automation: PValueReply | MissingReply = Field(description="That the same share of every variation is automated.")
    events: Count = Field(description="Events of the types that the metrics need.")
    late_events: Count = Field(description="Those of them that were kept more than an hour after they occurred.")
    future_events: Count = Field(description="Those that are dated in the future.")
    segments: list[SegmentHealthReply] = Field(
        description="With `by_segment`. Of k segments, hold the smallest p-value against a threshold k times smaller."
    )


class PlanReply(ReplyBody):
    """How the experiment is judged."""

    looking: Looking
    alpha: Ratio
    minimum_effect: float | None = None
    planned_units: int | None = None
    cluster: str | None = None
    changed_at: Moment | None = Field(
        default=None, description="Left out when it is as it was at the first activation."
    )


class VerdictReply(ReplyBody):
    """What to do next, and why."""

    decision: Decision
    reasons: list[str] = Field(description="The most important first.")


class NoteReply(ReplyBody):
    """What to know before believing the numbers."""

    code: NoteCode
    message: str


class ResultsReply(ReplyBody):
    """The results of an experiment as they are at this moment."""

    experiment_id: str
    experiment_name: str
    status: ExperimentStatus
    allocation_strategy: Strategy
    authentication_flow: str
    computed_at: Moment
    first_exposure_at: Moment | None = None
    last_exposure_at: Moment | None = None
    units: Count = Field(description="Units counted in the variations.")
    phases: Count = Field(description="How often the variations' shares were another ones, and one more.")
    verdict: VerdictReply
    analysis_plan: PlanReply
    variations: list[VariationResultReply] = Field(description="The control first.")
    health: HealthReply
    metrics: list[MetricReply] = Field(description="In the order of the analysis plan.")
    notes: list[NoteReply] = Field(description="The gravest first.")


def render_results(results: Results) -> dict[str, Any]:
    """Return the body as plain JSON values."""
    reply = ResultsReply(
        experiment_id=results.experiment_id,
        experiment_name=results.experiment_name,
        status=results.status,
        allocation_strategy=results.strategy,
        authentication_flow=results.flow,
        computed_at=results.computed_at,
        first_exposure_at=results.first_exposure_at,
        last_exposure_at=results.last_exposure_at,
        units=results.units,
        phases=results.phases,
        verdict=VerdictReply(decision=results.verdict.decision, reasons=list(results.verdict.reasons)),
        analysis_plan=_render_plan(results.plan, results.plan_changed_at),
        variations=[
            VariationResultReply(
                variation_id=arm.variation_id,
                variation_name=arm.name,
                is_control=arm.is_control,
                planned_ratio=arm.planned_ratio,
                units=arm.units,
                drifted_units=arm.drifted_units,
                forced_exposures=arm.forced_exposures,
                automated_units=arm.automated_units,
            )
            for arm in results.variations
        ],
        health=_render_health(results.health),
        metrics=[render_metric_result(metric) for metric in results.metrics],
        notes=[NoteReply(code=note.code, message=note.message) for note in results.notes],
    )
    return reply.model_dump(mode="json", exclude_none=True)


def _render_plan(plan: AnalysisPlan, changed_at: datetime | None) -> PlanReply:
    return PlanReply(
        looking=plan.looking,
        alpha=plan.alpha,
        minimum_effect=plan.minimum_effect,
        planned_units=plan.planned_units,
        cluster=plan.cluster,
        changed_at=changed_at,
    )


def _render_health(health: HealthResult) -> HealthReply:
    return HealthReply(
        sample_ratio=_render_sample_ratio(health.sample_ratio),
        sample_ratio_alarm=render_p_value(health.alarm),
        drift=render_p_value(health.drift),
        automation=render_p_value(health.automation),
        events=health.events,
        late_events=health.late_events,
        future_events=health.future_events,
        segments=[
            SegmentHealthReply(
                dimension=segment.dimension,
                value=segment.value,
                units=segment.units,
                sample_ratio_alarm=render_p_value(segment.alarm),
            )
            for segment in health.segments
        ],
    )


def _render_sample_ratio(ratio: SampleRatio | Missing) -> SampleRatioReply | MissingReply:
    if isinstance(ratio, Missing):
        return render_missing(ratio)
    return SampleRatioReply(
        is_mismatch=ratio.is_mismatch,
        p_value=ratio.p_value,
        threshold=ratio.threshold,
        statistic=ratio.statistic,
        degrees_of_freedom=ratio.degrees_of_freedom,
        expected_units=list(ratio.expected),
        method=ratio.method,
    )
