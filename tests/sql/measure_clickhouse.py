"""Measures in ClickHouse as a library, in an environment that has it: tables and a question in, the measurement out, pickled."""

import pickle
import sys
from typing import Any

import clickhouse_connect

from signpost.cells import measure
from signpost.warehouses.clickhouse import ClickHouseEngine

TYPES = {"VARCHAR": "String", "BIGINT": "Int64", "INTEGER": "Int32"}
ALWAYS_THERE = {"unit", "variation_id", "is_forced", "type", "occurred_ms"}


def main() -> None:
    tables, question = pickle.load(sys.stdin.buffer)
    client: Any = clickhouse_connect.get_client(interface="chdb")
    for name, columns, rows in tables:
        described = ", ".join(f"{column} {describe(column, TYPES[type])}" for column, type in columns.items())
        client.command(f"CREATE TABLE {name} ({described}) ENGINE = Memory")
        if rows:
            client.insert(name, rows, column_names=[*columns])
    pickle.dump(measure(ClickHouseEngine(client), question), sys.stdout.buffer)


def describe(column: str, type: str) -> str:
    return type if column in ALWAYS_THERE else f"Nullable({type})"


if __name__ == "__main__":
    main()
