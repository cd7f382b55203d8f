"""Clusters: units that belong together, as those of one organisation do, are not independent of each other."""

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.cells import Sums
from signpost.analysis.contrasts import Contrast
from signpost.analysis.means import centre_ratio, contrast

METHOD = "cluster-robust: ratio of the clusters' sums, t over clusters"
CLUSTERS_MIN = 10
"""Clusters per arm under which no error can be trusted."""


def contrast_clusters(control: Sums, treatment: Sums) -> Contrast[float] | Missing:
    """Return the contrast of means over units whose errors are those of the clusters.

    The sums are over clusters: x a cluster's sum, d its units. The variance of Σx/Σd over G clusters has the correction G / (G − 1),
    and t has the arms' G − 1 degrees of freedom by Welch (A. C. Cameron, D. L. Miller (2015), A practitioner's guide to
    cluster-robust inference, Journal of Human Resources 50, 317–372, section VI). Clusters of unequal size have fewer effective
    ones, so the degrees of freedom shrink by (Σd)² / (G Σd²), as in R. L. Carter, K. T. Schnepel, D. G. Steigerwald (2017),
    Asymptotic behavior of a t-test robust to cluster heterogeneity, Review of Economics and Statistics 99, 698–709.
    """
    if min(control.n, treatment.n) < CLUSTERS_MIN:
        return Missing(
            MissingCode.TOO_FEW_CLUSTERS,
            f"Fewer than {CLUSTERS_MIN} clusters in a variation: too few to know the error.",
        )
    if control.d == 0 or treatment.d == 0:
        return Missing(MissingCode.NO_UNITS, "No unit of a variation has a value.")
    made = contrast(centre_ratio(control), centre_ratio(treatment), METHOD)
    freedom = [max(1.0, s.d**2 / s.dd - 1) for s in (control, treatment)]
    return Contrast(
        control=made.control,
        treatment=made.treatment,
        control_variance=made.control_variance,
        treatment_variance=made.treatment_variance,
        covariance=0.0,
        degrees_of_freedom=(freedom[0], freedom[1]),
        units=float(control.d + treatment.d),
        method=METHOD,
    )
