"""Who gets what: a pure function of what is configured and who asks."""

from signpost.assignment.decisions import Decision, Reason
from signpost.assignment.plans import Override, Plan
from signpost.assignment.preparation import Candidate, PlanWarning, Prepared, prepare

__all__ = ["Candidate", "Decision", "Override", "Plan", "PlanWarning", "Prepared", "Reason", "prepare"]
