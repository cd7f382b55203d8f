"""What the `q` of Auth0's log search may be here: `type:s`, `user_id:"auth0|1"`, or both with AND between them."""

import re

from signpost.ports.events import LogSearch

TERM = re.compile(r'(type|user_id):(?:"([^"\\]{1,512})"|([^\s"()\\*?:]{1,512}))')
AND = re.compile(r"\s+AND\s+")


class SearchInvalidError(Exception):
    """It can't be searched like this."""


def parse_search(text: str) -> LogSearch:
    """Return what is looked for.

    Raises:
        SearchInvalidError: it is more than can be searched for, or nothing.
    """
    found: dict[str, str] = {}
    for term in AND.split(text.strip()):
        match = TERM.fullmatch(term)
        if match is None or match[1] in found:
            raise SearchInvalidError
        found[match[1]] = match[2] or match[3]
    return LogSearch(**found)
