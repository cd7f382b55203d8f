"""Answers out of ClickHouse as a library, in an environment that has it; see `tests/sql/elsewhere.py`."""

import pickle
import sys
from typing import Any

import clickhouse_connect

from signpost.cells import measure
from signpost.warehouses.clickhouse import ClickHouseEngine

TYPES = {"VARCHAR": "String", "BIGINT": "Int64", "INTEGER": "Int32"}
ALWAYS_THERE = {"unit", "variation_id", "is_forced", "type", "occurred_ms"}


def main() -> None:
    client: Any = clickhouse_connect.get_client(interface="chdb")
    engine = ClickHouseEngine(client)
    while True:
        try:
            tables, asked = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        for name, columns, rows in tables:
            described = ", ".join(f"{column} {describe(column, TYPES[type])}" for column, type in columns.items())
            client.command(f"CREATE OR REPLACE TABLE {name} ({described}) ENGINE = Memory")
            if rows:
                client.insert(name, rows, column_names=[*columns])
        pickle.dump(engine.run(asked) if isinstance(asked, str) else measure(engine, asked), sys.stdout.buffer)
        sys.stdout.flush()


def describe(column: str, type: str) -> str:
    return type if column in ALWAYS_THERE else f"Nullable({type})"


if __name__ == "__main__":
    main()
