"""Two arms of anybody's data, for notebooks."""

from collections.abc import Sequence

from signpost.analysis.cells import Sums
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.judging import ArmData, Setting, adjust, compare_arms
from signpost.analysis.looks import Look
from signpost.analysis.results import ComparisonResult
from signpost.model.metrics import Aggregation, Direction, Metric, Role, Selection

KINDS = {"rate": Aggregation.CONVERSION, "mean": Aggregation.SUM, "ratio": Aggregation.RATIO}


def compare(
    control: Sums,
    treatment: Sums,
    kind: str = "rate",
    *,
    look: Look | None = None,
    alpha: float = 0.05,
    lower_is_better: bool = False,
) -> ComparisonResult:
    """Return what the sums of two arms show.

    `kind` is `rate` (each unit has 0 or 1), `mean` (each unit has a value; with the sums of a covariate the means are adjusted for
    it), or `ratio` (each unit has a numerator x and a denominator d). `look` is the way of looking; one planned look when left out.

    Raises:
        KeyError: there is no such kind.
    """
    direction = Direction.DECREASE if lower_is_better else Direction.INCREASE
    days = 1 if control.c or treatment.c else 0
    metric = Metric("metric", "", KINDS[kind], Selection(("s",)), direction, Role.DECISION, covariate_days=days)
    setting = Setting(look or FixedHorizon(alpha), alpha)
    found = compare_arms(metric, ArmData({0: control}), {"treatment": ArmData({0: treatment})}, setting)
    return adjust([metric], [found], alpha)[0][0]


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
