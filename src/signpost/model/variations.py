"""Variations: what differs from the flag's defaults."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from signpost.model import limits
from signpost.model.errors import (
    OverrideEqualsDefaultError,
    OverrideKeyInvalidError,
    OverrideTypeMismatchError,
    OverrideValueTooLargeError,
)
from signpost.model.flags import Parameter, ParameterType
from signpost.model.json import JsonValue, is_same_json, measure_json


@dataclass(frozen=True, slots=True)
class Variation:
    """A variation of a flag; no overrides make it the baseline."""

    id: str
    flag_id: str
    name: str
    description: str | None
    overrides: Mapping[str, JsonValue]
    created_at: datetime
    updated_at: datetime


def unwrap_overrides(overrides: Mapping[str, JsonValue], parameters: Mapping[str, Parameter]) -> dict[str, JsonValue]:
    """Return the overrides bare, as they are stored, whichever generation wrapped them.

    A value is unwrapped when it is an object with the single key `value` and either the parameter is no object or the
    inner value is itself an object; so an object parameter whose own content is `{"value": 1}` stays what it is.
    """
    return {name: _unwrap(value, parameters.get(name)) for name, value in overrides.items()}


def _unwrap(value: JsonValue, parameter: Parameter | None) -> JsonValue:
    if not isinstance(value, Mapping) or value.keys() != {"value"}:
        return value
    inner = value["value"]
    is_object = parameter is not None and parameter.type is ParameterType.OBJECT
    return inner if not is_object or isinstance(inner, Mapping) else value


def check_overrides(overrides: Mapping[str, JsonValue], parameters: Mapping[str, Parameter]) -> None:
    """Check that each override is a real difference from a parameter that the flag has.

    Raises:
        OverrideKeyInvalidError: the flag has no parameter of that name.
        OverrideTypeMismatchError: the value is not of the parameter's type.
        OverrideValueTooLargeError: the value is over 1 KB as JSON.
        OverrideEqualsDefaultError: the value is the default.
    """
    for name, value in overrides.items():
        parameter = parameters.get(name)
        if parameter is None:
            raise OverrideKeyInvalidError(parameter=name)
        if not parameter.type.fits(value):
            raise OverrideTypeMismatchError(parameter=name)
        if measure_json(value) > limits.VALUE_BYTES_MAX:
            raise OverrideValueTooLargeError(parameter=name)
        if is_same_json(value, parameter.value):
            raise OverrideEqualsDefaultError(parameter=name)
