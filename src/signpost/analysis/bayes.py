"""The Bayesian view: how probable it is that the treatment is better.

It is no licence to peek: watched until it is large enough, it is wrong as often as a p-value is.
"""

from signpost.analysis.effects import Effect

METHOD = "normal posterior, flat prior"
PRIOR_METHOD = "normal posterior, normal prior"


def chance_above_zero(effect: Effect[float], prior_error: float | None = None) -> float:
    """Return the posterior probability that the true effect is above 0.

    With a prior of mean 0 and this standard error the estimate is shrunk towards 0; without one the prior is flat. Source:
    A. Gelman et al. (2013), Bayesian data analysis, 3rd ed., section 2.5.
    """
    from scipy.special import ndtr  # noqa: PLC0415

    precision = effect.standard_error**-2
    prior = 0.0 if prior_error is None else prior_error**-2
    mean, error = effect.value * precision / (precision + prior), (precision + prior) ** -0.5
    return float(ndtr(mean / error))


def chance_to_beat(control: tuple[int, int], treatment: tuple[int, int]) -> float:
    """Return the probability that the treatment's rate is above the control's; each is (successes, units), the priors uniform.

    Exact: the integral of one beta density times the other's distribution, by Gauss–Legendre on the treatment's central
    mass. Source: C. Stucchio (2015), Bayesian A/B testing at VWO, section 4, whose sum this integral replaces, as it has as many
    terms as there are successes.
    """
    import numpy as np  # noqa: PLC0415
    from scipy.special import betainc, betaincinv, betaln  # noqa: PLC0415

    a, b = treatment[0] + 1, treatment[1] - treatment[0] + 1
    c, d = control[0] + 1, control[1] - control[0] + 1
    lower, upper = betaincinv(a, b, 1e-13), betaincinv(a, b, 1 - 1e-13)
    nodes, weights = np.polynomial.legendre.leggauss(200)
    x = (upper - lower) / 2 * nodes + (upper + lower) / 2
    density = np.exp((a - 1) * np.log(x) + (b - 1) * np.log1p(-x) - betaln(a, b))
    return float(np.clip((upper - lower) / 2 * np.sum(weights * density * betainc(c, d, x)), 0, 1))
