"""Schemas of the OpenAPI document as HTML: a table of fields, and an example."""

import json
from html import escape
from typing import Any

LIMITS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "minProperties": "at least {} entries",
    "maxProperties": "at most {} entries",
    "pattern": "matches {}",
    "format": "{}",
}


def render_schema(name: str, schema: dict[str, Any]) -> str:
    """Return a schema as a part of the page."""
    fields = schema.get("properties", {})
    required = schema.get("required", [])
    rows = "".join(
        f"<tr><td><code>{escape(field)}</code>{'' if field in required else '?'}</td><td>{describe_type(described)}</td>"
        f"<td>{escape(described.get('description', ''))}</td></tr>"
        for field, described in fields.items()
    )
    table = f"<table><tr><th>Field<th>Type<th>What</tr>{rows}</table>" if rows else f"<p>{describe_type(schema)}</p>"
    examples = "".join(
        f"<pre>{escape(json.dumps(example, indent=2, ensure_ascii=False))}</pre>"
        for example in schema.get("examples", [])[:1]
    )
    return (
        f'<details id="schema-{escape(name)}"><summary><code>{escape(name)}</code> '
        f"{escape(schema.get('description', ''))}</summary>{table}{examples}</details>"
    )


def describe_type(schema: Any) -> str:
    """Return the type of a value in a few words of HTML, with links to the schemas that it refers to."""
    if not isinstance(schema, dict) or not schema:
        return "any"
    if reference := schema.get("$ref", ""):
        name = escape(reference.rpartition("/")[2])
        return f'<a href="#schema-{name}"><code>{name}</code></a>'
    for choice in ("anyOf", "oneOf"):
        if choice in schema:
            return " or ".join(describe_type(option) for option in schema[choice])
    if "enum" in schema or "const" in schema:
        values = schema.get("enum", [schema.get("const")])
        return " ".join(f"<code>{escape(json.dumps(value))}</code>" for value in values)
    words = [_describe_kind(schema)]
    words += [escape(text.format(_plain(schema[limit]))) for limit, text in LIMITS.items() if limit in schema]
    return ", ".join(words)


def _describe_kind(schema: dict[str, Any]) -> str:
    kind = schema.get("type", "any")
    if kind == "array":
        return f"list of {describe_type(schema.get('items', {}))}"
    if (
        kind == "object"
        and schema.get("additionalProperties") is not None
        and not isinstance(schema["additionalProperties"], bool)
    ):
        return f"map to {describe_type(schema['additionalProperties'])}"
    return escape(" or ".join(kind) if isinstance(kind, list) else str(kind))


def _plain(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value
