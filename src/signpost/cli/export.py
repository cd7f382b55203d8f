"""`signpost export`."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from signpost.cli.options import ConfigFile, Data, Database, TenantName, opened_tenant
from signpost.exchange import write_document
from signpost.usecases.catalog import read_configuration


def export(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write.", show_default="stdout")
    ] = None,
    tenant: TenantName = None,
    data: Data = None,
    database: Database = None,
    config: ConfigFile = None,
) -> None:
    """Write everything that decides into one file: signpost.Client.from_file takes it, and needs no server then.

    The file holds flags, variations, segments and experiments, and no secret. It is replaced whole or not at all.
    """
    with (
        opened_tenant(data, database, config, tenant) as (parts, found),
        parts.store.reading(found.id) as workspace,
    ):
        document = write_document(read_configuration(workspace))
    if output is None:
        sys.stdout.buffer.write(document + b"\n")
        return
    _replace(output, document + b"\n")


def _replace(path: Path, content: bytes) -> None:
    """Write beside the file and put it in its place, so that nobody ever reads half of it."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()
