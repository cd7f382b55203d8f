"""Variations on the wire; the generations differ in how they wrap overrides."""

from datetime import datetime
from typing import Any

from pydantic import Field

from signpost.api.wire.common import Description, Name, PatchBody, ReplyBody, RequestBody, leave_out_none, render_time
from signpost.model.json import JsonValue
from signpost.model.patches import UNSET
from signpost.model.tenants import Generation
from signpost.model.variations import Variation
from signpost.usecases.variations import NewVariation, VariationChange

Overrides = dict[str, JsonValue]
BARE_OR_WRAPPED = 'By parameter: the value, or `{"value": …}` around it. `{}` is the baseline.'


class VariationCreation(RequestBody):
    """A new variation."""

    name: Name
    description: Description = ""
    overrides: Overrides = Field(description=BARE_OR_WRAPPED)

    def parse(self) -> NewVariation:
        """Return what the use case takes."""
        return NewVariation(self.name, self.description or None, self.overrides)


class VariationPatch(PatchBody):
    """Changes to a variation."""

    name: Name = ""
    description: Description | None = None
    overrides: Overrides = Field({}, description=BARE_OR_WRAPPED)

    def parse(self) -> VariationChange:
        """Return what the use case takes."""
        return VariationChange(
            name=self.name if self.has("name") else UNSET,
            description=self.description if self.has("description") else UNSET,
            overrides=self.overrides if self.has("overrides") else UNSET,
        )


class VariationReply(ReplyBody):
    """A variation."""

    id: str
    feature_flag_id: str
    name: str
    description: str = ""
    overrides: Overrides = Field(description="Bare in the ea generation, wrapped in the beta one.")
    created_at: datetime
    updated_at: datetime


class VariationList(ReplyBody):
    """All variations of a flag, in the order in which they were made."""

    variations: list[VariationReply]


def render_variation(variation: Variation, generation: Generation) -> dict[str, Any]:
    """Return the body of a variation."""
    overrides = dict(variation.overrides)
    if generation is Generation.BETA:
        overrides = {name: {"value": value} for name, value in overrides.items()}
    return leave_out_none(
        {
            "id": variation.id,
            "feature_flag_id": variation.flag_id,
            "name": variation.name,
            "description": variation.description,
            "overrides": overrides,
            "created_at": render_time(variation.created_at),
            "updated_at": render_time(variation.updated_at),
        }
    )
