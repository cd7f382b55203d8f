"""Holdouts: a share of a tenant's units that gets no experiment, so that the sum of all of them can be measured."""

from dataclasses import dataclass
from datetime import datetime

HOLDOUT = "holdout"
"""Stands for an experiment and a variation where a held-out unit is recorded."""

EXPERIMENTS = "experiments"
"""Stands for the variation that a unit has seen that is in any experiment at all."""


@dataclass(frozen=True, slots=True)
class Holdout:
    """The units that are held out: those whose slot, by this salt, is under `slots`, of a million.

    The salt stays, so that a larger share only adds units. `started_at` is when the share was last raised from nothing.
    """

    slots: int
    salt: str
    started_at: datetime
