"""Statistics of experiments: from integer sums to estimates, intervals and verdicts. Nothing here reads anything.

For notebooks: `compare` takes the sums of two arms and tells what they show.
"""

from signpost.analysis.answers import Estimate, Missing, MissingCode, PValue
from signpost.analysis.bayes import view_effect
from signpost.analysis.beta_binomial import view_rates
from signpost.analysis.cells import Histogram, Sums
from signpost.analysis.comparing import compare, compare_adjusted, sum_rate, sum_values
from signpost.analysis.confidence_sequence import ConfidenceSequence
from signpost.analysis.covariates import CovariateSums, add_strata
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.group_sequential import GroupSequential
from signpost.analysis.results import ComparisonResult, Judgement
from signpost.analysis.sample_ratio import check_sample_ratio

__all__ = [
    "ComparisonResult",
    "ConfidenceSequence",
    "CovariateSums",
    "Estimate",
    "FixedHorizon",
    "GroupSequential",
    "Histogram",
    "Judgement",
    "Missing",
    "MissingCode",
    "PValue",
    "Sums",
    "add_strata",
    "check_sample_ratio",
    "compare",
    "compare_adjusted",
    "sum_rate",
    "sum_values",
    "view_effect",
    "view_rates",
]
