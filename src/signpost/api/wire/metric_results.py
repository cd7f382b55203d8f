"""One metric in the body of an experiment's results."""

from datetime import datetime
from typing import Annotated

from pydantic import Field, PlainSerializer

from signpost.analysis.answers import Missing
from signpost.analysis.results import ArmResult, ComparisonResult, Judgement, MetricResult
from signpost.api.wire.answers import (
    Count,
    EstimateReply,
    LossReply,
    MissingReply,
    PValueReply,
    render_estimate,
    render_loss,
    render_missing,
    render_p_value,
)
from signpost.api.wire.common import ReplyBody, render_time
from signpost.model.metrics import Aggregation, Direction, Role

Moment = Annotated[datetime, PlainSerializer(render_time, return_type=str)]


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


class AgeReply(ReplyBody):
    """A treatment's effect by days since the exposure, over units whose days are over."""

    from_day: int
    to_day: int
    variation_id: str
    units: Count
    absolute: EstimateReply | MissingReply


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
    ages: list[AgeReply] = Field(description="With `by_segment`: of decision metrics, whether an effect wears off.")
    heterogeneity: dict[str, PValueReply | MissingReply] = Field(
        description="By dimension, how probable so much difference between its segments' effects is by chance."
    )


def render_metric_result(result: MetricResult) -> MetricReply:
    """Return one metric's results."""
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
                absolute_effect=render_estimate(point.absolute),
            )
            for point in result.series
        ],
        segments=[
            SegmentResultReply(
                dimension=segment.dimension,
                value=segment.value,
                variations=[_render_arm(arm) for arm in segment.arms],
                comparisons=[_render_comparison(comparison) for comparison in segment.comparisons],
                against_rest={key: render_estimate(found) for key, found in segment.against_rest.items()},
            )
            for segment in result.segments
        ],
        ages=[
            AgeReply(
                from_day=point.from_day,
                to_day=point.to_day,
                variation_id=point.variation_id,
                units=point.units,
                absolute=render_estimate(point.absolute),
            )
            for point in result.ages
        ],
        heterogeneity={name: render_p_value(p_value) for name, p_value in (result.heterogeneity or {}).items()},
    )


def _render_arm(arm: ArmResult) -> ArmReply:
    return ArmReply(variation_id=arm.variation_id, units=arm.units, total=arm.total, value=render_estimate(arm.value))


def _render_comparison(comparison: ComparisonResult) -> ComparisonReply:
    judgement = comparison.judgement
    return ComparisonReply(
        variation_id=comparison.variation_id,
        absolute_effect=render_estimate(comparison.absolute),
        relative_effect=render_estimate(comparison.relative),
        p_value=render_p_value(comparison.p_value),
        adjusted_p_value=render_p_value(comparison.adjusted_p_value),
        judgement=render_missing(judgement) if isinstance(judgement, Missing) else JudgementReply(value=judgement),
        chance_to_be_better=render_p_value(comparison.chance_to_be_better),
        expected_loss=render_loss(comparison.expected_loss),
    )
