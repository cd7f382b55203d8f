"""What was found in logs, counted."""

from collections import Counter
from dataclasses import dataclass, field

from signpost.authlogs.entries import LogEntry
from signpost.ports.events import EXPOSURE_TYPE

NAMES_MAX = 1_000
"""Types, and experiments, that are counted by name; further ones are counted together."""
PROBLEMS_SHOWN = 5
OTHERS = "(others)"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with one entry, and where it begins; lines count from 1."""

    source: str
    line: int
    message: str


@dataclass(slots=True)
class ExperimentTally:
    """What the entries say of one experiment. Those without a unit are in none of the other numbers."""

    assignments: int = 0
    outcomes: int = 0
    without_unit: int = 0
    has_first_events: bool = False
    """Whether first events of units were taken for exposures."""


@dataclass(slots=True)
class Tally:
    """What became of entries: those that could be read were kept now, or were there already."""

    read: int = 0
    kept: int = 0
    present: int = 0
    malformed: int = 0
    warnings: int = 0
    """Entries that were kept without what they say of an experiment."""
    problems: list[Problem] = field(default_factory=list)
    """The first few of both."""
    types: Counter[str] = field(default_factory=Counter)
    experiments: dict[str, ExperimentTally] = field(default_factory=dict)

    def count(self, entry: LogEntry, source: str, line: int) -> None:
        """Count an entry that can be kept."""
        self.read += 1
        event = entry.event
        known = event.type in self.types or len(self.types) < NAMES_MAX
        self.types[event.type if known else OTHERS] += 1
        if entry.warning is not None:
            self.warnings += 1
            self._show(source, line, entry.warning)
        if entry.experiment is None:
            return
        found = self.experiment(entry.experiment.experiment_id)
        if event.attribution is None:
            found.without_unit += 1
        elif event.type == EXPOSURE_TYPE:
            found.assignments += 1
        else:
            found.outcomes += 1

    def reject(self, source: str, line: int, message: str) -> None:
        """Count what can't be kept."""
        self.malformed += 1
        self._show(source, line, message)

    def experiment(self, experiment_id: str) -> ExperimentTally:
        """Return the tally of an experiment."""
        if experiment_id not in self.experiments and len(self.experiments) >= NAMES_MAX:
            experiment_id = OTHERS
        return self.experiments.setdefault(experiment_id, ExperimentTally())

    def _show(self, source: str, line: int, message: str) -> None:
        if len(self.problems) < PROBLEMS_SHOWN:
            self.problems.append(Problem(source, line, message))
