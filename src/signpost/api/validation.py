"""What is wrong with a request, in words of our own."""

from collections.abc import Mapping
from typing import Any

CODES = {"body": "invalid_body", "query": "invalid_query_string", "path": "invalid_uri"}
TITLES = {"body": "Payload", "query": "Query", "path": "Path"}
TYPES = {
    "string": "string",
    "int": "integer",
    "int_from": "integer",
    "float": "number",
    "bool": "boolean",
    "list": "array",
    "dict": "object",
    "model": "object",
    "model_attributes": "object",
}
SENTENCES = {
    "missing": "Missing required property",
    "extra_forbidden": "Additional properties not allowed",
    "string_pattern_mismatch": "String does not match pattern",
    "string_too_short": "String is too short, minimum {min_length}",
    "string_too_long": "String is too long, maximum {max_length}",
    "too_short": "Too few items, minimum {min_length}",
    "too_long": "Too many items, maximum {max_length}",
    "literal_error": "No enum match, expected {expected}",
    "greater_than_equal": "Value is less than minimum {ge:g}",
    "less_than_equal": "Value is greater than maximum {le:g}",
    "said": "{what}",
    "segment_too_large": "{what}",
}


def describe_problem(problem: Mapping[str, Any]) -> tuple[str, str]:
    """Return the error code and the message of one of a validator's findings."""
    place, *path = problem["loc"]
    where = _name(path)
    what = _describe(problem)
    code = "segment_too_large" if problem["type"] == "segment_too_large" else CODES.get(str(place), "invalid_body")
    title = TITLES.get(str(place), "Payload")
    return code, f"{title} validation error: '{what}'" + (f" on property {where}." if where else ".")


def locate_problem(problem: Mapping[str, Any]) -> tuple[str, str]:
    """Return the place of one of a validator's findings, and what is wrong there."""
    return _name(list(problem["loc"])) or "the whole", _describe(problem)


def _name(path: list[Any]) -> str:
    name = ""
    for part in path:
        if isinstance(part, int):
            name += f"[{part}]"
        else:
            name += f".{part}" if name else str(part)
    return name[:300]


def _describe(problem: Mapping[str, Any]) -> str:
    kind: str = problem["type"]
    if kind in SENTENCES:
        return SENTENCES[kind].format(**problem.get("ctx", {}))
    expected = TYPES.get(kind.removesuffix("_type").removesuffix("_parsing").removesuffix("_float"))
    return f"Expected type {expected}" if expected else "Invalid value"
