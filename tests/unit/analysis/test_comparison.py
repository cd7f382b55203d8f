from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.arm import Arm
from signpost.analysis.comparison import Conclusion, compare, refuse


def test_a_conclusion_has_the_direction_of_the_difference() -> None:
    higher, lower, neither = compare(Arm(2435, 157), [Arm(2435, 235), Arm(2435, 90), Arm(2435, 160)])

    assert higher.conclusion is Conclusion.HIGHER
    assert lower.conclusion is Conclusion.LOWER
    assert neither.conclusion is Conclusion.NO_DIFFERENCE_SHOWN


def test_the_conclusion_uses_the_p_value_that_is_adjusted_for_the_number_of_treatments() -> None:
    barely = Arm(1000, 138)

    alone = compare(Arm(1000, 108), [barely])[0]
    among_three = compare(Arm(1000, 108), [barely, Arm(1000, 108), Arm(1000, 109)])[0]

    assert isinstance(among_three.p_value, PValue)
    assert isinstance(among_three.adjusted_p_value, PValue)
    assert alone.p_value == among_three.p_value
    assert among_three.adjusted_p_value.value == 3 * among_three.p_value.value
    assert alone.conclusion is Conclusion.HIGHER
    assert among_three.conclusion is Conclusion.NO_DIFFERENCE_SHOWN
    assert alone.absolute == among_three.absolute


def test_what_can_be_said_of_few_units_is_said_and_the_rest_has_a_reason() -> None:
    comparison = compare(Arm(8, 3), [Arm(8, 6)])[0]

    assert not isinstance(comparison.absolute, Missing)
    assert isinstance(comparison.relative, Missing)
    assert isinstance(comparison.conclusion, Missing)
    assert comparison.conclusion.code is MissingCode.TOO_FEW_UNITS


def test_a_refused_comparison_has_the_reason_in_every_part() -> None:
    reason = Missing(MissingCode.NO_CONTROL, "There is no control.")

    refused = refuse(reason)

    assert {refused.absolute, refused.relative, refused.p_value, refused.conclusion} == {reason}
