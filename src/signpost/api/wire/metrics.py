"""Metrics on the wire. What is wrong with one beside the types of its fields is said by the model, all of it at once."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from signpost.api.wire.common import PatchBody, ReplyBody, RequestBody, leave_out_none, render_time
from signpost.model import limits
from signpost.model.metrics import Aggregation, Direction, FieldCondition, Metric, Role, Selection, Window
from signpost.usecases.metrics import KnownMetric

AggregationName = Literal["conversion", "count", "sum", "duration", "ratio", "quantile", "retention", "funnel_step"]
DirectionName = Literal["increase", "decrease"]
RoleName = Literal["decision", "guardrail", "exploratory"]

NAME = rf"^[a-z][a-z0-9_]{{{limits.METRIC_NAME_MIN - 1},{limits.METRIC_NAME_MAX - 1}}}$"
MetricName = Annotated[
    str, Field(description="Lower-case letters, digits, underscores.", json_schema_extra={"pattern": NAME})
]


NEVER = datetime.fromtimestamp(0, UTC)


class SelectionBody(RequestBody):
    """Events of any of these types for which every condition holds."""

    types: list[str] = Field(
        description="Log types.", json_schema_extra={"minItems": 1, "maxItems": limits.METRIC_TYPES_MAX}
    )
    where: dict[str, list[str]] = Field(
        default={},
        description="By path of a field of the event, as `details.method`: the texts of which it must be one.",
        json_schema_extra={"maxProperties": limits.CONDITIONS_MAX},
    )

    def parse(self) -> Selection:
        """Return the selection as the model has it."""
        return Selection(tuple(self.types), tuple(FieldCondition(f, tuple(v)) for f, v in self.where.items()))


class WindowBody(RequestBody):
    """The time after the first exposure in which events count, in milliseconds: from the start on, before the stop."""

    start_ms: int = Field(default=0, description="0 when left out.")
    stop_ms: int | None = Field(default=None, description="Left out: ever after.")

    def parse(self) -> Window:
        """Return the window as the model has it."""
        return Window(self.start_ms, self.stop_ms)


class Particulars(RequestBody):
    """What a metric may have or not."""

    description: str = Field("", json_schema_extra={"maxLength": limits.DESCRIPTION_MAX})
    role: RoleName = Field(
        "exploratory", description="What it is for, where a plan does not say it. Left out: exploratory."
    )
    measure: str | None = Field(None, description="What a value counts in, for people.", examples=["ms"])
    base: SelectionBody | None = Field(
        None, description="A ratio's denominator, the step before a funnel's, or what a duration begins with."
    )
    field: str | None = Field(None, description="The numeric field that a sum adds up.", examples=["details.seconds"])
    window: WindowBody = Field(WindowBody(), description="Left out: ever after the exposure.")
    quantile: float | None = Field(None, description="Between 0 and 1: which quantile a quantile metric compares.")
    margin: float | None = Field(None, description="What a guardrail may lose, as a share of the control's value.")
    cap: int | None = Field(None, description="Values above it count as this much.")
    cap_quantile: float | None = Field(None, description="The cap as a quantile of all variations together.")
    covariate_days: int = Field(0, description="Days before the exposure that sharpen the comparison; 0 for none.")


class MetricBody(Particulars):
    """A metric."""

    name: MetricName
    aggregation: AggregationName
    events: SelectionBody
    direction: DirectionName

    def parse(self) -> Metric:
        """Return the metric as the model has it."""
        return Metric(**{field: _PARSE.get(field, _same)(getattr(self, field)) for field in _FIELDS})


class MetricsFile(RequestBody):
    """Metrics in a file."""

    metrics: list[MetricBody] = Field(min_length=1)


class MetricPatch(Particulars, PatchBody):
    """Changes to a metric: what is not in it stays; null clears what may be left out."""

    name: MetricName = ""
    aggregation: AggregationName = "conversion"
    events: SelectionBody = SelectionBody(types=[])
    direction: DirectionName = "increase"

    def apply(self, metric: Metric) -> Metric:
        """Return the metric with the changes."""
        given = {f: _PARSE.get(f, _same)(getattr(self, f)) for f in _FIELDS if self.has(f)}
        return replace(metric, **given)


class KnownMetricReply(MetricBody):
    """A metric."""

    is_built_in: bool = Field(description="Whether it comes with the server, and can't be changed.")
    created_at: datetime = Field(NEVER, description="Left out of built-in ones.")
    updated_at: datetime = Field(NEVER, description="Left out of built-in ones.")


class KnownMetricList(ReplyBody):
    """All metrics: those that come built in, and after them the tenant's own in the order in which they were made."""

    metrics: list[KnownMetricReply]


def render_metric(metric: Metric) -> dict[str, Any]:
    """Return a metric as it could be sent."""
    return leave_out_none(
        {
            "name": metric.name,
            "description": metric.description or None,
            "aggregation": metric.aggregation.value,
            "events": _render_selection(metric.events),
            "base": None if metric.base is None else _render_selection(metric.base),
            "direction": metric.direction.value,
            "role": metric.role.value,
            "measure": metric.measure,
            "field": metric.field,
            "window": leave_out_none({"start_ms": metric.window.start_ms, "stop_ms": metric.window.stop_ms}),
            "quantile": metric.quantile,
            "margin": metric.margin,
            "cap": metric.cap,
            "cap_quantile": metric.cap_quantile,
            "covariate_days": metric.covariate_days,
        }
    )


def render_known_metric(known: KnownMetric) -> dict[str, Any]:
    """Return the body of a metric."""
    own = known.own
    times = (
        {} if own is None else {"created_at": render_time(own.created_at), "updated_at": render_time(own.updated_at)}
    )
    return render_metric(known.metric) | {"is_built_in": own is None} | times


def _render_selection(selection: Selection) -> dict[str, Any]:
    where = {condition.field: list(condition.values) for condition in selection.where}
    return {"types": list(selection.types)} | ({"where": where} if where else {})


def _same(value: Any) -> Any:
    return value


_FIELDS = (
    "name",
    "description",
    "aggregation",
    "events",
    "direction",
    "role",
    "measure",
    "base",
    "field",
    "window",
    "quantile",
    "margin",
    "cap",
    "cap_quantile",
    "covariate_days",
)
"""Named alike on the wire and in the model."""
_PARSE: Mapping[str, Callable[[Any], Any]] = {
    "aggregation": Aggregation,
    "direction": Direction,
    "role": Role,
    "events": SelectionBody.parse,
    "base": lambda base: base and base.parse(),
    "window": WindowBody.parse,
}
