"""The oracles are a published experiment, statsmodels and scipy.stats."""

import pytest
from scipy.stats import chi2_contingency
from statsmodels.stats.proportion import proportions_ztest

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.arm import Arm
from signpost.analysis.equality import calculate_p_value


def test_resume_names_give_the_published_p_value() -> None:
    """M. Bertrand, S. Mullainathan (2004), American Economic Review 94, table 1: 9.65 % against 6.45 %."""
    black_names, white_names = Arm(2435, 157), Arm(2435, 235)

    found = calculate_p_value(black_names, white_names)

    assert isinstance(found, PValue)
    assert f"{found.value:.2e}" == "3.98e-05"


@pytest.mark.parametrize(
    ("control", "treatment"),
    [
        (Arm(20, 9), Arm(20, 13)),
        (Arm(44_910, 505), Arm(44_925, 500)),
        (Arm(9_000_000, 90), Arm(1_000_000, 31)),
    ],
)
def test_the_p_value_is_that_of_statsmodels_and_scipy(control: Arm, treatment: Arm) -> None:
    found = calculate_p_value(control, treatment)

    assert isinstance(found, PValue)
    _, by_statsmodels = proportions_ztest([treatment.successes, control.successes], [treatment.units, control.units])
    table = [[treatment.successes, treatment.failures], [control.successes, control.failures]]
    by_scipy = chi2_contingency(table, correction=False).pvalue
    assert found.value == pytest.approx(by_statsmodels, rel=1e-9)
    assert found.value == pytest.approx(by_scipy, rel=1e-9)


@pytest.mark.parametrize(
    ("control", "treatment", "code", "words"),
    [
        (Arm(0, 0), Arm(9, 3), MissingCode.NO_UNITS, "both variations"),
        (Arm(90, 0), Arm(90, 0), MissingCode.NO_VARIANCE, "No unit has a success"),
        (Arm(90, 90), Arm(90, 90), MissingCode.NO_VARIANCE, "Every unit has a success"),
        (Arm(100, 5), Arm(100, 4), MissingCode.TOO_FEW_UNITS, "Fewer than 5 successes"),
        (Arm(100, 95), Arm(100, 96), MissingCode.TOO_FEW_UNITS, "Fewer than 5 failures"),
    ],
)
def test_a_test_that_would_not_keep_its_level_is_refused(
    control: Arm, treatment: Arm, code: MissingCode, words: str
) -> None:
    found = calculate_p_value(control, treatment)

    assert isinstance(found, Missing)
    assert found.code is code
    assert words in found.message


def test_five_expected_successes_are_enough() -> None:
    found = calculate_p_value(Arm(100, 10), Arm(100, 0))

    assert isinstance(found, PValue)
