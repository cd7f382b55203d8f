"""Whether a request is in a segment.

A missing attribute satisfies only `exists: false`; an empty one is there for the text operators and is not there for
`exists`. Ids and session metadata compare exactly, everything else by Unicode's default lower case.

Each segment becomes one Python expression, compiled once: no call per rule or condition is left when somebody asks, which
is a third of the time that closures take. The source is made of this module's own names only; attributes and values are
constants bound to those names, so nothing that a customer writes is ever read as code.
"""

from collections.abc import Callable, Mapping

from signpost.model.segments import EXACT_ATTRIBUTES, METADATA_PREFIX, Condition, Operator, Rule, Segment

Context = Mapping[str, str]
"""The attributes of a request; a value that is no text counts as missing."""

Getter = Callable[..., str | None]
Matcher = Callable[[Getter], bool]
"""Says of a context's `get` whether the request is in the segment; raises `AttributeError` or `TypeError` only when a value
is no text."""

NOT_THERE = "\0"
"""Stands for a missing attribute where a text is compared as a whole; no value of a rule can be it."""


def compile_segment(segment: Segment) -> Matcher:
    """Return the segment as a function of a context's `get`."""
    constants: dict[str, object] = {"NOT_THERE": NOT_THERE, "str": str}
    source = " or ".join(f"({_render_rule(rule, constants)})" for rule in segment.rules) or "False"
    matcher: Matcher = eval(f"lambda get: {source}", {"__builtins__": {}, **constants})  # noqa: S307 see the module
    return matcher


def attributes_of(segment: Segment) -> frozenset[str]:
    """Return the names of the attributes that the segment's rules ask for."""
    return frozenset(condition.attribute for rule in segment.rules for condition in rule.match + rule.not_match)


def keep_texts(context: Context) -> Context:
    """Return the context without the values that are no text."""
    given: Mapping[str, object] = context
    return {name: value for name, value in given.items() if isinstance(value, str)}


def _render_rule(rule: Rule, constants: dict[str, object]) -> str:
    wanted = [_render(condition, constants) for condition in rule.match]
    unwanted = [f"not {_render(condition, constants)}" for condition in rule.not_match]
    return " and ".join(wanted + unwanted) or "False"


def _render(condition: Condition, constants: dict[str, object]) -> str:
    def bind(value: object) -> str:
        name = f"C{len(constants)}"
        constants[name] = value
        return name

    attribute = bind(condition.attribute)
    if condition.operator is Operator.EXISTS:
        is_there = f"((v := get({attribute})) is not None and v != '' and v.__class__ is str)"
        return is_there if condition.exists else f"(not {is_there})"
    is_exact = condition.attribute in EXACT_ATTRIBUTES or condition.attribute.startswith(METADATA_PREFIX)
    lower = "" if is_exact else ".lower()"
    values = condition.values if is_exact else tuple(value.lower() for value in condition.values)
    if condition.operator is Operator.EQUALS:
        return f"(get({attribute}, NOT_THERE){lower} in {bind(frozenset(values))})"
    is_given = f"(v := get({attribute})) is not None"
    if condition.operator is Operator.CONTAINS:
        parts = " or ".join(f"{bind(value)} in v" for value in values)
        return f"({is_given} and (v := v{lower}) is not None and ({parts}))"
    method = "startswith" if condition.operator is Operator.STARTS_WITH else "endswith"
    return f"({is_given} and v{lower}.{method}({bind(values)}))"
