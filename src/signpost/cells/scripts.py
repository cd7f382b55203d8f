"""The text for those who run it themselves: one query, in a warehouse's dialect, that gives the cells of an experiment."""

from signpost.cells.dialects import INTEGERS_ONLY, SOURCE
from signpost.cells.fields import fields_of
from signpost.cells.statements import FIRST_EXPOSURES, UNITS, Statements
from signpost.ports.measurements import Question


def write_query(question: Question, dialect: str) -> str:
    """Return the query of the question's cells: it reads `exposures` and `events` as `Engine` describes them, and nothing else.

    Its columns are variation, phase, day, stratum, units, and the sums of each metric. Caps by quantile are found by another
    query, so here nothing is capped by one.
    """
    import sqlglot  # noqa: PLC0415 only who measures pays for it

    statements = Statements(question)
    query = sqlglot.parse_one(_fit(statements.cells(), dialect), read=SOURCE)
    if not isinstance(query, sqlglot.expressions.Select):
        raise TypeError(query)
    for name, sql in ((FIRST_EXPOSURES, statements.first_exposures), (UNITS, statements.units())):
        query = query.with_(name, as_=_fit(sql, dialect), dialect=SOURCE)
    return query.sql(dialect=dialect, pretty=True)


def describe_query(question: Question) -> tuple[str, ...]:
    """Return sentences that say what the query reads, and what its sums are."""
    fields = fields_of(question)
    cluster = f", cluster ({question.cluster})" if question.cluster else ""
    columns = [f"text_{i} ({path})" for i, path in enumerate(fields.texts)]
    columns += [f"number_{i} ({path})" for i, path in enumerate(fields.numbers)]
    sums = [
        f"{', '.join(name for name, _ in Statements(question).sums_of(i, metric))} with _{i} behind: {metric.name}"
        for i, metric in enumerate(question.metrics)
        if metric.quantile is None
    ]
    return (
        f"exposures: unit, variation_id, is_forced (0, 1), occurred_ms{cluster}; a row for each exposure of {question.experiment_id}.",
        f"events: {', '.join(['unit', 'type', 'occurred_ms', *columns])}; a row for each event of the same units.",
        "Times are milliseconds since 1970; fields in brackets are those of the logs.",
        "Sums: n units with a value, x values, d denominators, c before the exposure; xx, dd, xd, cc, xc are of products.",
        *sums,
    )


def _fit(sql: str, dialect: str) -> str:
    return sql.replace("DECIMAL(19, 0)", "BIGINT") if dialect in INTEGERS_ONLY else sql
