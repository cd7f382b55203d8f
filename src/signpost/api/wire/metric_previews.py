"""Previews of metrics on the wire."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, FiniteFloat

from signpost.api.wire.common import Reference, ReplyBody, RequestBody, leave_out_none, render_time
from signpost.api.wire.metrics import MetricBody
from signpost.usecases.metric_previews import Preview

Count = Annotated[int, Field(ge=0)]


class MetricPreviewBody(RequestBody):
    """A metric to try, and the experiment whose units are to be measured."""

    metric: MetricBody
    experiment_id: Reference | None = Field(default=None, description="Left out: the units of all experiments.")


class BucketReply(ReplyBody):
    """Units with values from the start up to before the stop."""

    start: Count
    stop: Count
    units: Count


class MetricPreviewReply(ReplyBody):
    """What a metric measures of the units that were exposed lately, suspected automation left out."""

    name: str
    experiment_id: str = Field("", description="Left out: the units of all experiments.")
    since: datetime = Field(description="Exposures before it are not looked at.")
    units: Count
    units_with_events: Count = Field(description="Units with an event that the metric selects, in its window.")
    units_with_value: Count
    value: FiniteFloat = Field(0, description="Their mean, share, ratio or quantile; left out where there is none.")
    standard_deviation: FiniteFloat = Field(0, description="Of means.")
    cap: Count = Field(0, description="What values were capped at.")
    buckets: list[BucketReply] = Field(description="Of shares, durations and quantiles.")
    has_overflown: bool = Field(description="Whether values are too large to be summed exactly: then a cap is needed.")


def render_preview(preview: Preview) -> dict[str, Any]:
    """Return the body of a preview."""
    return leave_out_none(
        {
            "name": preview.metric.name,
            "experiment_id": preview.experiment_id,
            "since": render_time(preview.since),
            "units": preview.units,
            "units_with_events": preview.units_with_events,
            "units_with_value": preview.units_with_value,
            "value": preview.value,
            "standard_deviation": preview.standard_deviation,
            "cap": preview.cap,
            "buckets": [{"start": b.start, "stop": b.stop, "units": b.units} for b in preview.buckets],
            "has_overflown": preview.has_overflown,
        }
    )
