"""Who gets what: a pure function of what is configured and who asks."""

from signpost.assignment.arms import Candidate
from signpost.assignment.decisions import Decision, Outcome, Reason
from signpost.assignment.overrides import Override
from signpost.assignment.plans import Plan
from signpost.assignment.preparation import PlanWarning, Prepared, prepare

__all__ = ["Candidate", "Decision", "Outcome", "Override", "Plan", "PlanWarning", "Prepared", "Reason", "prepare"]
