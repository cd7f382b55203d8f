"""Overrides of links, for those who want them: `Visits(…, read_override=signed_overrides(key))`."""

from collections.abc import Callable
from datetime import UTC, datetime

from signpost.assignment import Override
from signpost.exchange import OverrideProblem, open_override, parse_override_key
from signpost.exchange.overrides import PARAMETER
from signpost.middleware.visits import Query, ReadOverride, log

Now = Callable[[], datetime]


def signed_overrides(key: str, now: Now | None = None) -> ReadOverride:
    """Return a reader of links that `signpost override` has made; a changed or expired one forces nothing, and is logged.

    Args:
        key: The tenant's override key, as `signpost tenants override-key` prints it.
        now: Tells the present moment; the machine's clock.

    Raises:
        ValueError: the key is none.
    """
    secret = parse_override_key(key)
    clock = now or _now

    def read(query: Query) -> Override | None:
        token = query.get(PARAMETER)
        if token is None:
            return None
        opened = open_override(token, secret, clock())
        if isinstance(opened, OverrideProblem):
            log.warning("an override is ignored: %s", opened)
            return None
        return opened.override

    return read


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 the edge of the application
