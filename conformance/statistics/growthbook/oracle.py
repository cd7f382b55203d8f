"""Writes values.csv: see README.md. The units are those of ../oracle.R."""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from gbstats.frequentist.tests import FrequentistConfig, TwoSidedTTest
from gbstats.models.statistics import (
    ProportionStatistic,
    QuantileStatistic,
    RatioStatistic,
    RegressionAdjustedStatistic,
    SampleMeanStatistic,
    Statistic,
    compute_theta,
)
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Z_95 = 1.959963984540054

I = np.arange(1, 1_201)  # noqa: E741 as in oracle.R
BEFORE, SECOND, ATTEMPTS, TIME_MS = I * 37 % 23, I * 29 % 13, 1 + I * 17 % 5, I * 7_919 % 10_007
ORGANISATION = I % 48
TREATED = ORGANISATION * 5 % 12 < 4
NOISE = 3 * SECOND + I * 53 % 29
VALUE = BEFORE * (1 + TREATED) + NOISE + 2 * (ORGANISATION % 7)
PARALLEL = 2 * BEFORE + NOISE + 5 * TREATED


def all_pairs() -> Iterator[tuple[str, Statistic, Statistic]]:
    """Return control and treatment of each family."""
    arms = (~TREATED, TREATED)
    under = TIME_MS < 5_000
    yield "share", *(ProportionStatistic(n=int(arm.sum()), sum=int(under[arm].sum())) for arm in arms)
    yield "mean", *(mean_of(VALUE[arm]) for arm in arms)
    yield "ratio", *(ratio_of(VALUE[arm], ATTEMPTS[arm]) for arm in arms)
    yield "adjusted.unequal", *adjusted(VALUE)
    yield "adjusted.parallel", *adjusted(PARALLEL)
    yield "median", *(median_of(TIME_MS[arm]) for arm in arms)


def mean_of(x: Numbers) -> SampleMeanStatistic:
    """Return the sums of a mean."""
    return SampleMeanStatistic(n=len(x), sum=int(x.sum()), sum_squares=int((x * x).sum()))


def ratio_of(x: Numbers, d: Numbers) -> RatioStatistic:
    """Return the sums of a ratio."""
    return RatioStatistic(
        n=len(x), m_statistic=mean_of(x), d_statistic=mean_of(d), m_d_sum_of_products=int((x * d).sum())
    )


def adjusted(x: Numbers) -> tuple[Statistic, Statistic]:
    """Return both arms, adjusted by the one slope that GrowthBook takes for both."""

    def make(arm: NDArray[np.bool_], theta: float) -> RegressionAdjustedStatistic:
        return RegressionAdjustedStatistic(
            n=int(arm.sum()),
            post_statistic=mean_of(x[arm]),
            pre_statistic=mean_of(BEFORE[arm]),
            post_pre_sum_of_products=int((x[arm] * BEFORE[arm]).sum()),
            theta=theta,
        )

    theta = compute_theta(make(~TREATED, 0.0), make(TREATED, 0.0))
    return make(~TREATED, theta), make(TREATED, theta)


def median_of(x: Numbers) -> QuantileStatistic:
    """Return the median with the bounds that GrowthBook's SQL reads off a warehouse: quantiles at 0.5 ± z √(0.25/n)."""
    half = Z_95 * (0.25 / len(x)) ** 0.5
    value, lower, upper = (float(np.quantile(x, share)) for share in (0.5, 0.5 - half, 0.5 + half))
    return QuantileStatistic(
        n=len(x), n_star=len(x), nu=0.5, quantile_hat=value, quantile_lower=lower, quantile_upper=upper
    )


def main() -> None:
    """Write the table."""
    with (Path(__file__).parent / "values.csv").open("w", encoding="utf-8", newline="") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(["name", "value"])
        for name, control, treatment in all_pairs():
            for scale in ("absolute", "relative"):
                test = TwoSidedTTest(control, treatment, FrequentistConfig(difference_type=scale))
                found = (test.point_estimate, test.variance**0.5, test.dof, test.p_value, *test.confidence_interval)
                names = ("value", "standard_error", "degrees_of_freedom", "p_value", "ci_lower", "ci_upper")
                table.writerows([f"{name}.{scale}.{of}", repr(float(x))] for of, x in zip(names, found, strict=True))


if __name__ == "__main__":
    main()
