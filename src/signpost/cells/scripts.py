"""The text for those who run it themselves: one query, in a warehouse's dialect, that gives the cells of an experiment."""

from signpost.cells.dialects import SOURCE, write
from signpost.cells.fields import fields_of
from signpost.cells.statements import Statements
from signpost.model.experiments import Subject
from signpost.ports.events import LINK_TYPE
from signpost.ports.measurements import Question


def write_query(question: Question, dialect: str) -> str:
    """Return the query of the question's cells: it reads `exposures` and `events` as `Engine` describes them, and nothing else.

    Its columns are variation, phase, day, stratum, units, and the sums of each metric. Caps by quantile are found by another
    query, so here nothing is capped by one.
    """
    import sqlglot  # noqa: PLC0415 only who measures pays for it
    from sqlglot.expressions import Select  # noqa: PLC0415

    statements = Statements(question)
    query = sqlglot.parse_one(statements.cells(), read=SOURCE, into=Select)
    for name, sql in statements.tables():
        inner = sqlglot.parse_one(sql, read=SOURCE, into=Select)
        # One list of names, none inside another: Redshift has it so.
        for part in inner.ctes:
            query = query.with_(part.alias, as_=part.this)
        inner.set("with_", None)
        query = query.with_(name, as_=inner)
    return write(query, dialect, pretty=True)


def describe_query(question: Question) -> tuple[str, ...]:
    """Return sentences that say what the query reads, and what its sums are."""
    fields = fields_of(question)
    whose = "the same units" if question.subject is Subject.DEVICE else f"any unit or user, and each {LINK_TYPE}"
    cluster = f", cluster ({question.cluster})" if question.cluster else ""
    columns = [f"text_{i} ({path})" for i, path in enumerate(fields.texts)]
    columns += [f"number_{i} ({path})" for i, path in enumerate(fields.numbers)]
    sums = [
        f"{', '.join(f'sum_{name}_{i}' for name, _ in Statements(question).sums_of(i, metric))}: {metric.name}"
        for i, metric in enumerate(question.metrics)
    ]
    return (
        f"exposures: unit, variation_id, is_forced (0, 1), occurred_ms{cluster}; a row for each exposure of {question.experiment_id}.",
        f"events: {', '.join(['unit', 'type', 'occurred_ms', *columns])}; a row for each event of {whose}.",
        "Times are milliseconds since 1970; fields in brackets are those of the logs.",
        "A row is a variation, a phase of the ramp, a day by its first millisecond, and whether its units are suspected of automation.",
        "Sums: n units with a value, x values, d denominators, c before the exposure; xx, dd, xd, cc, xc are of products.",
        *sums,
    )
