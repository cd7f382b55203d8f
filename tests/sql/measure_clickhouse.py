"""Answers out of ClickHouse as a library, in an environment that has it; see `tests/sql/elsewhere.py`."""

import pickle
import sys
from typing import Any

import clickhouse_connect

from signpost.cells import measure
from signpost.ports.measurements import Question
from signpost.warehouses.clickhouse import ClickHouseEngine
from signpost.warehouses.logs import measure_logs
from signpost.warehouses.sources import ClickHouseTables

TYPES = {"VARCHAR": "String", "BIGINT": "Int64", "INTEGER": "Int32", "DOUBLE": "Float64", "TIMESTAMP": "DateTime64(6)"}
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
            optional = {
                column for column, values in zip(columns, zip(*rows, strict=True), strict=False) if None in values
            }
            described = ", ".join(
                f'"{column}" {TYPES[type] if column in ALWAYS_THERE - optional else f"Nullable({TYPES[type]})"}'
                for column, type in columns.items()
            )
            client.command(f"CREATE OR REPLACE TABLE {name} ({described}) ENGINE = Memory")
            if rows:
                client.insert(name, rows, column_names=[*columns])
        pickle.dump(answer(engine, asked), sys.stdout.buffer)
        sys.stdout.flush()


def answer(engine: ClickHouseEngine, asked: Any) -> Any:
    if isinstance(asked, str):
        return engine.run(asked)
    if isinstance(asked, Question):
        return measure(engine, asked)
    return measure_logs(ClickHouseTables(engine), *asked)


if __name__ == "__main__":
    main()
