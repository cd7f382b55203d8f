"""Arms: what each allocation of an experiment stands for, as outcomes to hand out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from signpost.assignment.decisions import Config, Outcome, Reason
from signpost.model.experiments import Allocation, DefaultConfig, Experiment
from signpost.model.flags import Flag, Origin
from signpost.model.segments import Segment
from signpost.model.variations import Variation


@dataclass(frozen=True, slots=True)
class Candidate:
    """An experiment with what it refers to: its snapshots where it has them, the living things where it has none."""

    experiment: Experiment
    flag: Flag | None
    variations: Mapping[str, Variation]
    segments: Mapping[str, Segment]


@dataclass(frozen=True, slots=True)
class Arms:
    """Makes the outcomes of one experiment; each variation's config is merged once."""

    experiment: Experiment
    revision: int
    variations: Mapping[str, Variation]
    configs: Mapping[str, Config]

    @classmethod
    def of(cls, candidate: Candidate, revision: int) -> "Arms":
        """Return the arms of a candidate.

        Raises:
            ValueError: the flag is gone, a variation is, or there is no allocation.
        """
        experiment, flag = candidate.experiment, candidate.flag
        if flag is None:
            raise ValueError("the feature flag is gone")
        if not experiment.allocations:
            raise ValueError("there is no allocation")
        wanted = dict.fromkeys(allocation.variation_id for allocation in experiment.allocations)
        gone = [variation_id for variation_id in wanted if variation_id not in candidate.variations]
        if gone:
            raise ValueError(f"variations are gone: {', '.join(gone)}")
        variations = {variation_id: candidate.variations[variation_id] for variation_id in wanted}
        configs = {v.id: _merge_config(experiment, flag, v) for v in variations.values()}
        return cls(experiment, revision, variations, configs)

    @property
    def control(self) -> Allocation:
        """The allocation that is the control.

        Raises:
            ValueError: there is none.
        """
        control = next((a for a in self.experiment.allocations if a.is_control), None)
        if control is None:
            raise ValueError("there is no control")
        return control

    def allocation_of(self, variation_id: str) -> Allocation:
        """Return the variation's allocation; of several the control, else the first.

        Raises:
            ValueError: it has none.
        """
        owned = [a for a in self.experiment.allocations if a.variation_id == variation_id]
        if not owned:
            raise ValueError(f"slots belong to the variation {variation_id}, which is not allocated")
        return next((a for a in owned if a.is_control), owned[0])

    def enrol(self, allocation: Allocation, reason: Reason) -> Outcome:
        """Return the outcome that hands out the allocation's variation."""
        variation = self.variations[allocation.variation_id]
        return Outcome(
            reason=reason,
            revision=self.revision,
            experiment_id=self.experiment.id,
            variation_id=variation.id,
            variation_name=variation.name,
            is_control=allocation.is_control,
            config=self.configs[variation.id],
            strategy=self.experiment.strategy,
            segment_id=None if allocation.is_fallback else allocation.segment_id,
            recipe_version=self.experiment.recipe_version,
            is_forced=reason is Reason.FORCED,
        )

    @property
    def forced(self) -> Mapping[str, Outcome]:
        """The outcome that forces each variation."""
        return {
            variation_id: replace(self.enrol(self.allocation_of(variation_id), Reason.FORCED), segment_id=None)
            for variation_id in self.variations
        }

    def decline(self, reason: Reason) -> Outcome:
        """Return the outcome that the experiment does not take the unit."""
        return Outcome(reason, self.revision, declined_by=self.experiment.id)


def _merge_config(experiment: Experiment, flag: Flag, variation: Variation) -> Config:
    """Return the baseline with the variation's overrides on top.

    With `default_config: tenant` only the overrides: what they leave alone comes from the tenant's live configuration.
    """
    inherits = flag.type is Origin.AUTH0 and experiment.default_config is not DefaultConfig.FLAG
    defaults = {} if inherits else {name: parameter.value for name, parameter in flag.parameters.items()}
    overrides = {name: value for name, value in variation.overrides.items() if name in flag.parameters}
    return {name: {"value": value} for name, value in (defaults | overrides).items()}
