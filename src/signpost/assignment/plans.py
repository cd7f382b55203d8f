"""The plan: prepared experiments, immutable, asked many times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from signpost.assignment.decisions import Decision, Outcome, Reason
from signpost.assignment.hashing import hash_unit
from signpost.assignment.matching import Context

Evaluate = Callable[[str, Context], Decision]
"""Decides for a unit and its context; raises `UnicodeEncodeError` or `TypeError` for a unit that can't be hashed."""


@dataclass(frozen=True, slots=True)
class Override:
    """What a request forces for one transaction, whatever would be decided otherwise."""

    experiment_id: str | None = None
    variation_id: str | None = None
    segment_id: str | None = None


@dataclass(frozen=True, slots=True)
class PreparedExperiment:
    """One experiment, ready to be asked.

    `evaluate` decides as the experiment is; `enrol` decides as if every unit took part. The forced outcomes are by
    variation, and by segment.
    """

    id: str
    salt: str
    attributes: frozenset[str]
    evaluate: Evaluate
    enrol: Evaluate
    forced: Mapping[Outcome, Outcome]
    forced_variations: Mapping[str, Outcome]
    forced_segments: Mapping[str, Outcome]


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a tenant's experiments at one revision. Asking is a pure function and never raises."""

    revision: int
    running: Mapping[str, PreparedExperiment]
    """The active experiment of each flow."""
    running_everywhere: PreparedExperiment | None
    """The active experiment of all flows."""
    experiments: Mapping[str, PreparedExperiment]
    """Every experiment that could be prepared, in any status: an override may force it."""
    nobody: Decision
    """What is decided where no experiment applies."""
    bad_unit: Decision
    """What is decided for a unit that is empty or no text."""

    def decide(self, flow: str, unit: str, context: Context) -> Decision:
        """Decide for a unit in a flow.

        Args:
            flow: The authentication flow, compared exactly.
            unit: The id that is randomised.
            context: The request's attributes, as `model.segments` names them.
        """
        experiment = self.running.get(flow, self.running_everywhere)
        if experiment is None:
            return self.nobody
        try:
            return experiment.evaluate(unit, context) if unit else self.bad_unit
        except (TypeError, UnicodeEncodeError):
            return self.bad_unit

    def decide_forced(self, flow: str, unit: str, context: Context, override: Override) -> Decision:
        """Decide as the override asks. One that leads nowhere is ignored: the decision is then not `is_forced`."""
        outcome = self._force(flow, unit, context, override)
        if outcome is None:
            return self.decide(flow, unit, context)
        experiment = self.experiments[outcome.experiment_id or ""]
        try:
            return Decision((outcome, hash_unit(experiment.salt, unit))) if unit else self.bad_unit
        except (TypeError, UnicodeEncodeError):
            return self.bad_unit

    def attributes_needed(self, flow: str) -> frozenset[str]:
        """Return the attributes that the flow's active experiment asks for; all others need not be worked out."""
        experiment = self.running.get(flow, self.running_everywhere)
        return experiment.attributes if experiment is not None else frozenset()

    def _force(self, flow: str, unit: str, context: Context, override: Override) -> Outcome | None:
        if override.experiment_id is not None:
            experiment = self.experiments.get(override.experiment_id)
        else:
            experiment = self.running.get(flow, self.running_everywhere)
        if experiment is None:
            return None
        if override.variation_id is not None:
            return experiment.forced_variations.get(override.variation_id)
        if override.segment_id is not None:
            return experiment.forced_segments.get(override.segment_id)
        if override.experiment_id is None:
            return None
        try:
            return experiment.forced.get(experiment.enrol(unit, context).outcome) if unit else None
        except (TypeError, UnicodeEncodeError):
            return None


def empty_plan(revision: int) -> Plan:
    """Return the plan of a tenant that has no experiment."""
    return Plan(
        revision=revision,
        running={},
        running_everywhere=None,
        experiments={},
        nobody=Decision((Outcome(Reason.NO_EXPERIMENT, revision), 0)),
        bad_unit=Decision((Outcome(Reason.BAD_UNIT, revision), 0)),
    )
