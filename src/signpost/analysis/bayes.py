"""The Bayesian view: how probable it is that the treatment is better, and what choosing it may cost.

It is no licence to peek: watched until it is large enough, it is wrong as often as a p-value is.
"""

import math
from dataclasses import dataclass

from signpost.analysis.answers import Estimate
from signpost.analysis.distributions import two_sided_z
from signpost.analysis.effects import Effect

METHOD = "normal posterior, flat prior"
PRIOR_METHOD = "normal posterior, normal prior"
CAUTION = (
    "This is no licence to peek: stopped as soon as it looks good, a chance to be better misleads as a p-value does."
)


@dataclass(frozen=True, slots=True)
class BayesianView:
    """What is believed of the treatment minus the control after the data.

    `chance_above` is the probability that it is above 0, `expected_loss` what choosing the treatment costs on average where that
    is wrong, in the metric's unit, and `interval` has the credible bounds. A metric that is better when lower is seen from the
    other side: hand in the arms exchanged.
    """

    chance_above: float
    expected_loss: float
    interval: Estimate
    method: str
    caution: str = CAUTION


def view_effect(
    effect: Effect[float],
    prior_mean: float = 0.0,
    prior_error: float | None = None,
    confidence_level: float = 0.95,
) -> BayesianView:
    """Return the Bayesian view of an effect, its standard error taken as known and above 0.

    With a prior of this mean and standard error the estimate is drawn towards the mean, by their precisions; without one the
    prior is flat. Source: A. Gelman et al. (2013), Bayesian data analysis, 3rd ed., section 2.5. The expected loss of a normal
    posterior is s φ(m/s) − m Φ(−m/s).
    """
    from scipy.special import ndtr  # noqa: PLC0415

    mean, error = _posterior(effect, prior_mean, prior_error)
    z, half = mean / error, two_sided_z(confidence_level) * error
    loss = error * math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - mean * float(ndtr(-z))
    method = METHOD if prior_error is None else PRIOR_METHOD
    interval = Estimate(mean, mean - half, mean + half, confidence_level, method)
    return BayesianView(float(ndtr(z)), max(0.0, loss), interval, method)


def _posterior(effect: Effect[float], prior_mean: float, prior_error: float | None) -> tuple[float, float]:
    precision = effect.standard_error**-2
    prior = 0.0 if prior_error is None else prior_error**-2
    both = precision + prior
    return (effect.value * precision + prior_mean * prior) / both, both**-0.5
