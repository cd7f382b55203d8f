"""The suite's flags, `test-flags.json`, made through the management API.

A flag's value is its parameter `value`, the default variant is the flag's default, and each variant is a variation. Flag
metadata are further parameters. A disabled flag is an archived one. Targeting is an experiment by segment.
"""

from collections.abc import Mapping
from typing import Any

import httpx2

from tests.e2e.flags import add_flag, target

BALLMER = {"anonymous_session_metadata.email": ["ballmer@macrosoft.com"]}
OVER_TEN = [str(age) for age in range(11, 131)]

RULES: Mapping[str, list[Mapping[str, Any]]] = {
    "email == 'ballmer@macrosoft.com' ? 'zero' : ''": [{"match": BALLMER}],
    # Nothing in a segment compares numbers, so `age > 10` is every age that there is.
    "!customer && email == 'ballmer@macrosoft.com' && age > 10 ? 'internal' : ''": [
        {
            "match": BALLMER | {"anonymous_session_metadata.age": OVER_TEN},
            "not_match": {"anonymous_session_metadata.customer": ["true"]},
        }
    ],
    "context-aware": [
        {
            "match": {
                "anonymous_session_metadata.fn": ["Sulisław"],
                "anonymous_session_metadata.ln": ["Świętopełk"],
                "anonymous_session_metadata.age": ["29"],
                "anonymous_session_metadata.customer": ["false"],
            }
        }
    ],
}
"""What the suite's targeting means, as rules of a segment."""

CONTEXT_AWARE = {
    "variants": {"internal": "INTERNAL", "external": "EXTERNAL"},
    "defaultVariant": "external",
    "contextEvaluator": "context-aware",
}
"""What `evaluation.feature` asks for, and `test-flags.json` has no more: as that feature tells it."""

NAMES = {"on": "on (true)"}
"""A variation's name has at least three characters."""


def add_suite_flags(client: httpx2.Client, definitions: Mapping[str, Any]) -> None:
    """Make every flag of the suite."""
    for name, definition in {**definitions, "context-aware": CONTEXT_AWARE}.items():
        _add(client, name, definition)


def _add(client: httpx2.Client, name: str, definition: Mapping[str, Any]) -> None:
    variants = definition["variants"]
    default = definition.get("defaultVariant")
    if default is None:
        # A flag always has a default. A draft is the nearest that there is: the caller's own default counts.
        default, status = next(iter(variants)), "draft"
    else:
        status = "archived" if definition.get("disabled") else "active"
    flag = add_flag(
        client,
        name,
        {"value": variants[default]} | (definition.get("flagMetadata") or {}),
        {NAMES.get(key, key): {} if key == default else {"value": value} for key, value in variants.items()},
        status,
    )
    if targeting := definition.get("contextEvaluator"):
        matched = "zero" if "zero" in variants else "internal"
        target(client, flag, RULES[targeting], matched, default)
