"""What is asked of the data about an experiment, and the sums that answer it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from signpost.analysis.cells import Cell, Histogram, Sums
from signpost.model.experiments import Subject
from signpost.model.metrics import Metric

REQUEST_FIELDS = ("connection", "client_id", "organization_id")
"""What an exposure knows of its request that can be broken down by."""


@dataclass(frozen=True, slots=True)
class Question:
    """What to measure of the units of one experiment.

    `phases` are the moments at which a new phase began, in milliseconds since 1970, increasing. A unit belongs to the phase of
    its first exposure, and what it sees or does in later phases is not looked at: there it may be in another variation, by
    plan. `dimensions` and `cluster` are request fields. `as_of_ms` is the moment of asking: what is dated later is
    not looked at, and windows that end later are not over. Exposures before `since_ms` are not looked at.
    `subject` says whose ids the units are, and so which events are theirs: with `DEVICE` those of their own id; with `ACCOUNT`
    those that name the account, and those without a user on a device that only this account was linked to; with `FIRST_TOUCH`
    those of all accounts and devices that stand for the unit, and exposures likewise. Links are events of the log themselves.
    """

    experiment_id: str
    metrics: tuple[Metric, ...]
    as_of_ms: int
    phases: tuple[int, ...] = ()
    dimensions: tuple[str, ...] = ()
    cluster: str | None = None
    since_ms: int = 0
    subject: Subject = Subject.DEVICE


@dataclass(frozen=True, slots=True)
class Health:
    """What says how far the sums can be trusted: exposures and events that were left out or are odd.

    Counts by variation: `drifted` units by the first variation they saw, `forced` exposures by theirs. Late events were kept
    more than an hour after they occurred, future ones are dated after the moment of asking.
    """

    drifted: Mapping[str, int]
    forced: Mapping[str, int]
    first_exposure_ms: int | None
    last_exposure_ms: int | None
    events: int = 0
    late_events: int = 0
    future_events: int = 0


@dataclass(frozen=True, slots=True)
class Measurement:
    """The answer.

    The sums of a cell are in the order of the question's metrics. `breakdowns` holds for each dimension its values' cells
    (their phase and day are 0; None is the value of units that have none). `clusters` holds for each variation and metric the
    ratio sums over clusters: `n` clusters, x their sums, d their units that have a value. `histograms` are of quantile metrics,
    by metric and variation. `caps` are what values were capped at, by metric. `overflown` metrics have values too large to be
    summed exactly where the data lies: their sums are not there (all 0). `as_of_ms` is the moment at which all this was so: the
    question's, or a little before it where the answer was remembered.
    """

    cells: tuple[Cell, ...]
    health: Health
    breakdowns: Mapping[str, Mapping[str | None, tuple[Cell, ...]]]
    clusters: Mapping[str, tuple[Sums, ...]]
    histograms: Mapping[str, Mapping[str, Histogram]]
    caps: Mapping[str, int]
    as_of_ms: int
    overflown: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class UnitValues:
    """The units of a measurement that are in any variation and not suspected of automation, in the order of their names.

    `values` holds for each metric of the question each unit's value, None where it has none, and `denominators` those of ratios
    (0 otherwise). Nothing is capped.
    """

    units: tuple[str, ...]
    values: tuple[tuple[int | None, ...], ...]
    denominators: tuple[tuple[int, ...], ...]


class Measures(Protocol):
    """Measures experiments where their events lie."""

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        """Return the sums of an experiment of the tenant.

        The unit is the unit of randomisation; its first exposure that is not forced counts; units that were exposed to more
        than one variation are in no cell. An event counts when it is in the metric's window after that exposure, whatever
        experiment or none it was attributed to, unless it belongs to a forced assignment. Units with an event of suspected
        automation after the exposure are in cells of their own.

        Raises:
            MeasurementUnavailableError: the data can't be read now.
        """
        ...

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        """Return every variation of an experiment that was ever exposed, and whether it is the control; none where there is none."""
        ...

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        """Return the units themselves, for what has to divide them anew; who estimates has no use for them.

        Raises:
            MeasurementUnavailableError: the data can't be read now.
        """
        ...


class MeasurementUnavailableError(Exception):
    """The data can't be read, or not within the memory and the time that there is; the message says which."""
