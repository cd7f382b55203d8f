"""Texts inside SQL."""

from collections.abc import Sequence


def text(value: str) -> str:
    """Return the text as a literal."""
    return "'" + value.replace("'", "''") + "'"


def is_one_of(column: str, values: Sequence[str]) -> str:
    """Return the condition that a column is one of the texts."""
    if len(values) == 1:
        return f"{column} = {text(values[0])}"
    return f"{column} IN ({', '.join(map(text, values))})"
