"""The body of an experiment's results: every number with its method, and where there is none, the reason."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, PlainSerializer

from signpost.analysis.answers import Estimate, Missing, MissingCode, PValue
from signpost.analysis.results import (
    ArmResult,
    ComparisonResult,
    Decision,
    HealthResult,
    Judgement,
    MetricResult,
    NoteCode,
    Results,
)
from signpost.analysis.sample_ratio import SampleRatio
from signpost.api.wire.common import ReplyBody, render_time
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.model.metrics import Aggregation, Direction, Role

Ratio = Annotated[FiniteFloat, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0)]


Moment = Annotated[datetime, PlainSerializer(render_time, return_type=str)]


class MissingReply(ReplyBody):
    """There is no number, and this is why."""

    missing: MissingCode = Field(description="Why, for programs.")
    reason: str = Field(description="Why, in words.", examples=["No unit has been exposed to this variation yet."])


class EstimateReply(ReplyBody):
    """A number with its confidence interval."""

    value: FiniteFloat
    ci_lower: FiniteFloat
    ci_upper: FiniteFloat
    confidence_level: Ratio
    method: str = Field(description="How the interval was computed.", examples=["Newcombe hybrid score interval"])


class LossReply(ReplyBody):
    """A cost and how it was computed."""

    value: FiniteFloat = Field(ge=0)
    method: str


class PValueReply(ReplyBody):
    """How probable a result at least this extreme is when there is no difference."""

    value: Ratio
    method: str = Field(examples=["two-sided z-test with pooled variance"])


class JudgementReply(ReplyBody):
    """What the comparison shows, by the adjusted p-value; of a guardrail, by its margin."""

    value: Judgement


class ComparisonReply(ReplyBody):
    """A treatment against the control."""

    variation_id: str
    absolute_effect: EstimateReply | MissingReply = Field(
        description="Treatment minus control: of rates 0.01 is one percentage point, otherwise in the metric's measure."
    )
    relative_effect: EstimateReply | MissingReply = Field(
        description="Treatment over control, minus 1: 0.05 is 5 % more. To be read, not to decide by."
    )
    p_value: PValueReply | MissingReply
    adjusted_p_value: PValueReply | MissingReply = Field(
        description="Adjusted for the number of comparisons of the same role."
    )
    judgement: JudgementReply | MissingReply
    chance_to_be_better: PValueReply | MissingReply = Field(
        description="The Bayesian view: the probability that the treatment is better. No licence to peek."
    )
    expected_loss: LossReply | MissingReply = Field(
        description="What choosing the treatment costs on average where that is wrong, in the metric's unit."
    )


class ArmReply(ReplyBody):
    """The metric in one variation."""

    variation_id: str
    units: Count = Field(description="Units that have a value.")
    total: int | None = Field(
        default=None, description="The sum of their values: of a conversion those that converted."
    )
    value: EstimateReply | MissingReply


class DayReply(ReplyBody):
    """How a comparison stood at the end of a day, over all units exposed until then."""

    day: Moment
    variation_id: str
    units: Count
    absolute_effect: EstimateReply | MissingReply


class SegmentResultReply(ReplyBody):
    """The metric among the units of one value of a dimension."""

    dimension: str
    value: str | None = Field(default=None, description="Left out for the units that have none.")
    variations: list[ArmReply]
    comparisons: list[ComparisonReply]
    against_rest: dict[str, EstimateReply | MissingReply] = Field(
        description="By treatment, how much larger its absolute effect is here than in all other segments together."
    )


class MetricReply(ReplyBody):
    """One metric of the analysis plan."""

    name: str
    description: str
    role: Role
    direction: Direction = Field(description="Which way is better.")
    aggregation: Aggregation
    measure: str | None = Field(default=None, description="What a value counts in.")
    margin: float | None = Field(
        default=None, description="What a guardrail may lose, as a share of the control's value."
    )
    cap: int | None = Field(default=None, description="What values were capped at.")
    variations: list[ArmReply] = Field(description="The control first.")
    comparisons: list[ComparisonReply] = Field(description="Each treatment against the control.")
    series: list[DayReply] = Field(description="Of decision metrics and guardrails.")
    segments: list[SegmentResultReply] = Field(description="With `by_segment`.")
    heterogeneity: dict[str, PValueReply | MissingReply] = Field(
        description="By dimension, how probable so much difference between its segments' effects is by chance."
    )


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
        metrics=[_render_metric(metric) for metric in results.metrics],
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
        sample_ratio_alarm=_render_p_value(health.alarm),
        drift=_render_p_value(health.drift),
        automation=_render_p_value(health.automation),
        events=health.events,
        late_events=health.late_events,
        future_events=health.future_events,
    )


def _render_metric(result: MetricResult) -> MetricReply:
    metric = result.metric
    return MetricReply(
        name=metric.name,
        description=metric.description,
        role=metric.role,
        direction=metric.direction,
        aggregation=metric.aggregation,
        measure=metric.measure,
        margin=metric.margin if metric.role is Role.GUARDRAIL else None,
        cap=result.cap,
        variations=[_render_arm(arm) for arm in result.arms],
        comparisons=[_render_comparison(comparison) for comparison in result.comparisons],
        series=[
            DayReply(
                day=point.day,
                variation_id=point.variation_id,
                units=point.units,
                absolute_effect=_render_estimate(point.absolute),
            )
            for point in result.series
        ],
        segments=[
            SegmentResultReply(
                dimension=segment.dimension,
                value=segment.value,
                variations=[_render_arm(arm) for arm in segment.arms],
                comparisons=[_render_comparison(comparison) for comparison in segment.comparisons],
                against_rest={key: _render_estimate(found) for key, found in segment.against_rest.items()},
            )
            for segment in result.segments
        ],
        heterogeneity={name: _render_p_value(p_value) for name, p_value in (result.heterogeneity or {}).items()},
    )


def _render_arm(arm: ArmResult) -> ArmReply:
    return ArmReply(variation_id=arm.variation_id, units=arm.units, total=arm.total, value=_render_estimate(arm.value))


def _render_comparison(comparison: ComparisonResult) -> ComparisonReply:
    judgement = comparison.judgement
    return ComparisonReply(
        variation_id=comparison.variation_id,
        absolute_effect=_render_estimate(comparison.absolute),
        relative_effect=_render_estimate(comparison.relative),
        p_value=_render_p_value(comparison.p_value),
        adjusted_p_value=_render_p_value(comparison.adjusted_p_value),
        judgement=_render_missing(judgement) if isinstance(judgement, Missing) else JudgementReply(value=judgement),
        chance_to_be_better=_render_p_value(comparison.chance_to_be_better),
        expected_loss=_render_missing(loss)
        if isinstance(loss := comparison.expected_loss, Missing)
        else LossReply(value=loss.value, method=loss.method),
    )


def _render_estimate(estimate: Estimate | Missing) -> EstimateReply | MissingReply:
    if isinstance(estimate, Missing):
        return _render_missing(estimate)
    return EstimateReply(
        value=estimate.value,
        ci_lower=estimate.ci_lower,
        ci_upper=estimate.ci_upper,
        confidence_level=estimate.confidence_level,
        method=estimate.method,
    )


def _render_p_value(p_value: PValue | Missing) -> PValueReply | MissingReply:
    if isinstance(p_value, Missing):
        return _render_missing(p_value)
    return PValueReply(value=p_value.value, method=p_value.method)


def _render_sample_ratio(ratio: SampleRatio | Missing) -> SampleRatioReply | MissingReply:
    if isinstance(ratio, Missing):
        return _render_missing(ratio)
    return SampleRatioReply(
        is_mismatch=ratio.is_mismatch,
        p_value=ratio.p_value,
        threshold=ratio.threshold,
        statistic=ratio.statistic,
        degrees_of_freedom=ratio.degrees_of_freedom,
        expected_units=list(ratio.expected),
        method=ratio.method,
    )


def _render_missing(missing: Missing) -> MissingReply:
    return MissingReply(missing=missing.code, reason=missing.message)
