"""Measures that remember: the same question is not worked out again while its answer is as good as new.

An answer is given again for a minute while nothing new has been kept. What takes longer than a second to work out is given again
for twenty times as long as it took, five minutes at most, whatever has been kept since: nobody is to keep a server busy by
looking. Every answer says as of when it is.
"""

from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Protocol

from signpost.ports.measurements import Measurement, Measures, Question, UnitValues

ANSWERS_MAX = 64
UNCHANGED_MS = 60_000
LONG_SECONDS = 1.0
KEPT_FOR = 20
KEPT_MS_MAX = 300_000


class MeasuredLog(Measures, Protocol):
    """Measures what lies in a log of which one can tell whether anything was added."""

    def newest(self) -> int:
        """Return a number that is another one as soon as something more is kept."""
        ...


@dataclass(slots=True)
class _Remembered:
    """One question's answer; who asks for it while it is worked out waits, and takes it."""

    lock: Lock = field(default_factory=Lock)
    measured: Measurement | None = None
    newest: int = 0
    seconds: float = 0.0

    def find(self, as_of_ms: int, newest: int) -> Measurement | None:
        if self.measured is None:
            return None
        long_ms = min(self.seconds * KEPT_FOR * 1000, KEPT_MS_MAX) if self.seconds > LONG_SECONDS else -1
        kept_ms = max(long_ms, UNCHANGED_MS if newest == self.newest else -1)
        return self.measured if 0 <= as_of_ms - self.measured.as_of_ms <= kept_ms else None


class RememberedMeasures:
    """See `Measures`. `seconds` is a clock that only goes on; it measures how long an answer took."""

    def __init__(self, log: MeasuredLog, seconds: Callable[[], float]) -> None:
        self._log = log
        self._seconds = seconds
        self._lock = Lock()
        self._answers: OrderedDict[tuple[str, Question], _Remembered] = OrderedDict()

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        """Return the sums of an experiment; see `Measures.measure`."""
        remembered = self._find(tenant_id, replace(question, as_of_ms=0))
        with remembered.lock:
            newest = self._log.newest()  # before what it is to tell of is read
            known = remembered.find(question.as_of_ms, newest)
            if known is not None:
                return known
            began = self._seconds()
            measured = self._log.measure(tenant_id, question)
            remembered.seconds = self._seconds() - began
            remembered.measured, remembered.newest = measured, newest
            return measured

    def find_arms(self, tenant_id: str, experiment_id: str) -> Mapping[str, bool]:
        """Return the variations of an experiment; see `Measures.find_arms`."""
        return self._log.find_arms(tenant_id, experiment_id)

    def list_units(self, tenant_id: str, question: Question) -> UnitValues:
        """Return the units themselves; see `Measures.list_units`. They are many, and nobody asks for them twice."""
        return self._log.list_units(tenant_id, question)

    def _find(self, tenant_id: str, question: Question) -> _Remembered:
        key = (tenant_id, question)
        with self._lock:
            found = self._answers.setdefault(key, _Remembered())
            self._answers.move_to_end(key)
            if len(self._answers) > ANSWERS_MAX:
                self._answers.popitem(last=False)
        return found
