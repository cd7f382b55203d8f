"""Two arms of anybody's data, for notebooks."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.cells import Sums
from signpost.analysis.covariates import CovariateSums, adjust_for_covariates
from signpost.analysis.fieller import estimate_fieller_lift
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.judging import ArmData, Setting, adjust, compare_arms, contrast_arms, lift_of
from signpost.analysis.looks import Look
from signpost.analysis.results import ComparisonResult
from signpost.model.metrics import Aggregation, Direction, Metric, Role, Selection

KINDS = {"rate": Aggregation.CONVERSION, "mean": Aggregation.SUM, "ratio": Aggregation.RATIO}


@dataclass(frozen=True, slots=True)
class AdjustedResult:
    """The treatment's adjusted mean against the control's."""

    absolute: Estimate | Missing
    relative: Estimate | Missing
    p_value: PValue


def compare(
    control: Sums,
    treatment: Sums,
    kind: str = "rate",
    *,
    look: Look | None = None,
    alpha: float = 0.05,
    lower_is_better: bool = False,
    fieller: bool = False,
) -> ComparisonResult:
    """Return what the sums of two arms show.

    `kind` is `rate` (each unit has 0 or 1), `mean` (each unit has a value; with the sums of a covariate the means are adjusted for
    it), or `ratio` (each unit has a numerator x and a denominator d). `look` is the way of looking; one planned look when left out.
    With `fieller` the relative effect has Fieller's interval, at one planned look, instead of that of the log-ratio.

    Raises:
        KeyError: there is no such kind.
    """
    direction = Direction.DECREASE if lower_is_better else Direction.INCREASE
    days = 1 if control.c or treatment.c else 0
    metric = Metric("metric", "", KINDS[kind], Selection(("s",)), direction, Role.DECISION, covariate_days=days)
    setting = Setting(look or FixedHorizon(alpha), alpha)
    arms = ArmData({0: control}), ArmData({0: treatment})
    result = adjust([metric], [compare_arms(metric, arms[0], {"treatment": arms[1]}, setting)], alpha)[0][0]
    contrast = contrast_arms(metric, *arms) if fieller else None
    return (
        result
        if contrast is None or isinstance(contrast, Missing)
        else replace(result, relative=estimate_fieller_lift(contrast, 1 - alpha))
    )


def compare_adjusted(
    control: CovariateSums,
    treatment: CovariateSums,
    *,
    look: Look | None = None,
    alpha: float = 0.05,
    fieller: bool = False,
) -> AdjustedResult | Missing:
    """Return what the means of two arms show, adjusted for several covariates at once; `add_strata` makes covariates of strata.

    With `fieller` the relative effect has Fieller's interval, at one planned look, instead of that of the log-ratio.
    """
    found = adjust_for_covariates(control, treatment)
    if isinstance(found, Missing):
        return found
    way = look or FixedHorizon(alpha)
    relative = estimate_fieller_lift(found, 1 - alpha) if fieller else lift_of(found, way)
    return AdjustedResult(way.interval(found.absolute()), relative, way.p_value(found.absolute()))


def sum_rate(successes: int, units: int) -> Sums:
    """Return the sums of units of which so many have a success."""
    return Sums(units, successes, successes)


def sum_values(values: Sequence[int], before: Sequence[int] | None = None) -> Sums:
    """Return the sums of the units' values, which are integers; `before` is what each had before the experiment."""
    covariate = before or [0] * len(values)
    return Sums(
        n=len(values),
        x=sum(values),
        xx=sum(value * value for value in values),
        c=sum(covariate),
        cc=sum(value * value for value in covariate),
        xc=sum(x * c for x, c in zip(values, covariate, strict=True)),
    )
