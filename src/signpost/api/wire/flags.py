"""Feature flags on the wire."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from signpost.api.wire.common import Description, Name, PatchBody, ReplyBody, RequestBody, leave_out_none, render_time
from signpost.model import limits
from signpost.model.flags import Flag, FlagStatus, Parameter, ParameterType
from signpost.model.json import JsonValue
from signpost.model.patches import UNSET
from signpost.usecases.flags import FlagChange, NewFlag

Status = Literal["draft", "active", "archived"]
Type = Literal["self", "auth0"]
ParameterName = Annotated[str, Field(min_length=1, max_length=limits.PARAMETER_NAME_MAX)]


class ParameterBody(RequestBody):
    """A parameter with its default value."""

    type: Literal["string", "boolean", "number", "array", "object"]
    value: JsonValue = Field(description="Of the type; at most 1 KB as JSON.")
    description: Annotated[str, Field(max_length=limits.PARAMETER_DESCRIPTION_MAX)] = ""


Parameters = Annotated[dict[ParameterName, ParameterBody], Field(min_length=1, max_length=limits.PARAMETERS_MAX)]


class FlagCreation(RequestBody):
    """A new feature flag."""

    name: Name
    description: Description = ""
    parameters: Parameters

    def parse(self) -> NewFlag:
        """Return what the use case takes."""
        return NewFlag(self.name, self.description or None, _parse_parameters(self.parameters))


class FlagPatch(PatchBody):
    """Changes to a feature flag."""

    name: Name = ""
    description: Description | None = None
    parameters: Parameters = Field({}, validate_default=False)
    status: Status = "draft"

    def parse(self) -> FlagChange:
        """Return what the use case takes."""
        return FlagChange(
            name=self.name if self.has("name") else UNSET,
            description=self.description if self.has("description") else UNSET,
            parameters=_parse_parameters(self.parameters) if self.has("parameters") else UNSET,
            status=FlagStatus(self.status) if self.has("status") else UNSET,
        )


class FlagStatusChange(RequestBody):
    """The status that a feature flag is to have."""

    status: Literal["active", "archived"]


class FlagReply(ReplyBody):
    """A feature flag."""

    id: str
    name: str
    description: str = ""
    type: Type
    status: Status
    parameters: dict[str, ParameterBody]
    created_at: datetime
    updated_at: datetime


class FlagList(ReplyBody):
    """A page of feature flags."""

    feature_flags: list[FlagReply]
    next: str = Field("", description="The checkpoint of the next page; left out on the last one.")


def render_flag(flag: Flag) -> dict[str, Any]:
    """Return the body of a flag, the same in both generations."""
    return leave_out_none(
        {
            "id": flag.id,
            "name": flag.name,
            "description": flag.description,
            "type": flag.type.value,
            "status": flag.status.value,
            "parameters": {name: _render_parameter(parameter) for name, parameter in flag.parameters.items()},
            "created_at": render_time(flag.created_at),
            "updated_at": render_time(flag.updated_at),
        }
    )


def _parse_parameters(parameters: dict[str, ParameterBody]) -> dict[str, Parameter]:
    return {
        name: Parameter(ParameterType(body.type), body.value, body.description or None)
        for name, body in parameters.items()
    }


def _render_parameter(parameter: Parameter) -> dict[str, Any]:
    body = {"type": parameter.type.value, "value": parameter.value}
    return body if parameter.description is None else {**body, "description": parameter.description}
