"""What notebooks can do beyond the plain comparison."""

import pytest

from signpost.analysis import (
    CovariateSums,
    Estimate,
    FixedHorizon,
    Missing,
    PValue,
    add_strata,
    compare,
    compare_adjusted,
    sum_rate,
    view_rates,
)


def sums(shift: int, units: int = 600) -> CovariateSums:
    rows = [(10 + 3 * (i % 7) + i % 4 + shift, i % 7) for i in range(units)]
    return CovariateSums(
        n=units,
        x=sum(x for x, _ in rows),
        xx=sum(x * x for x, _ in rows),
        c=(sum(c for _, c in rows),),
        cc=((sum(c * c for _, c in rows),),),
        xc=(sum(x * c for x, c in rows),),
    )


def test_the_bayesian_view_of_plain_rates_is_the_exact_one() -> None:
    found = compare(sum_rate(40, 400), sum_rate(60, 400))

    exact = view_rates((40, 400), (60, 400))
    assert isinstance(found.chance_to_be_better, PValue)
    assert not isinstance(found.expected_loss, Missing)
    assert found.chance_to_be_better.value == pytest.approx(exact.chance_above)
    assert found.expected_loss.value == pytest.approx(exact.expected_loss)


def test_where_lower_is_better_it_is_seen_from_the_other_side() -> None:
    up = compare(sum_rate(60, 400), sum_rate(40, 400), lower_is_better=True)
    down = compare(sum_rate(40, 400), sum_rate(60, 400))

    assert isinstance(up.chance_to_be_better, PValue)
    assert isinstance(down.chance_to_be_better, PValue)
    assert up.chance_to_be_better.value == pytest.approx(down.chance_to_be_better.value)


def test_fieller_s_interval_is_given_to_who_asks() -> None:
    plain, asked = (compare(sum_rate(400, 2_000), sum_rate(500, 2_000), fieller=asked) for asked in (False, True))

    assert isinstance(plain.relative, Estimate)
    assert isinstance(asked.relative, Estimate)
    assert asked.relative.value == pytest.approx(plain.relative.value)
    assert asked.relative.method.startswith("Fieller's interval")
    assert asked.absolute == plain.absolute


def test_a_mean_is_adjusted_and_says_by_how_many_covariates() -> None:
    found = compare_adjusted(sums(0), sums(1), look=FixedHorizon(0.1))

    assert not isinstance(found, Missing)
    assert isinstance(found.absolute, Estimate)
    assert found.absolute.value == pytest.approx(1)
    assert found.absolute.confidence_level == pytest.approx(0.9)
    assert "1 covariates" in found.absolute.method


def test_strata_are_covariates_too() -> None:
    control, treatment = (add_strata([sums(shift), sums(shift + 9)]) for shift in (0, 1))

    found = compare_adjusted(control, treatment, fieller=True)

    assert not isinstance(found, Missing)
    assert isinstance(found.relative, Estimate)
    assert found.relative.method.startswith("Fieller's interval")


def test_too_few_units_are_not_adjusted() -> None:
    assert isinstance(compare_adjusted(sums(0, 20), sums(1, 20)), Missing)
