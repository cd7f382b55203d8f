"""Telling others by a POST of JSON."""

from typing import Any

import msgspec
import urllib3
from urllib3.exceptions import HTTPError

TIMEOUT = urllib3.Timeout(connect=5, read=10)


class NotToldError(Exception):
    """The other side did not take it: it does not answer, or answers with an error."""


def post_json(url: str, body: Any) -> None:
    """Send a body, and follow no redirect: where to send it was decided by who set the address.

    Raises:
        NotToldError: it was not taken; whether it was read is not known.
    """
    content = {"Content-Type": "application/json"}
    try:
        reply = urllib3.request(
            "POST", url, body=msgspec.json.encode(body), headers=content, timeout=TIMEOUT, retries=False, redirect=False
        )
    except (HTTPError, ValueError) as error:
        raise NotToldError(type(error).__name__) from error
    if not 200 <= reply.status < 300:
        raise NotToldError(f"status {reply.status}")
