"""The watch as a whole: looks at a tenant's running experiments, writes what it finds into the log, and reports it."""

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from signpost.authlogs.moments import moment_of
from signpost.edge.webhooks import NotToldError
from signpost.model.alarms import Alarm, say_done
from signpost.model.experiments import Experiment
from signpost.ports.clock import Clock
from signpost.ports.events import Event, EventSink, EventsRejectedError
from signpost.ports.ids import IdFactory
from signpost.ports.measurements import Measures
from signpost.ports.store import Store
from signpost.usecases.call import Call
from signpost.usecases.watch import WATCH, Watched, list_untold, list_watched, note_told, watch_experiment

ALARM_TYPE = "experiment_alarm_raised"
RAMP_TYPE = "experiment_ramp_advanced"
DURABLE_SECONDS = 10

_log = logging.getLogger("signpost.watch")

Tell = Callable[[dict[str, Any]], None]
"""Tells an alarm to whom it is reported to, and raises `NotToldError` where it was not taken."""


@dataclass(frozen=True, slots=True)
class Watch:
    """What it takes to watch: where experiments are kept, measured and written about, and who is told."""

    store: Store
    clock: Clock
    ids: IdFactory
    measures: Measures
    events: EventSink
    tell: Tell | None

    def look(self, tenant_id: str, experiment_id: str | None = None) -> Iterator[Watched]:
        """Look at a tenant's running experiments, or at one of them; tell what was found, now or before and not told yet.

        Raises:
            MeasurementUnavailableError: the events can't be read now.
            StoreUnavailableError: the database does not answer.
        """
        call = Call(self.store, self.clock, self.ids, tenant_id, WATCH)
        for watched_id in list_watched(call):
            if experiment_id not in {None, watched_id}:
                continue
            watched = watch_experiment(call, self.measures, watched_id)
            if watched.level is not None:
                self._keep_advance(call, watched, watched.level)
            yield watched
        for experiment, alarm in list_untold(call):
            if self._tell(call, experiment, alarm):
                note_told(call, experiment.id, alarm)

    def _tell(self, call: Call, experiment: Experiment, alarm: Alarm) -> bool:
        """Put an alarm into the log, where it is once however often it is put there, and report it."""
        raised = moment_of(alarm.raised_at)
        document = {
            "experiment_id": experiment.id,
            "experiment_name": experiment.name,
            "subject": alarm.subject,
            "variation_id": alarm.variation_id,
            "action": alarm.action.value,
            "message": alarm.message,
            "raised_at": raised.text,
        }
        key = f"alarm:{experiment.id}:{alarm.subject}:{alarm.variation_id}:{alarm.action}"
        body = {"type": ALARM_TYPE, "description": alarm.message, "details": {"alarm": document}}
        if not self._keep(call, alarm.raised_at, key, body):
            return False
        if self.tell is None:
            return True
        try:
            self.tell({"text": f"{experiment.name}: {alarm.message} {say_done(alarm.action)}", **document})
        except NotToldError as error:
            _log.warning("an alarm of %s could not be reported, it will be tried again: %s", experiment.id, error)
            return False
        return True

    def _keep_advance(self, call: Call, watched: Watched, level: int) -> None:
        now = self.clock.now()
        levels = {"from_level": watched.experiment.current_level, "to_level": level}
        ramp = {"experiment_id": watched.experiment.id, **levels}
        body = {"type": RAMP_TYPE, "description": f"The ramp went on to {level} %.", "details": {"ramp": ramp}}
        self._keep(call, now, f"ramp:{watched.experiment.id}:{level}:{moment_of(now).epoch_ms}", body)

    def _keep(self, call: Call, at: datetime, key: str, body: dict[str, Any]) -> bool:
        """Write a row of the log, once by its key; False where it can't be written now."""
        moment = moment_of(at)
        encoded = msgspec.json.encode({"date": moment.text, **body})
        event = Event(call.tenant_id, body["type"], moment.epoch_ms, encoded, event_id=key)
        try:
            self.events.append((event,)).result(DURABLE_SECONDS)
        except (EventsRejectedError, TimeoutError) as error:
            _log.warning("%s could not be written to the log: %s", body["type"], error)
            return False
        return True
