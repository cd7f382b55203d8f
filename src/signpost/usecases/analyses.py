"""Analyses of somebody else's data: what was measured of it becomes results like any experiment's."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from signpost.analysis.answers import Estimate, Missing, MissingCode
from signpost.analysis.results import ArmResult, ComparisonResult, MetricResult, Results
from signpost.model.analysis_plans import AnalysisPlan
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.ports.measurements import Measurement
from signpost.usecases.conclusions import Subject, conclude

NOT_GIVEN = Missing(MissingCode.NO_PLANNED_RATIO, "The planned shares were not given, so they are not checked.")


@dataclass(frozen=True, slots=True)
class Data:
    """Data from elsewhere: its name, the control, the planned shares if they are known, and how values were scaled."""

    name: str
    variations: tuple[str, ...]
    control: str
    shares: Mapping[str, int] | None
    scales: Mapping[str, int]


def analyse(data: Data, plan: AnalysisPlan, measured: Measurement, now: datetime) -> Results:
    """Return what the data shows, in the values' own scale."""
    ordered = [data.control, *(v for v in data.variations if v != data.control)]
    subject = Subject(
        id=data.name,
        name=data.name,
        status=ExperimentStatus.COMPLETED,
        strategy=Strategy.PERCENTAGE,
        flow="",
        variations=dict(zip(ordered, ordered, strict=True)),
        control_id=data.control,
        shares=[NOT_GIVEN if data.shares is None else data.shares],
        plan=plan,
        has_own_plan=True,
    )
    results = conclude(subject, measured, now)
    has_days = any(cell.day_ms for cell in measured.cells)
    return replace(
        results,
        metrics=tuple(_scale(m, data.scales[m.metric.name], has_days=has_days) for m in results.metrics),
    )


def _scale(result: MetricResult, scale: int, *, has_days: bool) -> MetricResult:
    return replace(
        result,
        arms=tuple(_scale_arm(arm, scale) for arm in result.arms),
        comparisons=tuple(_scale_comparison(comparison, scale) for comparison in result.comparisons),
        series=result.series if has_days else (),
    )


def _scale_arm(arm: ArmResult, scale: int) -> ArmResult:
    return replace(arm, value=_divide(arm.value, scale))


def _scale_comparison(comparison: ComparisonResult, scale: int) -> ComparisonResult:
    loss = comparison.expected_loss
    return replace(
        comparison,
        absolute=_divide(comparison.absolute, scale),
        expected_loss=loss if isinstance(loss, Missing) else replace(loss, value=loss.value / scale),
    )


def _divide(estimate: Estimate | Missing, scale: int) -> Estimate | Missing:
    if isinstance(estimate, Missing) or scale == 1:
        return estimate
    return replace(
        estimate,
        value=estimate.value / scale,
        ci_lower=estimate.ci_lower / scale,
        ci_upper=estimate.ci_upper / scale,
    )
