"""Who gets what: a pure function of what is configured and who asks."""

from signpost.assignment.arms import Candidate
from signpost.assignment.configuration import Configuration
from signpost.assignment.decisions import Decision, Outcome, Reason
from signpost.assignment.flags import FlagReason, Resolution
from signpost.assignment.overrides import Override, SignedOverride
from signpost.assignment.plans import Evaluation, Plan
from signpost.assignment.preparation import PlanWarning, Prepared, prepare
from signpost.assignment.subjects import Who

__all__ = [
    "Candidate",
    "Configuration",
    "Decision",
    "Evaluation",
    "FlagReason",
    "Outcome",
    "Override",
    "Plan",
    "PlanWarning",
    "Prepared",
    "Reason",
    "Resolution",
    "SignedOverride",
    "Who",
    "prepare",
]
