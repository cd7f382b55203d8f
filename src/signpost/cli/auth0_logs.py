"""`signpost import auth0-logs`."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer
from msgspec.structs import replace
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn, TransferSpeedColumn

from signpost.authlogs.checkpoints import Checkpoint, ImportUnderWayError, Ledger, Record, take_fingerprint
from signpost.authlogs.entries import EntryReader, LogEntry
from signpost.authlogs.first_events import FirstEvents, make_exposure
from signpost.authlogs.imports import Batches, Importer
from signpost.authlogs.moments import Moments
from signpost.authlogs.splitting import START, Place, Splitter
from signpost.authlogs.units import SESSION, UnitField, UnitFieldInvalidError, parse_unit_field
from signpost.cli.log_sources import Advance, LogSource, SourceCutOffError, find_sources
from signpost.cli.options import AsJson, CommandError, ConfigFile, Data, Database, TenantName, opened_tenant, print_json
from signpost.model.tenants import Tenant
from signpost.ports.events import EXPOSURE_TYPE, EventsRejectedError

if TYPE_CHECKING:
    from signpost.bootstrap import Parts

CHECKPOINT_BYTES = 32 * 1024 * 1024
"""After so much of a source, what was read of it is made durable, and noted down."""


class Exposures(StrEnum):
    """What makes an exposure."""

    AUTO = "auto"
    ASSIGNMENTS = "assignments"
    FIRST_EVENTS = "first-events"


def auth0_logs(
    files: Annotated[list[str], typer.Argument(metavar="FILE…", help="Logs in files, plain or gzip; - for stdin.")],
    unit: Annotated[
        str,
        typer.Option(
            "--unit",
            help="What the unit is where an entry has no `unit`: session, user, device, or a field: details.account_id.",
        ),
    ] = SESSION,
    exposures: Annotated[
        Exposures,
        typer.Option(
            "--exposures",
            help="What counts as exposure: assignment entries; a unit's first event; auto: the latter for experiments"
            " without the former.",
        ),
    ] = Exposures.AUTO,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    from_start: Annotated[
        bool, typer.Option("--from-start", help="Read the files anew, also those that were read already.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Take Auth0's tenant logs in: lines, arrays, log-stream batches, from files or stdin, as often as you like.

    An entry counts once, by its log id. Whoever was interrupted gives the same command again, and it goes on where it was.
    """
    from signpost.cli.import_view import ImportView, render_import  # noqa: PLC0415 Rich's tables, for those who need them

    try:
        unit_field = parse_unit_field(unit)
    except UnitFieldInvalidError as error:
        raise CommandError("--unit takes session, user, device, or a field such as details.account_id.") from error
    sources = find_sources(files)
    with opened_tenant(data, database, config, tenant) as (parts, found):
        run = _Run(parts, found, unit_field, exposures)
        try:
            with _progress(sum(source.size for source in sources)) as advance:
                for source in sources:
                    run.read(source, advance, from_start=from_start)
                run.expose()
        except KeyboardInterrupt:
            typer.echo("Stopped. Give the same command again, and it goes on where it was.", err=True)
            raise
        except EventsRejectedError as error:
            raise CommandError(f"{error}. What was read before is kept: give the same command again.") from error
        except ImportUnderWayError as error:
            raise CommandError(f"{error} is being imported by another process.") from error
        with parts.store.reading(found.id) as workspace:
            names = {id_: e.name for id_ in run.tally.experiments if (e := workspace.experiments.get(id_)) is not None}
    view = ImportView(run.tally, unit_field, names, tuple(run.skipped))
    if as_json:
        print_json(render_import(view))
    else:
        Console().print(view)
    if run.broken:
        raise CommandError(" ".join(run.broken))


class _Run:
    """One call of the command."""

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
        """Read a source from where the last run has come to, up to its end."""
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
        """Make exposures of first events where they are needed."""
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
        if entry.event.type == EXPOSURE_TYPE:
            self._assigned.add(entry.experiment.experiment_id)
        elif self._exposures is not Exposures.ASSIGNMENTS and (first := self._first_events.find(entry.event)):
            self._record.note(first)


@contextmanager
def _progress(total: int) -> Iterator[Advance]:
    """Show a bar on stderr while it takes, for people only."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True, disable=not sys.stderr.isatty()) as progress:
        task = progress.add_task("Importing", total=total or None)
        yield lambda count: progress.advance(task, count)
