"""What is looked for, as conditions of SQL. What they let through is looked at again: in SQL a number can equal its text."""

from signpost.ports.events import LogSearch


def in_open_rows(search: LogSearch | None) -> tuple[str, list[str]]:
    """Return the condition for SQLite, to be appended to others, and its arguments."""
    return _conditions(search, "json_extract(CAST(body AS TEXT), '$.user_id') = ?")


def in_sealed_rows(search: LogSearch | None) -> tuple[str, list[str]]:
    """Return the condition for DuckDB."""
    return _conditions(search, "json_extract_string(decode(body), '$.user_id') = ?")


def _conditions(search: LogSearch | None, is_user: str) -> tuple[str, list[str]]:
    if search is None:
        return "", []
    wanted = (("type = ?", search.type), (is_user, search.user_id))
    found = [(condition, text) for condition, text in wanted if text is not None]
    return "".join(f" AND {condition}" for condition, _ in found), [text for _, text in found]
