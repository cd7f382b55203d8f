"""What a route is."""

from collections.abc import Callable
from typing import NamedTuple

from signpost.edge.errors import Refusal, render_error
from signpost.runtime.answers import Eventual
from signpost.runtime.requests import Said
from signpost.usecases.catalog import TenantState


def say_refusal(refusal: Refusal) -> bytes:
    """Return a refusal's body as the management API has it."""
    return render_error(refusal.status, refusal.code, refusal.message)


class Route(NamedTuple):
    """One thing that can be asked for. A route without a scope needs no token: it looks at who asks itself."""

    scope: str | None
    answer: Callable[[TenantState, bytes, Said], Eventual]
    method: str = "POST"
    has_query: bool = False
    say: Callable[[Refusal], bytes] = say_refusal
