"""Runs SQL in ClickHouse as a library, in an environment that has nothing else: statements in as JSON, the rows of the last out."""

import json
import sys
from typing import Any

from chdb.session import Session


def main() -> None:
    statements: list[str] = json.load(sys.stdin)
    session: Any = Session()
    for statement in statements[:-1]:
        session.query(statement)
    sys.stdout.buffer.write(session.query(statements[-1], "JSONCompactEachRow").bytes())


if __name__ == "__main__":
    main()
