"""Exposures as those send them who decide for themselves."""

from typing import Annotated

from msgspec import Meta, Struct

EXPOSURES_MAX = 1_000

Text = Annotated[str, Meta(min_length=1, max_length=255)]
Point = Annotated[int, Meta(ge=0, lt=1 << 32)]
Attributes = Annotated[
    dict[Text, Annotated[str, Meta(max_length=4_096)]],
    Meta(max_length=100, description="What the experiment's segments asked for."),
]


class Exposure(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A unit that was shown a variation."""

    id: Annotated[Text, Meta(description="The sender's own; the same one twice counts once.")]
    unit: Annotated[str, Meta(min_length=1, max_length=512)]
    flow: Text
    experiment_id: Text
    variation_id: Text
    segment_id: Text | None = None
    declined_by: Annotated[Text | None, Meta(description="Of a held-out unit: the experiment it would be in.")] = None
    reason: Text
    revision: Annotated[int, Meta(ge=0, lt=1 << 53, description="Of the configuration that decided.")]
    split: Point
    exposure: Point
    date: Annotated[int, Meta(description="Milliseconds since the epoch.")]
    is_forced: bool = False
    session_id: Text | None = None
    attributes: Attributes | None = None
