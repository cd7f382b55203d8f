"""The plan: prepared experiments, immutable, asked many times."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from signpost.assignment.decisions import Decision, Outcome
from signpost.assignment.evaluation import Context, Evaluate
from signpost.assignment.flags import FLOW, FlagKey, Resolution
from signpost.assignment.matching import keep_texts
from signpost.assignment.overrides import Forcible, Override
from signpost.assignment.subjects import Who
from signpost.model.experiments import Subject

UNEXPECTED = (AttributeError, TypeError, UnicodeEncodeError)
"""What evaluating raises for a unit or a context that is not what the types say."""

NO_UNIT = "\ud800"
"""Stands for a unit that can't be: a lone surrogate, which no strategy can hash."""


@dataclass(frozen=True, slots=True)
class Running:
    """What a flow is asked with: its experiments, the oldest first, and the attributes that they ask for.

    They are several only if they are of one exclusion group.
    """

    experiment_ids: tuple[str, ...]
    attributes: frozenset[str]
    evaluate: Evaluate
    subject: Subject = Subject.DEVICE
    """Whose id the unit is; several have the same."""
    no_unit: Outcome | None = None
    """What goes for those whose unit is not known; None where it always is, because it is the device."""


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What asking for a flag gives: its value, and the decision behind it; no flow and no decision where none was asked."""

    resolution: Resolution
    flow: str | None = None
    decision: Decision | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """All of a tenant's experiments at one revision. Asking is a pure function and never raises."""

    revision: int
    running: Mapping[str, Running]
    """By flow."""
    running_elsewhere: Running
    """For every other flow."""
    experiments: Mapping[str, Forcible]
    """By experiment, in any status; what can't be prepared is not there."""
    bad_unit: Outcome
    flags: Mapping[str, FlagKey]
    """By what they are asked for: a flag's name, or `name.parameter`."""
    is_by_device: bool = True
    """Whether every unit is a device, in experiments of any status: then nobody has to ask who is who."""

    def decide(self, flow: str, unit: str, context: Context) -> Decision:
        """Decide for a unit in a flow; return the outcome, and the unit's 64-bit hash in its experiment.

        Args:
            flow: The authentication flow, compared exactly.
            unit: The id that is randomised, not empty: what `Who.unit_of` says of the flow's subject.
            context: The request's attributes, as `model.segments` names them. What is not known may be left out, or be None,
                which is a little faster when it is one of `attributes_needed`.
        """
        try:
            evaluate = self.running.get(flow, self.running_elsewhere).evaluate
            return evaluate(unit, context) if unit else self._decide_carefully(flow, unit, context)
        except UNEXPECTED:
            return self._decide_carefully(flow, unit, context)

    def decide_forced(self, flow: str, unit: str, context: Context, override: Override) -> Decision:
        """Decide as the override asks; one that leads nowhere is ignored, and the outcome says so."""
        if override.is_empty:
            return self.decide(flow, unit, context)
        try:
            experiment = self._find_experiment(flow, override)
            forced = experiment.force(unit or NO_UNIT, keep_texts(context), override) if experiment else None
        except UNEXPECTED:
            return self.bad_unit, 0
        if forced is not None:
            return forced
        outcome, hashed = self.decide(flow, unit, context)
        return replace(outcome, is_override_ignored=True), hashed

    def decide_for(
        self, flow: str, who: Who, context: Context, override: Override | None = None
    ) -> tuple[str, Decision]:
        """Decide for who asks, whatever the experiments of the flow are on; return the unit that was decided for, too.

        Whose unit is not known is not enrolled. An override needs no account: it goes for the device then, and is not counted.
        """
        if override is not None and not override.is_empty:
            experiment = self._find_experiment(flow, override)
            subject = self.subject_in(flow) if experiment is None else experiment.subject
            unit = who.unit_of(subject) or who.device_id or ""
            decision = self.decide_forced(flow, unit, context, override)
            if not decision[0].is_override_ignored:
                return unit, decision
            unit, (outcome, hashed) = self.decide_for(flow, who, context)
            return unit, (replace(outcome, is_override_ignored=True), hashed)
        running = self.running.get(flow, self.running_elsewhere)
        known = who.unit_of(running.subject)
        if known is None and running.no_unit is not None:
            is_nobody = running.subject is Subject.FIRST_TOUCH and who.is_link_known
            return who.device_id or "", (self.bad_unit if is_nobody else running.no_unit, 0)
        return known or "", self.decide(flow, known or "", context)

    def subject_in(self, flow: str, override: Override | None = None) -> Subject:
        """Return whose id the unit is in a flow."""
        experiment = self._find_experiment(flow, override) if override else None
        return experiment.subject if experiment else self.running.get(flow, self.running_elsewhere).subject

    def evaluate(self, key: str, unit: str, context: Context) -> Evaluation | None:
        """Return a flag's value for a unit, None where there is no such key.

        Args:
            key: A flag's name, or `name.parameter`.
            unit: As for `decide`.
            context: As for `decide`; its `flow` names the authentication flow.
        """
        flag = self.flags.get(key)
        if flag is None:
            return None
        flow = flag.flow_in(context.get(FLOW))
        if flow is None:
            return Evaluation(flag.baseline)
        decision = self.decide(flow, unit, context)
        return Evaluation(flag.resolve(decision[0]), flow, decision)

    def attributes_needed(self, flow: str, override: Override | None = None) -> frozenset[str]:
        """Return the attributes that deciding in this flow asks for; all others need not be worked out."""
        experiment = self._find_experiment(flow, override) if override else None
        return experiment.attributes if experiment else self.running.get(flow, self.running_elsewhere).attributes

    def _find_experiment(self, flow: str, override: Override) -> Forcible | None:
        if override.experiment_id is not None:
            return self.experiments.get(override.experiment_id)
        running = self.running.get(flow, self.running_elsewhere)
        found = (self.experiments.get(experiment_id) for experiment_id in running.experiment_ids)
        return next((experiment for experiment in found if experiment is not None and experiment.has(override)), None)

    def _decide_carefully(self, flow: object, unit: object, context: object) -> Decision:
        """Decide for what may be of any type, out of the way of those who ask as the types say."""
        running = self.running.get(flow, self.running_elsewhere) if isinstance(flow, str) else self.running_elsewhere
        try:
            return running.evaluate(unit if isinstance(unit, str) and unit else NO_UNIT, keep_texts(context))
        except UNEXPECTED:
            return self.bad_unit, 0
