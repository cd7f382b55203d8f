"""Measures exported events in ClickHouse as a library, in an environment that has it: rows and a question in, the measurement out."""

import pickle
import sys
from typing import Any

import clickhouse_connect

from signpost.warehouses.clickhouse import ClickHouseEngine
from signpost.warehouses.exported import ExportedMeasures

COLUMNS = {
    "log_id": "String",
    "kept_ms": "Int64",
    "type": "String",
    "occurred_ms": "Int64",
    "unit": "Nullable(String)",
    "session_id": "Nullable(String)",
    "event_id": "Nullable(String)",
    "is_exposure": "Bool",
    "experiment_id": "Nullable(String)",
    "variation_id": "Nullable(String)",
    "is_control": "Nullable(Bool)",
    "allocation_strategy": "Nullable(String)",
    "segment_id": "Nullable(String)",
    "is_forced": "Nullable(Bool)",
    "body": "String",
}


def main() -> None:
    rows, questions = pickle.load(sys.stdin.buffer)
    client: Any = clickhouse_connect.get_client(interface="chdb")
    columns = ", ".join(f"{name} {type}" for name, type in COLUMNS.items())
    client.command(f"CREATE TABLE signpost_events ({columns}) ENGINE = Memory")
    for _ in range(2):
        client.insert("signpost_events", rows, column_names=[*COLUMNS])
    measures = ExportedMeasures(ClickHouseEngine(client), "signpost_events")
    found = [
        (measures.measure("", q), measures.list_units("", q), measures.find_arms("", q.experiment_id))
        for q in questions
    ]
    pickle.dump(found, sys.stdout.buffer)


if __name__ == "__main__":
    main()
