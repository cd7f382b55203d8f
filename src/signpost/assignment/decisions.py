"""What comes out of asking: a decision, with its reason."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from signpost.model.experiments import Strategy
from signpost.model.json import JsonValue

Config = Mapping[str, Mapping[str, JsonValue]]
"""Each parameter's value as `{"value": …}`; shared by all who get it, so never to be changed."""


class Reason(StrEnum):
    """Why a decision is what it is."""

    SPLIT = "split"
    """The slot decided."""
    ROLLOUT_TREATMENT = "rollout_treatment"
    """Exposed at the current level of a rollout."""
    ROLLOUT_CONTROL = "rollout_control"
    """Not exposed at the current level of a rollout."""
    SEGMENT = "segment"
    """A segment matched."""
    FALLBACK = "fallback"
    """No segment matched."""
    FORCED = "forced"
    """An override decided."""
    NO_EXPERIMENT = "no_experiment"
    """Not enrolled: no active experiment has this flow."""
    NOT_EXPOSED = "not_exposed"
    """Not enrolled: outside the share of units that the current level covers."""
    EXCLUDED = "excluded"
    """Not enrolled: the unit's slot in the exclusion group belongs to no experiment of this flow."""
    HOLDOUT = "holdout"
    """Not enrolled: the unit is held out of every experiment; without that it would be enrolled."""
    NO_ACCOUNT = "no_account"
    """Not enrolled: the experiment is on accounts, and it is not known whose account it is."""
    LINK_UNKNOWN = "link_unknown"
    """Not enrolled: it could not be found out in time what the device or the account is linked to."""
    BAD_UNIT = "bad_unit"
    """Not enrolled: the unit is empty, no text, or has no UTF-8 form."""
    NO_PLAN = "no_plan"
    """Not enrolled: whoever decides has no configuration yet."""
    BROKEN = "broken"
    """Not enrolled: the experiment can't run as it is configured; the plan's warnings say why."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """Everything of a decision that does not depend on the unit, so it is made once and shared by all who get it.

    A unit that is not enrolled has no experiment, no variation and no config; `declined_by` is then the experiment that
    was asked and did not take it, if there was one.
    """

    reason: Reason
    revision: int
    """The revision of the configuration that decided."""
    experiment_id: str | None = None
    variation_id: str | None = None
    variation_name: str | None = None
    is_control: bool = False
    config: Config = field(default_factory=dict)
    strategy: Strategy | None = None
    segment_id: str | None = None
    """The segment, if one decided."""
    recipe_version: int | None = None
    is_forced: bool = False
    """Whether an override decided; such a decision is never counted."""
    is_override_ignored: bool = False
    """Whether an override was given and led nowhere; then this is what is decided without it."""
    declined_by: str | None = None

    @property
    def is_enrolled(self) -> bool:
        """Whether the unit is in an experiment."""
        return self.experiment_id is not None

    @property
    def is_exposure(self) -> bool:
        """Whether it is to be recorded: the unit is enrolled, or held out of what it would be enrolled in."""
        return self.experiment_id is not None or self.reason is Reason.HOLDOUT


Decision = tuple[Outcome, int]
"""A decision: its outcome, and the 64-bit hash of the unit in that experiment, whose coordinates are `hashing.split_of` and
`hashing.exposure_of`; 0 where nothing was hashed (`NO_EXPERIMENT`, `BAD_UNIT`, `BROKEN`). With `EXCLUDED` it is the hash
in the group, with `HOLDOUT` that in the holdout.

A bare pair, because it is all that has to be made for each question: the smallest object with named fields takes as long
to make as the hash takes to compute.
"""
