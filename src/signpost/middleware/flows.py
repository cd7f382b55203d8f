"""Which flow a request is in, by its path."""

import re
from collections.abc import Mapping

from signpost.model.limits import FLOW_MAX

Path = str | re.Pattern[str]
"""The beginning of a path, or a pattern that matches a whole one."""


class Flows:
    """Finds a path's flow: by the longest beginning that fits, else by the first pattern.

    A beginning ends where a part of the path does: `/login` is that of `/login`, `/login/` and `/login/mfa`, not of `/logins`.

    Raises:
        ValueError: a beginning does not begin with `/`, or a flow has no name.
    """

    def __init__(self, flows: Mapping[Path, str]) -> None:
        for path, flow in flows.items():
            if isinstance(path, str) and not path.startswith("/"):
                raise ValueError(f"the path {path!r} does not begin with '/'")
            if not isinstance(flow, str) or not 0 < len(flow.strip()) == len(flow) <= FLOW_MAX:  # type: ignore[redundant-expr]
                raise ValueError(
                    f"the flow of {path!r} is a text of 1–{FLOW_MAX} characters without blanks at its ends"
                )
        begun = {path.rstrip("/"): flow for path, flow in flows.items() if isinstance(path, str)}
        self._begun = sorted(begun.items(), key=lambda item: -len(item[0]))
        self._patterns = [(path, flow) for path, flow in flows.items() if not isinstance(path, str)]

    def find(self, path: str) -> str | None:
        """Return the flow, None where there is none."""
        for beginning, flow in self._begun:
            if path.startswith(beginning) and path[len(beginning) : len(beginning) + 1] in {"", "/"}:
                return flow
        return next((flow for pattern, flow in self._patterns if pattern.fullmatch(path)), None)
