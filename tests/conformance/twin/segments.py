"""Whether a context is in a segment, over rules in the form in which the management API takes them."""

from collections.abc import Mapping, Sequence
from typing import Any

EXACT = ("client_id", "connection", "organization_id")
CAPITALS_BEYOND_CASEFOLD = {"\u1e9e": "\u00df", "\u1fbc": "\u1fb3", "\u1fcc": "\u1fc3", "\u1ffc": "\u1ff3"} | {
    chr(capital + i): chr(capital + i - 8) for capital in (0x1F88, 0x1F98, 0x1FA8) for i in range(8)
}
"""What has a simple folding (status S) beside a full one of several code points (status F) in Unicode's CaseFolding.txt."""


def is_in(rules: Sequence[Mapping[str, Any]], context: Mapping[str, object]) -> bool:
    return any(holds(rule, context) for rule in rules)


def holds(rule: Mapping[str, Any], context: Mapping[str, object]) -> bool:
    wanted = all(satisfies(name, expression, context) for name, expression in rule.get("match", {}).items())
    unwanted = any(satisfies(name, expression, context) for name, expression in rule.get("not_match", {}).items())
    return wanted and not unwanted


def satisfies(name: str, expression: Any, context: Mapping[str, object]) -> bool:
    value = context.get(name)
    if isinstance(expression, list):
        expression = {"equals": expression}
    [(operator, operand)] = expression.items()
    if operator == "exists":
        return bool((isinstance(value, str) and len(value) > 0) == operand)
    if not isinstance(value, str):
        return False
    caseless = name not in EXACT and not name.startswith("anonymous_session_metadata.")
    text = fold(value) if caseless else value
    candidates = [fold(candidate) if caseless else candidate for candidate in operand]
    if operator == "equals":
        return any(text == candidate for candidate in candidates)
    if operator == "contains":
        return any(text.find(candidate) >= 0 for candidate in candidates)
    if operator == "starts_with":
        return any(text[: len(candidate)] == candidate for candidate in candidates)
    if operator == "ends_with":
        return any(
            text[len(text) - len(candidate) :] == candidate for candidate in candidates if len(candidate) <= len(text)
        )
    raise ValueError(operator)


def fold(text: str) -> str:
    return "".join(fold_one(character) for character in text)


def fold_one(character: str) -> str:
    folded = character.casefold()
    return folded if len(folded) == 1 else CAPITALS_BEYOND_CASEFOLD.get(character, character)
