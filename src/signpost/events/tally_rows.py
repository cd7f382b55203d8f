"""The rows that are walked through, and what stands in their bodies."""

import json
from collections.abc import Mapping
from typing import Any, NamedTuple


class ExposureRow(NamedTuple):
    """An exposure of the experiment that is asked for."""

    unit: str
    variation_id: str
    is_forced: bool
    occurred_ms: int
    request: Mapping[str, str]


class EventRow(NamedTuple):
    """An event of the tenant that belongs to no forced assignment; its unit may be empty where a user says whose it is."""

    unit: str
    type: str
    occurred_ms: int
    kept_ms: int | None
    body: bytes


def text_at(body: bytes, path: str) -> str | None:
    """Return the text, number or truth at a path of a JSON object as text; None where there is none of these."""
    value = value_at(body, path)
    if isinstance(value, str):
        return value
    return json.dumps(value) if isinstance(value, (bool, int, float)) else None


def value_at(body: bytes, path: str) -> Any:
    """Return what is at a path of a JSON object; None where nothing is."""
    value: Any = json.loads(body)
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value
