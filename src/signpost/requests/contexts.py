"""Contexts as OpenFeature has them, turned into the attributes that segments ask for."""

from collections.abc import Mapping

from signpost.model.segments import ATTRIBUTES, METADATA_PREFIX

FLOW = "flow"
_PLAIN = frozenset({*ATTRIBUTES, FLOW})


def flatten_context(values: Mapping[str, object]) -> dict[str, str]:
    """Return the context's texts, numbers and booleans by attribute name.

    A name that is no attribute is one of `anonymous_session_metadata`. Numbers are written as in JSON, a whole one without
    a fraction. Lists and objects, which no segment can ask for, are left out.
    """
    attributes: dict[str, str] = {}
    for name, value in values.items():
        text = _text_of(value)
        if text is not None:
            is_attribute = name in _PLAIN or name.startswith(METADATA_PREFIX)
            attributes[name if is_attribute else METADATA_PREFIX + name] = text
    return attributes


def _text_of(value: object) -> str | None:
    match value:
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case float() if value.is_integer():
            return str(int(value))
        case int() | float():
            return str(value)
        case _:
            return None
