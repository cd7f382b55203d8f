"""Two arms side by side, as every family of metrics leaves them, and the effects that follow."""

from dataclasses import dataclass
from typing import Generic

from signpost.analysis.distributions import Numbers, log, reciprocal
from signpost.analysis.effects import Effect


@dataclass(frozen=True, slots=True)
class Contrast(Generic[Numbers]):
    """The value of each arm (a mean, a ratio, a quantile), the variance of each as an estimate, and their covariance.

    `degrees_of_freedom` are those of each variance, control first; infinite where it is taken as known. Each field is a number
    or an array with an element for each of many contrasts.
    """

    control: Numbers
    treatment: Numbers
    control_variance: Numbers
    treatment_variance: Numbers
    covariance: Numbers
    degrees_of_freedom: tuple[Numbers, Numbers]
    units: Numbers
    method: str

    def absolute(self) -> Effect[Numbers]:
        """Return treatment minus control."""
        return self._effect(
            self.treatment - self.control, self.control_variance, self.treatment_variance, self.covariance
        )

    def relative(self) -> Effect[Numbers]:
        """Return the logarithm of treatment over control; both must be above 0.

        Its error is the delta method's: var(log t) = var(t) / t². A linear lift would have 9 % false positives at 5 expected
        events per arm; the logarithm's is symmetric in the arms.
        """
        return self._effect(
            log(self.treatment / self.control),
            self.control_variance / self.control**2,
            self.treatment_variance / self.treatment**2,
            self.covariance / (self.control * self.treatment),
        )

    def beyond(self, margin: float) -> Effect[Numbers]:
        """Return treatment minus (1 + margin) times control: above 0 where the treatment is more than the margin above.

        The margin is a share of the control's value, negative for one below; the control's own error is in it, as in Fieller's
        interval (E. C. Fieller (1954), Some problems in interval estimation, JRSS B 16, 175–185).
        """
        factor = 1 + margin
        return self._effect(
            self.treatment - factor * self.control,
            factor**2 * self.control_variance,
            self.treatment_variance,
            factor * self.covariance,
        )

    def _effect(self, value: Numbers, control: Numbers, treatment: Numbers, covariance: Numbers) -> Effect[Numbers]:
        """Return the effect with Welch's degrees of freedom: (v₁ + v₂)² / (v₁²/f₁ + v₂²/f₂).

        Source: B. L. Welch (1947), The generalization of Student's problem when several different population variances are
        involved, Biometrika 34, 28–35.
        """
        total = control + treatment
        first, second = self.degrees_of_freedom
        freedom = reciprocal((control / total) ** 2 / first + (treatment / total) ** 2 / second)
        return Effect(value, (total - 2 * covariance) ** 0.5, freedom, self.units, self.method)
