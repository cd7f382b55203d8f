"""The second half of the text: the rows of units become cells of integer sums."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from signpost.cells.dialects import FACTOR
from signpost.cells.fields import outcome_types_of
from signpost.cells.links import exposures_of, resolve_units
from signpost.cells.literals import is_one_of
from signpost.cells.units import select_first_exposures, select_units
from signpost.model.metrics import Aggregation, Metric
from signpost.ports.measurements import Question

LATE_MS = 60 * 60 * 1000
NARROW_MAX = 90_000
"""Values up to this have squares of which a billion can be summed in 64 bits; others are multiplied in decimals."""

STEPS = ((1_000, 1), (100_000, 10), (10_000_000, 1_000), (1_000_000_000, 100_000))
"""A value under the first number is counted in buckets as wide as the second: within 1 % at worst. Above all of them:"""
WIDEST = 100_000_000

FIRST_EXPOSURES, UNITS = "first_exposures", "units"


@dataclass(frozen=True, slots=True)
class Statements:
    """The queries of one question.

    They read the tables `first_exposures` and `units`, which hold the rows of the queries of these names, exposures and events. `caps` are what values are capped at, by metric; nothing is summed of `overflown` metrics.
    """

    question: Question
    caps: Mapping[str, int] = field(default_factory=dict)
    overflown: frozenset[str] = frozenset()
    partial: frozenset[str] = frozenset()
    """Metrics of which some units have no value, though their kind always has one."""

    def tables(self, *, with_names: bool = False) -> Iterator[tuple[str, str]]:
        """Give the tables that are to be kept before anything is asked, each with its query, in order; `units` is the last."""
        yield from resolve_units(self.question)
        yield FIRST_EXPOSURES, self.first_exposures
        yield UNITS, self.units(with_names=with_names)

    @property
    def first_exposures(self) -> str:
        """Return the query whose rows `first_exposures` holds."""
        return select_first_exposures(self.question)

    def units(self, *, with_names: bool = False) -> str:
        """Return the query whose rows `units` holds; the units' names are in it where clusters need them, or if asked for."""
        return select_units(self.question, with_names=with_names or self.question.cluster is not None)

    def cells(self) -> str:
        """Return the query of cells: variation, phase, day, stratum, units, sums."""
        return self._sum("variation_id, phase, day_ms, is_automated")

    def breakdown(self, dimension: int) -> str:
        """Return the query of a breakdown: the dimension's value, variation, stratum, units, sums."""
        return self._sum(f"dimension_{dimension}, variation_id, is_automated")

    def clusters(self) -> str:
        """Return the query of sums over clusters; a unit without a cluster is one by itself."""
        outer = ["COUNT(*)"]
        for x, d in self._cluster_sums():
            outer += [f"SUM({x})", _product(x, x), f"SUM({d})", _product(d, d), _product(x, d)]
        return f"{self._with_clusters()} SELECT variation_id, {', '.join(outer)} FROM clusters GROUP BY variation_id"

    def cluster_bounds(self) -> str:
        """Return the query of the number of clusters, and of the largest sums of one: each metric's value and its weight."""
        largest = "".join(f", MAX({x}), MAX({d})" for x, d in self._cluster_sums())
        return f"{self._with_clusters()} SELECT COUNT(*){largest} FROM clusters"

    def cluster_bounded(self) -> list[str]:
        """Return the metric's name for each maximum of `cluster_bounds`."""
        return [metric.name for metric in self.question.metrics if self.has_sums(metric) for _ in "xd"]

    def _with_clusters(self) -> str:
        sums = "".join(f", {x_sql} AS {x}, {d_sql} AS {d}" for (x, d), (x_sql, d_sql) in self._cluster_sums().items())
        return (
            f"WITH clusters AS (SELECT variation_id, COALESCE(cluster, unit) AS name, COUNT(*) AS size{sums} FROM {UNITS}"
            f" WHERE is_automated = 0 GROUP BY variation_id, COALESCE(cluster, unit))"
        )

    def _cluster_sums(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Return the columns of a cluster's two sums of each metric, with their expressions."""
        sums = {}
        for i, metric in enumerate(self.question.metrics):
            if self.has_sums(metric):
                value = self._capped(f"v_{i}", metric)
                weight = f"d_{i}" if metric.aggregation is Aggregation.RATIO else _one(i)
                both = (f"COALESCE(SUM({value}), 0)", f"COALESCE(SUM({weight}), 0)")
                sums[f"cluster_x_{i}", f"cluster_d_{i}"] = both
        return sums

    def listing(self) -> str:
        """Return the query of the units themselves: name, then each metric's value and, of a ratio, its denominator."""
        columns = [
            f", {letter}_{i}"
            for i, metric in enumerate(self.question.metrics)
            for letter in ("vd" if metric.aggregation is Aggregation.RATIO else "v")
        ]
        return f"SELECT unit{''.join(columns)} FROM {UNITS} WHERE is_automated = 0"

    def histogram(self, i: int) -> str:
        """Return the query of metric i's histogram: variation, start of the bucket, count."""
        cases = " ".join(f"WHEN v_{i} < {limit} THEN v_{i} - v_{i} % {width}" for limit, width in STEPS)
        bucket = f"CASE {cases} ELSE v_{i} - v_{i} % {WIDEST} END"
        return (
            f"SELECT variation_id, {bucket} AS bucket, COUNT(*) FROM {UNITS}"
            f" WHERE v_{i} IS NOT NULL AND is_automated = 0 GROUP BY variation_id, {bucket}"
        )

    def bounds(self) -> str:
        """Return the query of the number of units, and of each metric's largest value."""
        return f"SELECT COUNT(*){''.join(f', MAX({name})' for name, _ in self._columns())} FROM {UNITS}"

    def bounded(self) -> list[str]:
        """Return the metric's name for each maximum of `bounds`."""
        return [metric.name for _, metric in self._columns()]

    def _columns(self) -> list[tuple[str, Metric]]:
        names = [("v", True), ("d", False), ("k", False)]
        return [
            (f"{letter}_{i}", metric)
            for i, metric in enumerate(self.question.metrics)
            for letter, always in names
            if metric.aggregation is not Aggregation.QUANTILE
            if always
            or (letter == "d" and metric.aggregation is Aggregation.RATIO)
            or (letter == "k" and metric.covariate_days)
        ]

    def sums_of(self, i: int, metric: Metric) -> Iterator[tuple[str, str]]:
        """Give the fields of `Sums` that a query computes for metric i, each with its expression; the others follow from them."""
        if metric.name in self.overflown:
            return
        value, before = self._capped(f"v_{i}", metric), self._capped(f"k_{i}", metric)
        is_narrow = self.caps.get(metric.name, NARROW_MAX + 1) <= NARROW_MAX
        is_partial = metric.is_conditional or metric.name in self.partial
        if is_partial or metric.aggregation is Aggregation.RETENTION:
            yield "n", f"COUNT(v_{i})"
        if not self.has_sums(metric):
            return
        yield "x", f"SUM({value})"
        if not metric.is_proportion:
            yield "xx", _product(value, value, is_narrow=is_narrow)
        if metric.aggregation is Aggregation.RATIO:
            yield "d", f"SUM(d_{i})"
            yield "dd", _product(f"d_{i}", f"d_{i}")
            yield "xd", _product(value, f"d_{i}")
        if metric.covariate_days:
            is_narrow = is_narrow or metric.is_proportion
            yield "c", f"SUM({before})"
            yield "cc", _product(before, before, is_narrow=is_narrow)
            yield "xc", _product(value, before, is_narrow=is_narrow)

    def has_sums(self, metric: Metric) -> bool:
        """Return whether more than units is counted of a metric."""
        return metric.aggregation is not Aggregation.QUANTILE and metric.name not in self.overflown

    def drift(self) -> str:
        """Return the query of units that were exposed to more than one variation, by the first of them."""
        return (
            "WITH firsts AS (SELECT e.unit, MIN(e.variation_id) AS variation_id"
            f" FROM {exposures_of(self.question)} AS e JOIN {FIRST_EXPOSURES} AS f ON f.unit = e.unit AND f.exposed_ms = e.occurred_ms"
            " WHERE f.variation_id <> f.other_id AND e.is_forced = 0 GROUP BY e.unit)"
            " SELECT variation_id, COUNT(*) FROM firsts GROUP BY variation_id"
        )

    def span(self) -> str:
        """Return the query of when the first and the last exposure that count were."""
        question = self.question
        return (
            "SELECT MIN(occurred_ms), MAX(occurred_ms) FROM exposures WHERE is_forced = 0"
            f" AND occurred_ms >= {question.since_ms} AND occurred_ms <= {question.as_of_ms}"
        )

    def forced(self) -> str:
        """Return the query of forced exposures, by variation."""
        return (
            "SELECT variation_id, COUNT(*) FROM exposures"
            f" WHERE is_forced <> 0 AND occurred_ms >= {self.question.since_ms} GROUP BY variation_id"
        )

    def lateness(self) -> str:
        """Return the query of how many events there are, how many of them came late, and how many are of the future."""
        return (
            f"SELECT COUNT(*), SUM(CASE WHEN kept_ms - occurred_ms > {LATE_MS} THEN 1 ELSE 0 END),"
            f" SUM(CASE WHEN occurred_ms > {self.question.as_of_ms} THEN 1 ELSE 0 END)"
            f" FROM events WHERE {is_one_of('type', outcome_types_of(self.question))}"
        )

    def _sum(self, keys: str) -> str:
        # No alias is a column's name: ClickHouse would sum the sum.
        columns = [
            f"{sql} AS sum_{name}_{i}"
            for i, metric in enumerate(self.question.metrics)
            for name, sql in self.sums_of(i, metric)
        ]
        return f"SELECT {', '.join([keys, 'COUNT(*) AS units', *columns])} FROM {UNITS} GROUP BY {keys}"

    def _capped(self, column: str, metric: Metric) -> str:
        cap = self.caps.get(metric.name)
        return column if cap is None else f"CASE WHEN {column} > {cap} THEN {cap} ELSE {column} END"


def _one(i: int) -> str:
    return f"CASE WHEN v_{i} IS NULL THEN 0 ELSE 1 END"


def _product(one: str, other: str, *, is_narrow: bool = False) -> str:
    if is_narrow:
        return f"SUM(({one}) * ({other}))"
    return f"SUM(CAST({one} AS {FACTOR}) * ({other}))"
