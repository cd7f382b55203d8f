"""Puts the rows of a test into an engine, as the relations that the text reads."""

from collections.abc import Sequence
from typing import Any

from signpost.cells import fields_of
from signpost.events.tally import number_at
from signpost.events.tally_rows import EventRow, ExposureRow, text_at
from signpost.ports.measurements import Question

Table = tuple[str, dict[str, str], list[tuple[Any, ...]]]


def relations_of(
    exposures: Sequence[ExposureRow], events: Sequence[EventRow], question: Question
) -> tuple[Table, Table]:
    """Return both relations: name, columns with their types in standard SQL, rows."""
    fields = fields_of(question)
    dimensions = {f"dimension_{i}": "VARCHAR" for i in range(len(question.dimensions))}
    return (
        (
            "exposures",
            {
                "unit": "VARCHAR",
                "variation_id": "VARCHAR",
                "is_forced": "INTEGER",
                "occurred_ms": "BIGINT",
                "cluster": "VARCHAR",
                **dimensions,
            },
            [
                (
                    e.unit,
                    e.variation_id,
                    int(e.is_forced),
                    e.occurred_ms,
                    e.request.get(question.cluster or ""),
                    *(e.request.get(dimension) for dimension in question.dimensions),
                )
                for e in exposures
            ],
        ),
        (
            "events",
            {
                "unit": "VARCHAR",
                "type": "VARCHAR",
                "occurred_ms": "BIGINT",
                "kept_ms": "BIGINT",
                **{f"text_{i}": "VARCHAR" for i in range(len(fields.texts))},
                **{f"number_{i}": "BIGINT" for i in range(len(fields.numbers))},
            },
            [
                (
                    e.unit or None,
                    e.type,
                    e.occurred_ms,
                    e.kept_ms,
                    *(text_at(e.body, path) for path in fields.texts),
                    *(number_at(e.body, path) for path in fields.numbers),
                )
                for e in events
            ],
        ),
    )
