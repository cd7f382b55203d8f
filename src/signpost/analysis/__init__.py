"""Statistics of experiments: from integer sums to estimates, intervals and verdicts. Nothing here reads anything.

For notebooks: `compare` takes the sums of two arms and tells what they show.
"""

from signpost.analysis.answers import Estimate, Missing, MissingCode, PValue
from signpost.analysis.cells import Histogram, Sums
from signpost.analysis.comparing import compare, sum_rate, sum_values
from signpost.analysis.confidence_sequence import ConfidenceSequence
from signpost.analysis.fixed import FixedHorizon
from signpost.analysis.group_sequential import GroupSequential
from signpost.analysis.results import ComparisonResult, Judgement
from signpost.analysis.sample_ratio import check_sample_ratio

__all__ = [
    "ComparisonResult",
    "ConfidenceSequence",
    "Estimate",
    "FixedHorizon",
    "GroupSequential",
    "Histogram",
    "Judgement",
    "Missing",
    "MissingCode",
    "PValue",
    "Sums",
    "check_sample_ratio",
    "compare",
    "sum_rate",
    "sum_values",
]
