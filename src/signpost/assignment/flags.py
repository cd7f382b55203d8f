"""Flags asked by key, as OpenFeature and OFREP ask: one value, why it is that one, and what is to be known about it."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from signpost.assignment.decisions import Outcome, Reason
from signpost.model.experiments import ALL_FLOWS, Experiment
from signpost.model.flags import Flag, FlagStatus
from signpost.model.json import JsonValue
from signpost.model.variations import Variation

FLOW = "flow"
"""The name in a context that says which flow asks."""
VALUE = "value"
"""The parameter that a flag's bare name stands for, where it has one."""
NO_NAME = "default"
"""What a flag's defaults are called where no variation stands for them."""

Metadata = Mapping[str, str | bool | int | float]


class FlagReason(StrEnum):
    """Why a flag has the value it has, in OpenFeature's words."""

    STATIC = "STATIC"
    """No experiment varies it here."""
    SPLIT = "SPLIT"
    """The unit's coordinates decided, be it that it is not in the experiment."""
    TARGETING_MATCH = "TARGETING_MATCH"
    """A segment matched."""
    DEFAULT = "DEFAULT"
    """No segment matched."""
    DISABLED = "DISABLED"
    """The flag is not active: there is no value, the caller's own default counts."""
    UNKNOWN = "UNKNOWN"
    """The experiment or the unit can't be used: the value is the flag's default."""


@dataclass(frozen=True, slots=True, eq=False)
class Resolution:
    """A flag's value, None where the caller's own default counts. Shared by all who get it, so never to be changed."""

    value: JsonValue
    reason: FlagReason
    variant: str
    """The name of the variation; where none is named, `default`."""
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class KnownFlag:
    """A flag, and the variation that overrides nothing: its name is what the flag's defaults are called."""

    flag: Flag
    baseline: Variation | None = None


@dataclass(frozen=True, slots=True, eq=False)
class FlagKey:
    """What a key stands for: a flag, or one of its parameters."""

    parameter: str | None
    """None: all of them, as one object."""
    experiments: frozenset[str]
    """The flag's active experiments."""
    flows: tuple[str, ...]
    """Where they are active, the oldest first."""
    is_everywhere: bool
    """Whether one of them is active in all flows."""
    is_grouped: bool
    """Whether one of them is in an exclusion group, so that another experiment or none may take a unit in its flow."""
    baseline: Resolution

    def flow_in(self, named: str | None) -> str | None:
        """Return the flow to decide in: the one that is named, else that of the oldest experiment; None: nothing to ask."""
        if named is None:
            return self.flows[0] if self.flows else None
        return named if self.is_everywhere or named in self.flows else None

    def is_exposed_by(self, outcome: Outcome) -> bool:
        """Return whether showing the value is an exposure: an experiment of this flag decided it, or the holdout instead."""
        return outcome.is_exposure and (outcome.experiment_id or outcome.declined_by) in self.experiments

    def resolve(self, outcome: Outcome) -> Resolution:
        """Return what the outcome of deciding means for this key."""
        if outcome.experiment_id in self.experiments:
            return self._vary(outcome)
        if outcome.declined_by in self.experiments or outcome.reason is Reason.BAD_UNIT:
            return Resolution(self.baseline.value, _REASONS[outcome.reason], self.baseline.variant, _describe(outcome))
        if self.is_grouped and self.baseline.reason is FlagReason.STATIC and outcome.reason is not Reason.NO_EXPERIMENT:
            return replace(self.baseline, reason=FlagReason.SPLIT)
        return self.baseline

    def _vary(self, outcome: Outcome) -> Resolution:
        value: JsonValue
        if self.parameter is None:
            value = {name: wrapped["value"] for name, wrapped in outcome.config.items()}
        else:
            value = outcome.config[self.parameter]["value"] if self.parameter in outcome.config else None
        return Resolution(value, _REASONS[outcome.reason], outcome.variation_name or NO_NAME, _describe(outcome))


def list_keys(flags: Iterable[KnownFlag], active: Iterable[Experiment]) -> dict[str, FlagKey]:
    """Return every key and what it stands for.

    A flag's own name goes before another's `name.parameter`.

    Args:
        flags: The tenant's flags.
        active: The active experiments, the oldest first.
    """
    by_flag: dict[str, list[Experiment]] = {}
    for experiment in active:
        by_flag.setdefault(experiment.flag_id, []).append(experiment)
    keys: dict[str, FlagKey] = {}
    names: dict[str, FlagKey] = {}
    for known in flags:
        running = by_flag.get(known.flag.id, ())
        experiments = frozenset(experiment.id for experiment in running)
        flows = tuple(experiment.flow for experiment in running)
        is_grouped = any(experiment.exclusion_group is not None for experiment in running)
        for key, parameter in _keys_of(known.flag):
            rest = _rest(known, parameter, key)
            found = FlagKey(parameter, experiments, flows, ALL_FLOWS in flows, is_grouped, rest)
            (names if key == known.flag.name else keys)[key] = found
    return keys | names


def _keys_of(flag: Flag) -> Iterator[tuple[str, str | None]]:
    for name in flag.parameters:
        yield f"{flag.name}.{name}", name
    yield flag.name, VALUE if VALUE in flag.parameters else None


def _rest(known: KnownFlag, parameter: str | None, key: str) -> Resolution:
    """Return what a key gives where no experiment varies it."""
    flag = known.flag
    if flag.status is not FlagStatus.ACTIVE:
        return Resolution(None, FlagReason.DISABLED, NO_NAME)
    variant = known.baseline.name if known.baseline else NO_NAME
    if parameter is None:
        return Resolution({name: p.value for name, p in flag.parameters.items()}, FlagReason.STATIC, variant)
    others = {
        name: p.value
        for name, p in flag.parameters.items()
        if key == flag.name and name != parameter and isinstance(p.value, str | bool | int | float)
    }
    return Resolution(flag.parameters[parameter].value, FlagReason.STATIC, variant, others)


def _describe(outcome: Outcome) -> Metadata:
    about = {
        "experiment_id": outcome.experiment_id or outcome.declined_by,
        "variation_id": outcome.variation_id,
        "is_control": outcome.is_control if outcome.is_enrolled else None,
        "segment_id": outcome.segment_id,
        "reason": outcome.reason.value,
        "revision": outcome.revision,
    }
    return {name: value for name, value in about.items() if value is not None}


_REASONS = {
    Reason.SPLIT: FlagReason.SPLIT,
    Reason.ROLLOUT_TREATMENT: FlagReason.SPLIT,
    Reason.ROLLOUT_CONTROL: FlagReason.SPLIT,
    Reason.NOT_EXPOSED: FlagReason.SPLIT,
    Reason.EXCLUDED: FlagReason.SPLIT,
    Reason.HOLDOUT: FlagReason.SPLIT,
    Reason.SEGMENT: FlagReason.TARGETING_MATCH,
    Reason.FORCED: FlagReason.TARGETING_MATCH,
    Reason.FALLBACK: FlagReason.DEFAULT,
    Reason.NO_ACCOUNT: FlagReason.UNKNOWN,
    Reason.LINK_UNKNOWN: FlagReason.UNKNOWN,
    Reason.NO_EXPERIMENT: FlagReason.STATIC,
    Reason.BAD_UNIT: FlagReason.UNKNOWN,
    Reason.BROKEN: FlagReason.UNKNOWN,
    Reason.NO_PLAN: FlagReason.UNKNOWN,
}
