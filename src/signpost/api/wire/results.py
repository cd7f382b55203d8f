"""The body of an experiment's results: every number with its method, and where there is none, the reason."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, FiniteFloat, PlainSerializer

from signpost.analysis.answers import Estimate, Missing, MissingCode, PValue
from signpost.analysis.comparison import Comparison, Conclusion
from signpost.analysis.sample_ratio import SampleRatio
from signpost.api.wire.common import ReplyBody, render_time
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.usecases.result_notes import NoteCode
from signpost.usecases.results import Results, VariationResult

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


class PValueReply(ReplyBody):
    """How probable a result at least this extreme is when there is no difference."""

    value: Ratio
    method: str = Field(examples=["two-sided z-test with pooled variance"])


class ConclusionReply(ReplyBody):
    """What the comparison shows at 5 %, by the adjusted p-value."""

    value: Conclusion


class ComparisonReply(ReplyBody):
    """A treatment against the control."""

    absolute_effect: EstimateReply | MissingReply = Field(
        description="Difference of the success rates: 0.01 is one percentage point."
    )
    relative_effect: EstimateReply | MissingReply = Field(
        description="Quotient of the success rates, minus 1: 0.05 is 5 % more."
    )
    p_value: PValueReply | MissingReply
    adjusted_p_value: PValueReply | MissingReply = Field(description="Adjusted for the number of treatments.")
    conclusion: ConclusionReply | MissingReply


class VariationResultReply(ReplyBody):
    """What one variation has shown."""

    variation_id: str
    variation_name: str | None = Field(default=None, description="Left out when the variation is gone.")
    is_control: bool
    planned_ratio: Ratio | None = Field(
        default=None, description="Planned share of the units. Left out where none is planned."
    )
    units: Count = Field(description="Units exposed to this variation and no other, forced exposures not counted.")
    successes: Count = Field(description="Those of them with a success (`s`) at or after their first exposure.")
    success_rate: EstimateReply | MissingReply
    comparison: ComparisonReply | None = Field(
        default=None, description="Against the control; the control itself has none."
    )


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
    computed_at: Moment
    first_exposure_at: Moment | None = None
    last_exposure_at: Moment | None = None
    units: Count = Field(description="Units counted in the variations.")
    drifted_units: Count = Field(description="Units exposed to more than one variation, left out.")
    forced_exposures: Count = Field(description="Exposures by override, left out.")
    variations: list[VariationResultReply] = Field(description="The control first.")
    sample_ratio: SampleRatioReply | MissingReply
    notes: list[NoteReply] = Field(description="The gravest first.")


def render_results(results: Results) -> dict[str, Any]:
    """Return the body as plain JSON values."""
    reply = ResultsReply(
        experiment_id=results.experiment_id,
        experiment_name=results.experiment_name,
        status=results.status,
        allocation_strategy=results.strategy,
        computed_at=results.computed_at,
        first_exposure_at=results.first_exposure_at,
        last_exposure_at=results.last_exposure_at,
        units=results.units,
        drifted_units=results.drifted_units,
        forced_exposures=results.forced_exposures,
        variations=[_render_variation(variation) for variation in results.variations],
        sample_ratio=_render_sample_ratio(results.sample_ratio),
        notes=[NoteReply(code=note.code, message=note.message) for note in results.notes],
    )
    return reply.model_dump(mode="json", exclude_none=True)


def _render_variation(variation: VariationResult) -> VariationResultReply:
    return VariationResultReply(
        variation_id=variation.variation_id,
        variation_name=variation.name,
        is_control=variation.is_control,
        planned_ratio=variation.planned_ratio,
        units=variation.units,
        successes=variation.successes,
        success_rate=_render_estimate(variation.success_rate),
        comparison=None if variation.comparison is None else _render_comparison(variation.comparison),
    )


def _render_comparison(comparison: Comparison) -> ComparisonReply:
    conclusion = comparison.conclusion
    return ComparisonReply(
        absolute_effect=_render_estimate(comparison.absolute),
        relative_effect=_render_estimate(comparison.relative),
        p_value=_render_p_value(comparison.p_value),
        adjusted_p_value=_render_p_value(comparison.adjusted_p_value),
        conclusion=_render_missing(conclusion)
        if isinstance(conclusion, Missing)
        else ConclusionReply(value=conclusion),
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
