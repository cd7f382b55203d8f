"""The thread of a server that watches at intervals."""

import logging
from pathlib import Path
from threading import Event, Thread

from signpost.edge.locks import hold
from signpost.edge.watch import Watch
from signpost.model.alarms import say_done
from signpost.ports.measurements import MeasurementUnavailableError
from signpost.ports.store import StoreUnavailableError

JOIN_SECONDS = 5
"""How long a look that takes its time may keep the process from ending; every step may be left at any moment."""

log = logging.getLogger("signpost.watch")


class Watcher:
    """A thread that looks at intervals, in one process at a time: the others find the lock taken."""

    def __init__(self, watch: Watch, lock: Path, seconds: float) -> None:
        self._watch = watch
        self._lock = lock
        self._seconds = seconds
        self._stopped = Event()
        self._thread = Thread(target=self._run, name="signpost-watch", daemon=True)

    def start(self) -> None:
        """Begin; the first look is after the first interval."""
        self._thread.start()

    def stop(self) -> None:
        """Stop after the experiment that is being looked at."""
        self._stopped.set()
        if self._thread.ident is not None:
            self._thread.join(JOIN_SECONDS)

    def _run(self) -> None:
        while not self._stopped.wait(self._seconds):
            try:
                with hold(self._lock) as is_ours:
                    if is_ours:
                        self._look_around()
            except (MeasurementUnavailableError, StoreUnavailableError, OSError) as error:
                log.warning("experiments could not be watched, it will be tried again: %s", error)
            except Exception:  # the edge of this thread, which must go on
                log.exception("experiments could not be watched")

    def _look_around(self) -> None:
        for tenant in self._watch.store.tenants():
            for watched in self._watch.look(tenant.id):
                for alarm in watched.raised:
                    log.warning("%s: %s %s", watched.experiment.id, alarm.message, say_done(alarm.action))
                if self._stopped.is_set():
                    return
