"""The options that every command has, and how a command opens what it works on."""

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from signpost.bootstrap import Parts, open_parts
from signpost.config import Effective, Settings, load_settings
from signpost.model.tenants import Tenant
from signpost.usecases.tenants import find_tenant

ACTOR = "cli"

Data = Annotated[Path | None, typer.Option("--data", help="The data folder.", show_default="signpost-data")]
Database = Annotated[
    str | None,
    typer.Option("--database", help="postgresql://… or sqlite:///…", show_default="a file in the data folder"),
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="A TOML file.", show_default="signpost.toml")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
TenantName = Annotated[
    str | None, typer.Option("--tenant", help="The tenant's name, domain or id.", show_default="the default tenant")
]


class CommandError(Exception):
    """A command that can't be carried out, and why, in one sentence for the person who gave it."""


def read_settings(config: Path | None, **given: Any) -> Effective:
    """Return the settings that hold for a command."""
    return load_settings(given, os.environ, config)


@contextmanager
def opened(settings: Settings) -> Iterator[Parts]:
    """Open what is there already; a command that only looks or manages makes no new data folder."""
    if settings.database is None and not (settings.data / "signpost.db").exists():
        raise CommandError(
            f"There is no Signpost data in {settings.data}: start 'signpost serve' once, or name the folder with --data."
        )
    parts = open_parts(settings)
    try:
        if not parts.store.tenants():
            raise CommandError("There is no tenant yet: start 'signpost serve' once.")
        yield parts
    finally:
        parts.close()


@contextmanager
def opened_tenant(
    data: Path | None, database: str | None, config: Path | None, tenant: str | None
) -> Iterator[tuple[Parts, Tenant]]:
    """Open what is there already, and find a tenant in it."""
    settings = read_settings(config, data=data, database=database).settings
    with opened(settings) as parts:
        yield parts, find_tenant(parts.store, tenant)


def print_json(value: Any) -> None:
    """Print a value for machines."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2))


def print_json_line(value: Any) -> None:
    """Print a value for machines on one line, for those that read a line and go on."""
    typer.echo(json.dumps(value, ensure_ascii=False))


def print_table(title: str, columns: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Print a table for people. Its first column is what they copy, and is never cut."""
    table = Table(title=title, title_justify="left", box=None, header_style="bold", pad_edge=False)
    for number, column in enumerate(columns):
        table.add_column(column, no_wrap=number == 0, overflow="ignore" if number == 0 else "fold")
    for row in rows:
        table.add_row(*row)
    Console().print(table)
