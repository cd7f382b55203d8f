"""Parameters of paths and queries."""

from typing import Annotated

from fastapi import Path, Query

from signpost.model import limits
from signpost.model.ids import IdKind, pattern_of

ExperimentId = Annotated[str, Path(alias="id", pattern=pattern_of(IdKind.EXPERIMENT))]
FlagId = Annotated[str, Path(alias="id", pattern=pattern_of(IdKind.FLAG))]
VariationId = Annotated[str, Path(alias="vid", pattern=pattern_of(IdKind.VARIATION))]
SegmentId = Annotated[str, Path(alias="id", pattern=pattern_of(IdKind.SEGMENT))]
LogStreamId = Annotated[str, Path(alias="id", pattern=pattern_of(IdKind.LOG_STREAM))]
ActionId = Annotated[str, Path(alias="id", pattern=pattern_of(IdKind.ACTION))]
ClientId = Annotated[str, Path(alias="id", pattern=pattern_of(IdKind.CLIENT))]
MetricName = Annotated[
    str, Path(alias="name", pattern=rf"^[a-z][a-z0-9_]{{{limits.METRIC_NAME_MIN - 1},{limits.METRIC_NAME_MAX - 1}}}$")
]

From = Annotated[str | None, Query(alias="from", max_length=200, description="The checkpoint to go on from.")]
Take = Annotated[int, Query(ge=1, le=limits.PAGE_MAX, description="How many at most.")]
