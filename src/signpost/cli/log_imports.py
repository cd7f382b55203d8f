"""Imports of logs into a data folder, with checkpoints between which nothing is read twice."""

import os
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec.structs import replace

from signpost.authlogs.checkpoints import Checkpoint, Ledger, Record, take_fingerprint
from signpost.authlogs.entries import EntryReader, LogEntry
from signpost.authlogs.first_events import FirstEvents, make_exposure
from signpost.authlogs.imports import Batches, Importer
from signpost.authlogs.moments import Moments
from signpost.authlogs.splitting import START, Place, Splitter
from signpost.authlogs.units import UnitField
from signpost.cli.log_sources import Advance, LogSource, SourceCutOffError
from signpost.model.tenants import Tenant
from signpost.ports.events import EXPOSURE_TYPE

if TYPE_CHECKING:
    from signpost.bootstrap import Parts

CHECKPOINT_BYTES = 32 * 1024 * 1024
"""After so much of a source, what was read of it is made durable, and noted down."""


class Exposures(StrEnum):
    """What makes an exposure."""

    AUTO = "auto"
    ASSIGNMENTS = "assignments"
    FIRST_EVENTS = "first-events"


class LogImports:
    """Imports of one tenant's logs, one source after the other."""

    def __init__(self, parts: "Parts", tenant: Tenant, unit_field: UnitField, exposures: Exposures) -> None:
        self._parts = parts
        self._tenant_id = tenant.id
        self._unit_field = unit_field
        self._exposures = exposures
        self._ledger = Ledger(parts.settings.data / "imports" / tenant.id)
        self._first_events = FirstEvents()
        self._keys: dict[str, LogSource] = {}
        self._record: Record | None = None
        self._assigned: set[str] = set()
        reader = EntryReader(tenant.id, unit_field)
        self._importer = Importer(parts.events, reader, Moments(parts.clock).now, self._note)
        self.tally = self._importer.tally
        self.skipped: list[str] = []
        """Files of which nothing was left to read."""
        self.broken: list[str] = []
        """What was wrong with files as a whole, in sentences."""

    def read(self, source: LogSource, advance: Advance, *, from_start: bool) -> None:
        """Read a source from where the last import of it has come to, up to its end.

        Raises:
            CommandError: it can't be read.
            EventsRejectedError: what was read can't be kept.
            ImportUnderWayError: another process is reading it.
        """
        if source.path is None or not source.is_file:
            key = f"{source.name} {os.getpid()}"
            with self._ledger.open(key) as record:
                self._keys[key] = source
                self._take_all(source, record, None, advance)
                record.flush()
            self._ledger.remember(self._assigned)
            return
        begun = Checkpoint(take_fingerprint(source.path), self._unit_field.name)
        with self._ledger.open(begun.fingerprint.path) as record:
            self._keys[begun.fingerprint.path] = source
            last = record.read()
            is_same = last is not None and (last.fingerprint, last.unit_field) == (begun.fingerprint, begun.unit_field)
            if last is not None and is_same and not from_start:
                begun = last
            if begun.is_done:
                self.skipped.append(source.name)
                advance(source.size)
                return
            record.begin(begun)
            self._take_all(source, record, begun, advance)

    def expose(self) -> None:
        """Make exposures of first events where they are needed, when all sources are read.

        Raises:
            EventsRejectedError, ImportUnderWayError: as for `read`.
        """
        assigned = self._ledger.assigned() if self._exposures is Exposures.AUTO else frozenset[str]()
        batches = Batches(self._parts.events, lambda _new, _count: None)
        for key, source in self._keys.items():
            with self._ledger.open(key) as record:
                for first in record.first_events():
                    experiment_id = first.to.experiment_id
                    if self._exposures is not Exposures.ASSIGNMENTS and experiment_id not in assigned:
                        self.tally.experiment(experiment_id).has_first_events = True
                        batches.add(make_exposure(self._tenant_id, first))
                batches.settle()
                record.forget_first_events()
            if not source.is_file:
                self._ledger.forget(key)

    def _take_all(self, source: LogSource, record: Record, begun: Checkpoint | None, advance: Advance) -> None:
        """Take in what is left of a source, with a checkpoint every now and then if it can be read again."""
        splitter = Splitter(START if begun is None else begun.place)
        self._record = record
        self._assigned = set() if begun is None else set(begun.assigned)
        is_whole = True
        saved = splitter.place.offset
        try:
            for block in source.read(saved, advance):
                self._importer.take(splitter.feed(block), source.name)
                if splitter.place.offset - saved >= CHECKPOINT_BYTES:
                    saved = splitter.place.offset
                    self._save(begun, splitter.place, is_done=False)
        except SourceCutOffError as error:
            is_whole = False
            self.broken.append(f"{source.name} is no whole gzip file ({error}); what could be read of it was taken in.")
        self._importer.take(splitter.finish(), source.name)
        self._save(begun, splitter.place, is_done=is_whole)

    def _save(self, begun: Checkpoint | None, place: Place, *, is_done: bool) -> None:
        self._importer.settle()
        if begun is not None and self._record is not None:
            assigned = frozenset(self._assigned)
            self._record.save(replace(begun, place=place, is_done=is_done, assigned=assigned))

    def _note(self, entry: LogEntry) -> None:
        if entry.experiment is None or self._record is None:
            return
        experiment_id = entry.experiment.experiment_id
        if entry.event.type == EXPOSURE_TYPE:
            self._assigned.add(experiment_id)
            return
        is_needed = self._exposures is Exposures.FIRST_EVENTS or (
            self._exposures is Exposures.AUTO and experiment_id not in self._assigned
        )
        if is_needed and (first := self._first_events.find(entry.event)) is not None:
            self._record.note(first)
