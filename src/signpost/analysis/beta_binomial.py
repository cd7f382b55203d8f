"""The Bayesian view of two rates, exact: each rate has a beta posterior over a uniform prior.

Nothing is drawn. Integrals are Gauss–Legendre between the points where either posterior begins or ends: where one is much
narrower than the other, nodes spread over the wide one alone would miss it.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signpost.analysis.answers import Estimate
from signpost.analysis.bayes import BayesianView

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Rule = tuple[Floats, Floats]

METHOD = "beta posteriors, uniform priors"
NODES = 200
TAIL = 1e-15
"""The posterior's mass that is left out on each side."""
HALVINGS = 60
"""Enough to place a bound of the difference, within −1 and 1, to the last digit."""
Counts = tuple[int, int]


def chance_to_beat(control: Counts, treatment: Counts) -> float:
    """Return the probability that the treatment's rate is above the control's; each is (successes, units).

    Source: C. Stucchio (2015), Bayesian A/B testing at VWO, section 4, whose sum the integral of one density times the other's
    distribution replaces: the sum has as many terms as there are successes.
    """
    return 1 - _chance_at_most(0.0, control, treatment, _rule())


def weigh_rates(control: Counts, treatment: Counts) -> tuple[float, float]:
    """Return the chance that the treatment's rate is above the control's, and the expected loss, as `view_rates` does."""
    rule = _rule()
    return 1 - _chance_at_most(0.0, control, treatment, rule), _expected_loss(control, treatment, rule)


def view_rates(control: Counts, treatment: Counts, confidence_level: float = 0.95) -> BayesianView:
    """Return the Bayesian view of the treatment's rate minus the control's; each is (successes, units).

    The expected loss is E max(c − t, 0) = ∫ P(t < x) P(c > x) dx (Stucchio (2015), section 5), in which nothing cancels. The
    interval has equal tails.
    """
    tail, rule = (1 - confidence_level) / 2, _rule()
    interval = Estimate(
        value=_posterior_mean(treatment) - _posterior_mean(control),
        ci_lower=_quantile(tail, control, treatment, rule),
        ci_upper=_quantile(1 - tail, control, treatment, rule),
        confidence_level=confidence_level,
        method=METHOD,
    )
    chance = 1 - _chance_at_most(0.0, control, treatment, rule)
    return BayesianView(chance, _expected_loss(control, treatment, rule), interval, METHOD)


def _posterior_mean(counts: Counts) -> float:
    return (counts[0] + 1) / (counts[1] + 2)


def _quantile(share: float, control: Counts, treatment: Counts, rule: "Rule") -> float:
    low, high = -1.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if _chance_at_most(middle, control, treatment, rule) < share else (low, middle)
    return (low + high) / 2


def _chance_at_most(difference: float, control: Counts, treatment: Counts, rule: "Rule") -> float:
    """Return P(t − c ≤ difference) = ∫ f_t(x) P(c ≥ x − difference) dx."""
    import numpy as np  # noqa: PLC0415
    from scipy.special import betainc, betaln  # noqa: PLC0415

    (a, b), (c, d) = _parameters(treatment), _parameters(control)
    begin, end = _support(treatment)
    x, weights = _nodes(begin, end, [edge + difference for edge in _support(control)], rule)
    with np.errstate(divide="ignore", invalid="ignore"):
        density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b))
    mass = weights * density
    above = betainc(d, c, np.clip(1 - x + difference, 0, 1))
    return float(np.clip(np.sum(mass * above) / np.sum(mass), 0, 1))


def _expected_loss(control: Counts, treatment: Counts, rule: "Rule") -> float:
    import numpy as np  # noqa: PLC0415
    from scipy.special import betainc  # noqa: PLC0415

    (a, b), (c, d) = _parameters(treatment), _parameters(control)
    begin, end = _support(treatment)[0], _support(control)[1]
    if begin >= end:
        return 0.0
    x, weights = _nodes(begin, end, [*_support(treatment), *_support(control)], rule)
    return float(np.sum(weights * betainc(a, b, x) * betainc(d, c, 1 - x)))


def _parameters(counts: Counts) -> tuple[int, int]:
    return counts[0] + 1, counts[1] - counts[0] + 1


def _support(counts: Counts) -> tuple[float, float]:
    """Return where the posterior's mass lies, but for its tails; the upper end by symmetry, as 1 − TAIL has few digits."""
    from scipy.special import betaincinv  # noqa: PLC0415

    a, b = _parameters(counts)
    return float(betaincinv(a, b, TAIL)), 1 - float(betaincinv(b, a, TAIL))


def _rule() -> "Rule":
    """Return the nodes and weights from −1 to 1; made once for a view, as they take longer than all that is done with them."""
    import numpy as np  # noqa: PLC0415

    return np.polynomial.legendre.leggauss(NODES)


def _nodes(begin: float, end: float, edges: Sequence[float], rule: "Rule") -> "tuple[Floats, Floats]":
    """Return the nodes and weights of an integral from begin to end, cut at the edges inside."""
    import numpy as np  # noqa: PLC0415

    nodes, weights = rule
    cuts = np.array(sorted({begin, end, *(edge for edge in edges if begin < edge < end)}))
    halves, middles = np.diff(cuts)[:, None] / 2, (cuts[1:] + cuts[:-1])[:, None] / 2
    return (middles + halves * nodes).ravel(), (halves * weights).ravel()
