"""Overrides out of a request's query, for those who have to see one variation.

Nothing is forced unless the settings name one of these. Plain ids can be typed by anybody who has seen them, so in a sign-in
that is public the signed form is the one to take.
"""

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from time import time  # noqa: TID251 until when an override is good

from signpost.assignment import Override
from signpost.client import Client
from signpost.exchange import OverrideProblem, open_override, parse_override_key
from signpost.exchange.overrides import PARAMETER

Query = Mapping[str, str]

ReadOverride = Callable[[Query], Override | None]
"""Returns what a query forces, None for nothing."""

log = logging.getLogger("signpost.middleware")


class PlainOverrides:
    """Reads `experiment_id`, `variation_id` and `segment_id`, as long as the tenant lets plain ids count.

    Args:
        client: Knows whether it does.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    def __call__(self, query: Query) -> Override | None:
        """Return what the ids force."""
        override = Override(query.get("experiment_id"), query.get("variation_id"), query.get("segment_id"))
        if override.is_empty:
            return None
        if not self._client.plain_overrides:
            log.warning("an override is ignored: plain_overrides_off")
            return None
        return override


class SignedOverrides:
    """Reads the tokens of `signpost override` and nothing else; what is not good is logged, and forces nothing.

    Args:
        key: What `signpost tenants override-key` prints. Whoever has it can make tokens.
        now: The time, in Unix seconds.

    Raises:
        ValueError: it is no such key.
    """

    def __init__(self, key: str, now: Callable[[], float] = time) -> None:
        self._key = parse_override_key(key)
        self._now = now

    def __call__(self, query: Query) -> Override | None:
        """Return what the token forces."""
        token = query.get(PARAMETER)
        if not token:
            return None
        opened = open_override(token, self._key, datetime.fromtimestamp(self._now(), UTC))
        if isinstance(opened, OverrideProblem):
            log.warning("an override is ignored: %s", opened.value)
            return None
        log.info("override %s by %s: %s", opened.id, opened.made_by, opened.reason)
        return opened.override
