"""JSON values as the model sees them: their size, their equality, what may not be in them."""

import json
from collections.abc import Mapping
from typing import Any

JsonValue = Any
"""Null, boolean, number, string, list or string-keyed map, as a JSON parser gives it."""


def measure_json(value: JsonValue) -> int:
    """Return the size in bytes of the value as compact UTF-8 JSON."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode())


def is_same_json(left: JsonValue, right: JsonValue) -> bool:
    """Return whether two values are the same JSON: `1` is `1.0`, but `True` is not `1`."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        return left.keys() == right.keys() and all(is_same_json(left[key], right[key]) for key in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(is_same_json, left, right))
    return bool(left == right)
