"""The first half of the text: exposures and events become one row for each unit, with its value of every metric."""

from collections.abc import Iterator

from signpost.cells.fields import fields_of, types_of
from signpost.cells.links import events_of, exposures_of
from signpost.cells.literals import is_one_of
from signpost.model.metrics import AUTOMATION_TYPES, DAY_MS, Aggregation, Metric, Selection
from signpost.ports.measurements import Question

STARTED = {Aggregation.DURATION, Aggregation.QUANTILE, Aggregation.FUNNEL_STEP}
"""What may begin with an event instead of the exposure."""


def select_units(question: Question, *, with_names: bool) -> str:
    """Return the query of `units` over `first_exposures`: where each unit stands, and what it has of each metric.

    Of metric i it is the value `v_i`, a ratio's denominator `d_i`, and the value before the exposure `k_i`. A value is null
    where the unit has none. Nothing is capped yet.
    """
    ctes = {
        "population": _population(question),
        "relevant": _relevant(question),
    }
    if any(map(_has_start, question.metrics)):
        ctes["starts"] = _starts(question)
    ctes["matched"] = _matched(question)
    texts = ", ".join(f"{name} AS ({sql})" for name, sql in ctes.items())
    return f"WITH {texts} {_units(question, with_names=with_names)}"


def select_first_exposures(question: Question) -> str:
    """Return the query of each unit's first exposure: with phases, of its exposures in the first of them that it is in."""
    # Named with their table: in ClickHouse a bare name means the alias of the same name, which is an aggregate.
    columns = "".join(f", MIN(e.{column}) AS {column}" for column in _kept_columns(question))
    phase = _phase(question)
    by_phase = (
        f"SELECT unit, {phase} AS phase, MIN(e.variation_id) AS variation_id, MAX(e.variation_id) AS other_id,"
        f" MIN(occurred_ms) AS exposed_ms{columns} FROM {exposures_of(question)} AS e WHERE is_forced = 0"
        f" AND occurred_ms >= {question.since_ms} AND occurred_ms <= {question.as_of_ms} GROUP BY unit"
    )
    if not question.phases:
        return by_phase
    by_phase += f", {phase}"
    return (
        f"SELECT e.* FROM ({by_phase}) AS e JOIN (SELECT unit, MIN({phase}) AS phase FROM {exposures_of(question)} WHERE is_forced = 0"
        f" AND occurred_ms >= {question.since_ms} AND occurred_ms <= {question.as_of_ms} GROUP BY unit) AS f"
        " ON f.unit = e.unit AND f.phase = e.phase"
    )


def _population(question: Question) -> str:
    columns = "".join(f", {column}" for column in _kept_columns(question))
    cases = " ".join(f"WHEN phase = {number} THEN {ends_ms}" for number, ends_ms in enumerate(question.phases))
    ends = f", CASE {cases} ELSE {question.as_of_ms + 1} END AS ends_ms" if cases else ""
    return (
        f"SELECT unit, variation_id, exposed_ms, phase, exposed_ms - exposed_ms % {DAY_MS} AS day_ms{ends}{columns}"
        " FROM first_exposures WHERE variation_id = other_id"
    )


def _phase(question: Question) -> str:
    cases = " ".join(
        f"WHEN occurred_ms >= {begun_ms} THEN {number}"
        for number, begun_ms in reversed([*enumerate(question.phases, 1)])
    )
    return f"CASE {cases} ELSE 0 END" if cases else "0"


def _relevant(question: Question) -> str:
    fields = fields_of(question)
    columns = "".join(f", text_{i}" for i in range(len(fields.texts)))
    columns += "".join(f", number_{i}" for i in range(len(fields.numbers)))
    return (
        f"SELECT unit, type, occurred_ms{columns} FROM {events_of(question)}"
        f" WHERE {is_one_of('type', types_of(question))} AND occurred_ms <= {question.as_of_ms}"
    )


def _starts(question: Question) -> str:
    columns = "".join(
        f", MIN(CASE WHEN {_holds(question, metric.base)} AND {_in_window(question, metric)} THEN e.occurred_ms END) AS b_{i}"
        for i, metric in enumerate(question.metrics)
        if metric.base is not None and _has_start(metric)
    )
    return f"SELECT p.unit AS unit{columns} FROM population AS p JOIN relevant AS e ON e.unit = p.unit GROUP BY p.unit"


def _matched(question: Question) -> str:
    columns = "".join(
        f", {column}" for i, metric in enumerate(question.metrics) for column in _columns(question, i, metric)
    )
    starts = " LEFT JOIN starts AS s ON s.unit = p.unit" if any(map(_has_start, question.metrics)) else ""
    suspected = f"{is_one_of('e.type', AUTOMATION_TYPES)} AND e.occurred_ms >= p.exposed_ms"
    return (
        f"SELECT p.unit AS unit, MAX(CASE WHEN {suspected} THEN 1 ELSE 0 END) AS is_automated{columns}"
        f" FROM population AS p JOIN relevant AS e ON e.unit = p.unit{starts} GROUP BY p.unit"
    )


def _columns(question: Question, i: int, metric: Metric) -> Iterator[str]:
    """Give what of a unit's events a metric needs: `m_i`, the base's `b_i` and the covariate's `c_i`."""
    fits = f"{_holds(question, metric.events)} AND {_in_window(question, metric)}"
    origin = "p.exposed_ms"
    if _has_start(metric):
        fits, origin = f"{fits} AND e.occurred_ms >= s.b_{i}", f"s.b_{i}"
        yield f"MIN(s.b_{i}) AS b_{i}"
    match metric.aggregation:
        case Aggregation.CONVERSION | Aggregation.RETENTION | Aggregation.FUNNEL_STEP:
            yield f"MAX(CASE WHEN {fits} THEN 1 ELSE 0 END) AS m_{i}"
        case Aggregation.DURATION | Aggregation.QUANTILE:
            yield f"MIN(CASE WHEN {fits} THEN e.occurred_ms - {origin} END) AS m_{i}"
        case Aggregation.COUNT | Aggregation.RATIO | Aggregation.SUM:
            yield f"{_total(question, metric, fits)} AS m_{i}"
    if metric.aggregation is Aggregation.RATIO:
        yield f"SUM(CASE WHEN {_holds(question, metric.base)} AND {_in_window(question, metric)} THEN 1 ELSE 0 END) AS b_{i}"
    if metric.covariate_days:
        before = f"e.occurred_ms >= p.exposed_ms - {metric.covariate_days * DAY_MS} AND e.occurred_ms < p.exposed_ms"
        earlier = f"{_holds(question, metric.events)} AND {before}"
        is_flag = metric.aggregation is Aggregation.CONVERSION
        yield f"{f'MAX(CASE WHEN {earlier} THEN 1 ELSE 0 END)' if is_flag else _total(question, metric, earlier)} AS c_{i}"


def _total(question: Question, metric: Metric, fits: str) -> str:
    if metric.field is None:
        return f"SUM(CASE WHEN {fits} THEN 1 ELSE 0 END)"
    number = f"number_{fields_of(question).numbers.index(metric.field)}"
    return f"SUM(CASE WHEN {fits} THEN e.{number} ELSE 0 END)"


def _units(question: Question, *, with_names: bool) -> str:
    # Each column is given its name: ClickHouse calls one that a join made ambiguous by its table's name, too.
    kept = [*(["unit"] if with_names else []), "variation_id", "phase", "day_ms", *_kept_columns(question)]
    columns = ", ".join(f"p.{column} AS {column}" for column in kept)
    values = "".join(
        f", {value}" for i, metric in enumerate(question.metrics) for value in _values(question, i, metric)
    )
    return (
        f"SELECT {columns}, COALESCE(m.is_automated, 0) AS is_automated{values}"
        " FROM population AS p LEFT JOIN matched AS m ON m.unit = p.unit"
    )


def _values(question: Question, i: int, metric: Metric) -> Iterator[str]:
    match metric.aggregation:
        case Aggregation.DURATION | Aggregation.QUANTILE:
            value = f"m.m_{i}"
        case Aggregation.RETENTION:
            end = "p.ends_ms" if question.phases else question.as_of_ms
            is_over = f"p.exposed_ms + {metric.window.stop_ms} <= {end}"
            value = f"CASE WHEN {is_over} THEN COALESCE(m.m_{i}, 0) END"
        case Aggregation.FUNNEL_STEP:
            value = f"CASE WHEN m.b_{i} IS NOT NULL THEN m.m_{i} END"
        case _:
            value = f"COALESCE(m.m_{i}, 0)"
    yield f"CAST({value} AS BIGINT) AS v_{i}"
    if metric.aggregation is Aggregation.RATIO:
        yield f"CAST(COALESCE(m.b_{i}, 0) AS BIGINT) AS d_{i}"
    if metric.covariate_days:
        yield f"CAST(COALESCE(m.c_{i}, 0) AS BIGINT) AS k_{i}"


def _kept_columns(question: Question) -> list[str]:
    """Return the columns of an exposure that its unit keeps."""
    cluster = [] if question.cluster is None else ["cluster"]
    return cluster + [f"dimension_{i}" for i in range(len(question.dimensions))]


def _has_start(metric: Metric) -> bool:
    return metric.base is not None and metric.aggregation in STARTED


def _holds(question: Question, selection: Selection | None) -> str:
    if selection is None:
        return "1 = 0"
    texts = fields_of(question).texts
    conditions = [is_one_of(f"e.text_{texts.index(c.field)}", c.values) for c in selection.where]
    return " AND ".join([is_one_of("e.type", selection.types), *conditions])


def _in_window(question: Question, metric: Metric) -> str:
    start_ms, stop_ms = metric.window.start_ms, metric.window.stop_ms
    bounds = [f"e.occurred_ms >= p.exposed_ms + {start_ms}" if start_ms else "e.occurred_ms >= p.exposed_ms"]
    if stop_ms is not None:
        bounds.append(f"e.occurred_ms < p.exposed_ms + {stop_ms}")
    if question.phases:
        bounds.append("e.occurred_ms < p.ends_ms")
    return " AND ".join(bounds)
