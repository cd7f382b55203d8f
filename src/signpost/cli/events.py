"""`signpost events …`."""

import os
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from signpost.cli.event_files import SUFFIXES, Positions, progress, write_export
from signpost.cli.options import (
    AsJson,
    CommandError,
    ConfigFile,
    Data,
    Database,
    TenantName,
    opened,
    opened_tenant,
    print_json,
    read_settings,
)
from signpost.events.selections import Selection

app = typer.Typer(help="Events: compact, export, import.", no_args_is_help=True)

DAYS_MAX = 36_500
SHOWN_MAX = 10
"""So many malformed rows are shown one by one."""


@app.command("compact")
def compact(
    older_than: Annotated[
        int, typer.Option("--older-than", min=0, max=DAYS_MAX, help="Seal what was kept over so many days ago; 0: all.")
    ] = 0,
    retention: Annotated[
        int | None,
        typer.Option(
            "--retention",
            min=1,
            max=DAYS_MAX,
            help="Remove sealed events of days over so many days ago, of all tenants.",
            show_default="the setting events_retention_days",
        ),
    ] = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Seal events as Parquet, and remove those that are too old; also beside a running server.

    Killed at any moment it loses nothing, and the next run goes on. Of two at once one waits for the other.
    """
    settings = read_settings(config, data=data, database=database).settings
    days = retention or settings.events_retention_days
    rows = again = files = 0
    removed: list[dict[str, object]] = []
    with opened(settings) as parts:
        now = parts.clock.now()
        now_ms = int(now.timestamp() * 1000)
        for sealed in parts.events.seal(max(now_ms - older_than * 86_400_000, 0) + 1):
            rows += sealed.rows
            again += sealed.again
            files += len(sealed.segments)
        parts.events.forget_keys(now_ms)
        if days:
            for segment in parts.events.remove_before((now - timedelta(days=days)).date()):
                removed.append({"tenant_id": segment.tenant_id, "day": str(segment.day), "rows": segment.count})
                if not as_json:
                    typer.echo(f"Removed {segment.count:,} events of {segment.day} of tenant {segment.tenant_id}.")
    if as_json:
        print_json({"sealed": rows, "duplicates": again, "files": files, "removed": removed})
        return
    left_out = f"; {again:,} were there twice" if again else ""
    typer.echo(f"Sealed {rows:,} events in {files:,} files{left_out}.")


@app.command("export")
def export(
    file: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="A .parquet, .ndjson or .csv file; without one, NDJSON to stdout."),
    ] = None,
    experiment: Annotated[
        str | None, typer.Option("--experiment", metavar="ID", help="Only events that belong to this experiment.")
    ] = None,
    since: Annotated[
        datetime | None, typer.Option("--since", help="Only what happened at this moment (UTC) or after.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", help="Only what happened before this moment (UTC).")
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Write a tenant's events of this moment, in the order in which they were kept."""
    if file is not None and file.suffix not in SUFFIXES:
        raise CommandError(f"{file.name} tells no format: name the file .parquet, .ndjson or .csv.")
    selection = Selection(experiment, _ms_of(since), _ms_of(until))
    with (
        opened_tenant(data, database, config, tenant) as (parts, found),
        parts.events.exporting(found.id, selection) as export,
    ):
        if file is None:
            with suppress(BrokenPipeError):
                write_export(export, sys.stdout.buffer, ".ndjson", lambda _: None)
                sys.stdout.flush()
                return
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # whoever read has enough
            return
        count = export.count()
        unfinished = file.with_name(f".{file.name}.unfinished")
        try:
            with progress("Exporting", count) as advance:
                if file.suffix == ".parquet":
                    export.write_parquet(unfinished)
                else:
                    with unfinished.open("wb") as to:
                        write_export(export, to, file.suffix, advance)
            unfinished.replace(file)
        finally:
            unfinished.unlink(missing_ok=True)
    typer.echo(f"Wrote {count:,} events to {file}.")


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help="A .ndjson or .parquet file that an export wrote.")
    ],
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Keep exported events, each once, however often they are imported.

    Malformed rows are shown and left out. Interrupted, the next run of the same file goes on where this one stopped.
    """
    if file.suffix not in {".ndjson", ".jsonl", ".parquet"}:
        raise CommandError(f"{file.name} is no .ndjson or .parquet file: these can be imported.")
    new = known = malformed = 0
    with opened_tenant(data, database, config, tenant) as (parts, found):
        positions = Positions(parts.settings.data / "imports", found.id, file)
        start = positions.read()
        size = file.stat().st_size if file.suffix != ".parquet" else None
        with progress("Importing", size) as advance:
            for taken in parts.events.take_in(found.id, file, start):
                new += taken.new
                known += taken.known
                for where, reason in taken.malformed[: max(SHOWN_MAX - malformed, 0)]:
                    typer.echo(f"signpost: {file.name}, {where}: {reason}", err=True)
                malformed += len(taken.malformed)
                positions.write(taken.position)
                advance(taken.position)
        positions.forget()
    if as_json:
        print_json({"new": new, "known": known, "malformed": malformed, "started_at": start})
        return
    resumed = f" from where the last run stopped ({start:,})" if start else ""
    typer.echo(
        f"Kept {new:,} events{resumed}; {known:,} were there already; {malformed:,} malformed rows were left out."
    )


def _ms_of(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() * 1000)
