"""Metrics: what is measured of a unit after it was exposed, as data."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from signpost.model import limits

DAY_MS = 24 * 60 * 60 * 1000


class Aggregation(StrEnum):
    """How the events of a unit become its one value."""

    CONVERSION = "conversion"
    """1 when there is an event, else 0."""
    COUNT = "count"
    """The number of events."""
    SUM = "sum"
    """The sum of a field of the events; its mean over units is compared."""
    DURATION = "duration"
    """Milliseconds from the start to the first event; only of units that have one."""
    RATIO = "ratio"
    """The number of events over the number of another selection's: a ratio of sums, not a mean of ratios."""
    QUANTILE = "quantile"
    """Like a duration, but a quantile over the units is compared, not the mean."""
    RETENTION = "retention"
    """A conversion of units whose window is over."""
    FUNNEL_STEP = "funnel_step"
    """A conversion, after the first event of an earlier selection, of the units that have one of those."""


class Direction(StrEnum):
    """Which way is better."""

    INCREASE = "increase"
    DECREASE = "decrease"


class Role(StrEnum):
    """What a metric is for: to decide by, to do no harm to, or to look at."""

    DECISION = "decision"
    GUARDRAIL = "guardrail"
    EXPLORATORY = "exploratory"


AUTOMATION_TYPES = ("limit_mu", "limit_sul", "pwd_leak", "signup_pwd_leak")
"""Log types after which a unit is suspected to be automated: blocked by address or by rate, or a leaked password tried."""


@dataclass(frozen=True, slots=True)
class FieldCondition:
    """A field of an event, as a path with dots (`details.method`), and the texts of which it must be one."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """Events of any of these types for which every condition holds."""

    types: tuple[str, ...]
    where: tuple[FieldCondition, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    """The time after the first exposure in which events count: from `start_ms` on, before `stop_ms` (None: ever after)."""

    start_ms: int = 0
    stop_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric.

    `base` is the other selection: a ratio's denominator, the step before a funnel's, or where a duration begins if not with
    the exposure. `field` is the numeric field of a sum: numbers from 0 on, rounded to integers. `measure` is what a value
    counts in, for people (`ms`, `events`). Values above `cap` count as the cap; with `cap_quantile` the cap is that quantile
    of all variations together. `covariate_days` before the exposure are measured in the same way, to sharpen the comparison;
    0 for none. `margin` is what a guardrail may lose, as a share of the control's value.
    """

    name: str
    description: str
    aggregation: Aggregation
    events: Selection
    direction: Direction
    role: Role = Role.EXPLORATORY
    measure: str | None = None
    base: Selection | None = None
    field: str | None = None
    window: Window = Window()
    quantile: float | None = None
    margin: float | None = None
    cap: int | None = None
    cap_quantile: float | None = None
    covariate_days: int = 0

    @property
    def is_conditional(self) -> bool:
        """Whether only some units have a value, so that the variations may differ in which."""
        return self.aggregation in {Aggregation.DURATION, Aggregation.QUANTILE, Aggregation.FUNNEL_STEP}

    @property
    def is_proportion(self) -> bool:
        """Whether each value is 0 or 1."""
        return self.aggregation in {Aggregation.CONVERSION, Aggregation.RETENTION, Aggregation.FUNNEL_STEP}

    @property
    def selections(self) -> tuple[Selection, ...]:
        """Every selection that it needs."""
        return (self.events,) if self.base is None else (self.events, self.base)


def find_faults(metric: Metric) -> tuple[str, ...]:
    """Return everything that is wrong with a metric, in sentences that begin with the field; none means it can be computed."""
    return tuple(
        fault for check in (_check_texts, _check_selections, _check_shape, _check_numbers) for fault in check(metric)
    )


_NEEDS_BASE = {Aggregation.RATIO, Aggregation.FUNNEL_STEP}
_MAY_HAVE_BASE = {*_NEEDS_BASE, Aggregation.DURATION, Aggregation.QUANTILE}
_MAY_HAVE_CAP = {Aggregation.COUNT, Aggregation.SUM, Aggregation.DURATION}
_MAY_HAVE_COVARIATE = {Aggregation.CONVERSION, Aggregation.COUNT, Aggregation.SUM}


def _check_texts(metric: Metric) -> Iterator[str]:
    if not limits.METRIC_NAME_MIN <= len(metric.name) <= limits.METRIC_NAME_MAX or not _is_plain(metric.name):
        yield (
            f"name: {limits.METRIC_NAME_MIN} to {limits.METRIC_NAME_MAX} lower-case letters, digits and underscores,"
            " a letter first."
        )
    if len(metric.description) > limits.DESCRIPTION_MAX or "\0" in metric.description:
        yield f"description: at most {limits.DESCRIPTION_MAX:,} characters, none of them NUL."
    if metric.measure is not None and (
        not 1 <= len(metric.measure) <= limits.METRIC_NAME_MAX or "\0" in metric.measure
    ):
        yield f"measure: 1 to {limits.METRIC_NAME_MAX} characters, none of them NUL."


def _check_selections(metric: Metric) -> Iterator[str]:
    for name, selection in (("events", metric.events), ("base", metric.base)):
        if selection is None:
            continue
        if not 1 <= len(selection.types) <= limits.METRIC_TYPES_MAX or not all(map(_is_text, selection.types)):
            yield f"{name}.types: 1 to {limits.METRIC_TYPES_MAX} log types, none of them empty or over {limits.NAME_MAX} characters."
        if len(selection.where) > limits.CONDITIONS_MAX:
            yield f"{name}.where: at most {limits.CONDITIONS_MAX} conditions."
        fields = [condition.field for condition in selection.where]
        yield from (
            f"{name}.where: {field} is there twice." for field in sorted({f for f in fields if fields.count(f) > 1})
        )
        for condition in selection.where:
            if not is_field(condition.field):
                yield f"{name}.where: {condition.field!r} is no path of names with dots between them."
            if not 1 <= len(condition.values) <= limits.METRIC_TYPES_MAX or not all(map(_is_text, condition.values)):
                yield f"{name}.where.{condition.field}: 1 to {limits.METRIC_TYPES_MAX} texts, none of them empty."


def _check_shape(metric: Metric) -> Iterator[str]:
    kind, has_base, has_cap = (
        metric.aggregation,
        metric.base is not None,
        (metric.cap, metric.cap_quantile) != (None, None),
    )
    faults = {
        f"base: a {kind} needs a second selection of events.": kind in _NEEDS_BASE and not has_base,
        f"base: a {kind} has no second selection.": has_base and kind not in _MAY_HAVE_BASE,
        "field: a sum needs the field to sum.": kind is Aggregation.SUM and metric.field is None,
        f"field: a {kind} reads none.": metric.field is not None and kind is not Aggregation.SUM,
        f"field: {metric.field!r} is no path of names with dots between them.": metric.field is not None
        and not is_field(metric.field),
        "quantile: a quantile metric has one, and no other.": (kind is Aggregation.QUANTILE)
        != (metric.quantile is not None),
        "window: retention needs an end, so that it is known when it is over.": kind is Aggregation.RETENTION
        and metric.window.stop_ms is None,
        f"cap: a {kind} has none.": has_cap and kind not in _MAY_HAVE_CAP,
        "cap: a number or a quantile, not both.": None not in {metric.cap, metric.cap_quantile},
        f"covariate_days: a {kind} has no covariate.": metric.covariate_days > 0 and kind not in _MAY_HAVE_COVARIATE,
    }
    yield from (fault for fault, is_broken in faults.items() if is_broken)


def _check_numbers(metric: Metric) -> Iterator[str]:
    window = metric.window
    longest = limits.METRIC_DAYS_MAX * DAY_MS
    if not 0 <= window.start_ms <= longest:
        yield f"window: begins 0 to {limits.METRIC_DAYS_MAX} days after the exposure."
    if window.stop_ms is not None and not window.start_ms < window.stop_ms <= longest:
        yield f"window: ends after it begins, within {limits.METRIC_DAYS_MAX} days."
    if metric.quantile is not None and not 0 < metric.quantile < 1:
        yield "quantile: between 0 and 1, both excluded."
    if metric.cap_quantile is not None and not 0.5 <= metric.cap_quantile < 1:
        yield "cap_quantile: at least 0.5 and under 1."
    if metric.cap is not None and not 1 <= metric.cap <= limits.METRIC_VALUE_MAX:
        yield f"cap: 1 to {limits.METRIC_VALUE_MAX:,}."
    if metric.margin is not None and not 0 < metric.margin < 1:
        yield "margin: a share between 0 and 1, both excluded."
    if metric.role is Role.GUARDRAIL and metric.margin is None:
        yield "margin: a guardrail needs one: the share of the control's value that may be lost."
    if not 0 <= metric.covariate_days <= limits.METRIC_DAYS_MAX:
        yield f"covariate_days: 0 to {limits.METRIC_DAYS_MAX}."


def is_field(path: str) -> bool:
    """Return whether the text is a path to a field: names of letters, digits, `_` and `-`, with dots between them."""
    if not 1 <= len(path) <= limits.NAME_MAX:
        return False
    return all(
        name and name.isascii() and name.replace("_", "a").replace("-", "a").isalnum() for name in path.split(".")
    )


def _is_plain(name: str) -> bool:
    return name.isascii() and name == name.lower() and name[0].isalpha() and name.replace("_", "a").isalnum()


def _is_text(value: str) -> bool:
    return 1 <= len(value) <= limits.NAME_MAX and "\0" not in value
