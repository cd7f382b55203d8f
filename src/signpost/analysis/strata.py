"""Strata: contrasts within each part of the units, combined with the parts' shares."""

from collections.abc import Sequence

from signpost.analysis.contrasts import Contrast


def combine(contrasts: Sequence[Contrast[float]], weights: Sequence[float]) -> Contrast[float]:
    """Return the contrast of all strata together: every value is the weighted mean of the strata's.

    While a ramp is raised the arms' shares change, and so does who comes: pooled, a good week of many treated units looks like
    a good treatment. Within each phase the arms are comparable; the weights are the phases' shares of all units. Source:
    T. Miratrix, J. Sekhon, B. Yu (2013), Adjusting treatment effect estimates by post-stratification in randomized experiments,
    JRSS B 75, 369–396, conditional on the shares.
    """
    if len(contrasts) == 1:
        return contrasts[0]
    shares = [weight / sum(weights) for weight in weights]
    variances = [
        sum(share**2 * getattr(c, name) for share, c in zip(shares, contrasts, strict=True))
        for name in ("control_variance", "treatment_variance", "covariance")
    ]
    freedom = tuple(_freedom(shares, contrasts, arm) for arm in (0, 1))
    return Contrast(
        control=sum(share * c.control for share, c in zip(shares, contrasts, strict=True)),
        treatment=sum(share * c.treatment for share, c in zip(shares, contrasts, strict=True)),
        control_variance=variances[0],
        treatment_variance=variances[1],
        covariance=variances[2],
        degrees_of_freedom=(freedom[0], freedom[1]),
        units=sum(c.units for c in contrasts),
        method=f"{' or '.join(dict.fromkeys(c.method for c in contrasts))}, post-stratified over {len(contrasts)} phases",
    )


def _freedom(shares: Sequence[float], contrasts: Sequence[Contrast[float]], arm: int) -> float:
    """Return the degrees of freedom of a sum of variances (F. E. Satterthwaite (1946), Biometrics Bulletin 2, 110–114)."""
    parts = [
        s**2 * (c.treatment_variance if arm else c.control_variance) for s, c in zip(shares, contrasts, strict=True)
    ]
    below = sum(part**2 / c.degrees_of_freedom[arm] for part, c in zip(parts, contrasts, strict=True))
    return sum(parts) ** 2 / below if below else sum(c.degrees_of_freedom[arm] for c in contrasts)
