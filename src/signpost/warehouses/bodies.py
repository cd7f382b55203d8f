"""Fields out of the bodies of events, which are JSON texts, in the dialects of warehouses that hold them."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from signpost.cells.literals import text
from signpost.model.limits import METRIC_VALUE_MAX


class Bodies(NamedTuple):
    """How to reach the field of a path.

    As a text, null where there is no scalar; as a number, rounded, null where it is none from 0 to `METRIC_VALUE_MAX`.
    """

    text_at: Callable[[str], str]
    number_at: Callable[[str], str]


def _postgres_text(path: str) -> str:
    place = _postgres_place(path)
    return f"CASE WHEN jsonb_typeof({place}) IN ('string', 'number', 'boolean') THEN {place} #>> '{{}}' END"


def _postgres_number(path: str) -> str:
    # Compared as it was written: what is too large for a double is no error then, but null.
    place = _postgres_place(path)
    number = f"CAST({place} #>> '{{}}' AS NUMERIC)"
    is_sane = (
        f"CASE WHEN jsonb_typeof({place}) = 'number' THEN {number} BETWEEN 0 AND {METRIC_VALUE_MAX} ELSE FALSE END"
    )
    rounded = f"CAST(floor(CAST({number} AS DOUBLE PRECISION) + 0.5) AS BIGINT)"
    return f"CASE WHEN {is_sane} THEN {rounded} END"


def _postgres_place(path: str) -> str:
    return f"(CAST(body AS JSONB) #> {text('{' + ','.join(path.split('.')) + '}')})"


def _clickhouse_text(path: str) -> str:
    place = _clickhouse_place(path)
    scalar = f"CASE WHEN JSONType({place}) = 'String' THEN JSONExtractString({place}) ELSE JSONExtractRaw({place}) END"
    is_scalar = f"JSONType({place}) IN ('String', 'Int64', 'UInt64', 'Double', 'Bool')"
    return f"CASE WHEN {is_scalar} THEN toNullable({scalar}) ELSE NULL END"


def _clickhouse_number(path: str) -> str:
    place = _clickhouse_place(path)
    number = f"JSONExtractFloat({place})"
    is_sane = f"JSONType({place}) IN ('Int64', 'UInt64', 'Double') AND {number} BETWEEN 0 AND {METRIC_VALUE_MAX}"
    return f"CASE WHEN {is_sane} THEN toNullable(toInt64(floor({number} + 0.5))) ELSE NULL END"


def _clickhouse_place(path: str) -> str:
    return ", ".join(["body", *map(text, path.split("."))])


BODIES: Mapping[str, Bodies] = {
    "postgres": Bodies(_postgres_text, _postgres_number),
    "clickhouse": Bodies(_clickhouse_text, _clickhouse_number),
}
"""By dialect."""
