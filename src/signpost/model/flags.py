"""Feature flags: named parameters with a type and a default value."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signpost.model import limits
from signpost.model.errors import ParameterTypeMismatchError, ParameterValueTooLargeError
from signpost.model.json import JsonValue, measure_json


class Origin(StrEnum):
    """Who a flag or a segment belongs to: the customer, or the server."""

    SELF = "self"
    AUTH0 = "auth0"


class FlagStatus(StrEnum):
    """Where a flag is in its life."""

    DRAFT = "draft"
    ACTIVE = "active"
    ARCHIVED = "archived"


class ParameterType(StrEnum):
    """The types that a parameter's value can have."""

    STRING = "string"
    BOOLEAN = "boolean"
    NUMBER = "number"
    ARRAY = "array"
    OBJECT = "object"

    def fits(self, value: JsonValue) -> bool:
        """Return whether the value has this type; a boolean is no number."""
        match self:
            case ParameterType.STRING:
                return isinstance(value, str)
            case ParameterType.BOOLEAN:
                return isinstance(value, bool)
            case ParameterType.NUMBER:
                return isinstance(value, int | float) and not isinstance(value, bool)
            case ParameterType.ARRAY:
                return isinstance(value, list)
            case ParameterType.OBJECT:
                return isinstance(value, Mapping)


@dataclass(frozen=True, slots=True)
class Parameter:
    """One thing that can vary: its type, its default value, what it means."""

    type: ParameterType
    value: JsonValue
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Flag:
    """A feature flag. `parameters` keeps the order in which they were given."""

    id: str
    name: str
    description: str | None
    type: Origin
    status: FlagStatus
    parameters: Mapping[str, Parameter]
    created_at: datetime
    updated_at: datetime


def check_parameters(parameters: Mapping[str, Parameter]) -> None:
    """Check that every default has its parameter's type and is small enough.

    Raises:
        ParameterTypeMismatchError: a value is of another type.
        ParameterValueTooLargeError: a value is over 1 KB as JSON.
    """
    for name, parameter in parameters.items():
        if not parameter.type.fits(parameter.value):
            raise ParameterTypeMismatchError(parameter=name)
        if measure_json(parameter.value) > limits.VALUE_BYTES_MAX:
            raise ParameterValueTooLargeError(parameter=name)
