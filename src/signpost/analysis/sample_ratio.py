"""Whether the variations got the shares of units that were planned."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.distributions import chi_square_tail

METHOD = "χ² goodness of fit against the planned shares"
THRESHOLD = 0.001
"""Below this p-value the ratio counts as off: rare enough for an alarm that is looked into each time."""
EXPECTED_MIN = 5


@dataclass(frozen=True, slots=True)
class SampleRatio:
    """The check's result; `expected` units in the order of the variations.

    A mismatch means that something loses units of one variation more than of another; no difference can be
    trusted before it is found.
    """

    is_mismatch: bool
    p_value: float
    threshold: float
    statistic: float
    degrees_of_freedom: int
    expected: tuple[float, ...]
    method: str


Shares = Sequence[int]


def check_sample_ratio(observed: Shares, planned: Shares) -> SampleRatio | Missing:
    """Test observed units against planned shares, given as whole numbers in any common measure (slots)."""
    return check_phases([(observed, planned)])


def check_phases(phases: Sequence[tuple[Shares, Shares]]) -> SampleRatio | Missing:
    """Test the units observed in each phase against the shares planned in it.

    Source: K. Pearson (1900), Philosophical Magazine 50, 157–175: Σ (o − e)² / e with, in each phase, one degree of freedom less
    than there are variations with a share. Phases in which too few units are expected are left out.
    """
    found = [_check(observed, planned) for observed, planned in phases]
    if UNPLANNED in found:
        return UNPLANNED
    checked = [phase for phase in found if isinstance(phase, _Checked)]
    if not checked:
        return next(phase for phase in found if isinstance(phase, Missing))
    statistic = sum(phase.statistic for phase in checked)
    degrees_of_freedom = sum(phase.degrees_of_freedom for phase in checked)
    p_value = float(chi_square_tail(statistic, degrees_of_freedom))
    return SampleRatio(
        is_mismatch=p_value < THRESHOLD,
        p_value=p_value,
        threshold=THRESHOLD,
        statistic=statistic,
        degrees_of_freedom=degrees_of_freedom,
        expected=tuple(map(sum, zip(*(phase.expected for phase in checked), strict=True))),
        method=METHOD if len(checked) == 1 else f"{METHOD}, over {len(checked)} phases",
    )


class _Checked(NamedTuple):
    statistic: float
    degrees_of_freedom: int
    expected: tuple[float, ...]


def _check(observed: Shares, planned: Shares) -> _Checked | Missing:
    units, shares = sum(observed), sum(planned)
    if units == 0:
        return Missing(MissingCode.NO_UNITS, "No unit has been exposed yet.")
    if any(o > 0 and p == 0 for o, p in zip(observed, planned, strict=True)):
        return UNPLANNED
    taking_part = [p for p in planned if p > 0]
    if len(taking_part) < 2:
        return ONE_VARIATION
    if min(taking_part) * units < EXPECTED_MIN * shares:
        return Missing(
            MissingCode.TOO_FEW_UNITS,
            f"Fewer than {EXPECTED_MIN} units are expected in a variation: too few to check.",
        )
    expected = tuple(units * p / shares for p in planned)
    statistic = sum((o - e) ** 2 / e for o, e in zip(observed, expected, strict=True) if e > 0)
    return _Checked(statistic, len(taking_part) - 1, expected)


UNPLANNED = Missing(
    MissingCode.UNPLANNED_UNITS,
    "A variation has units although the plan gives it no traffic: find out why.",
)
ONE_VARIATION = Missing(
    MissingCode.NO_PLANNED_RATIO, "One variation gets all the traffic, so there is no ratio to check."
)


ALARM_METHOD = "sequential Dirichlet-multinomial test against the planned shares"
_CONCENTRATION = 10_000
"""How strongly the alternative keeps to the plan: small, frequent losses are what is looked for."""


def sound_alarm(phases: Sequence[tuple[Shares, Shares]]) -> PValue | Missing:
    """Return a p-value of the planned shares of all phases that is good at any moment, however often it is looked at.

    Source: M. Lindon, A. Malek (2022), Anytime-valid inference for multinomial count data, NeurIPS 35, with the authors'
    concentration of 10,000 in the direction of the plan (their package ssrm-test): one over the Bayes factor of a Dirichlet
    mixture against the plan. The phases' factors are multiplied, as each is a martingale that begins where the last one ended.
    """
    log_factor = 0.0
    missing: Missing | None = Missing(MissingCode.NO_UNITS, "No unit has been exposed yet.")
    for observed, planned in phases:
        found = _log_bayes_factor(observed, planned)
        if isinstance(found, float):
            log_factor += found
            missing = None
        elif found.code is MissingCode.UNPLANNED_UNITS:
            return found
        elif missing is not None and found.code is not MissingCode.NO_UNITS:
            missing = found
    return missing or PValue(min(1.0, math.exp(min(700.0, -log_factor))), ALARM_METHOD)


def _log_bayes_factor(observed: Shares, planned: Shares) -> float | Missing:
    units, shares = sum(observed), sum(planned)
    if units == 0:
        return Missing(MissingCode.NO_UNITS, "No unit has been exposed yet.")
    kept = [(o, p / shares) for o, p in zip(observed, planned, strict=True) if o > 0 or p > 0]
    if any(p == 0 for _, p in kept):
        return UNPLANNED
    if len(kept) < 2:
        return ONE_VARIATION
    log_factor = math.lgamma(_CONCENTRATION) - math.lgamma(_CONCENTRATION + units)
    for count, share in kept:
        prior = _CONCENTRATION * share
        log_factor += math.lgamma(prior + count) - math.lgamma(prior) - count * math.log(share)
    return log_factor
