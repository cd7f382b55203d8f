"""Files from elsewhere as DuckDB reads them, and what is measured of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from signpost.model.metrics import Metric
from signpost.ports.measurements import Measurement

READERS = {
    ".parquet": "read_parquet",
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".txt": "read_csv",
    ".json": "read_json",
    ".ndjson": "read_json",
    ".jsonl": "read_json",
}


class TableError(Exception):
    """The table can't be analysed; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class DataMeasurement:
    """The sums of data from elsewhere.

    `metrics` are as their values turned out to be; `scales` is by how much values were multiplied to be integers, by metric.
    `left_out` says in sentences which rows and values don't count.
    """

    measurement: Measurement
    metrics: tuple[Metric, ...]
    variations: tuple[str, ...]
    scales: Mapping[str, int]
    left_out: tuple[str, ...]


def read_source(path: str) -> str:
    """Return the expression that reads a Parquet, CSV or JSON file, also compressed; `-` is CSV from standard input.

    Raises:
        TableError: its name tells no format.
    """
    suffixes = [] if path == "-" else path.lower().removesuffix(".gz").removesuffix(".zst").rsplit(".", 1)[1:]
    reader = "read_csv" if path == "-" else READERS.get("." + "".join(suffixes))
    if reader is None:
        raise TableError(f"{path} is none of {', '.join(READERS)}; name it after what it holds.")
    return f"{reader}({as_text('/dev/stdin' if path == '-' else path)})"


def as_name(column: str) -> str:
    """Return a column's name, quoted."""
    return '"' + column.replace('"', '""') + '"'


def count(number: Any, noun: str) -> str:
    """Return so many of something, in words."""
    return f"{int(number):,} {noun}{'' if int(number) == 1 else 's'}"


def as_text(value: str) -> str:
    """Return a text as a literal of DuckDB and PostgreSQL."""
    return "'" + value.replace("'", "''") + "'"
