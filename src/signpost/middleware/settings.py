"""What the application says once."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signpost.client import Client
from signpost.middleware.flows import Path
from signpost.middleware.overrides import ReadOverride
from signpost.requests.places import Places


class SettingsInvalidError(ValueError):
    """A setting that can't be used; raised when the application starts, never in a request."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What decides, for which requests, and what is known of them.

    `attributes`, `session_id`, `account_id` and `linked_unit` are called with the request as the framework has it: the scope of ASGI, the environ of WSGI,
    Django's `HttpRequest`.
    """

    client: Client | None
    """Decides; None: everybody gets the baseline."""
    cookie_keys: Sequence[str]
    """Sign the device cookie: the first signs, all are good for reading. To change the key, put the new one second, and
    when every process knows it, first; take the old one away when its cookies have been seen no more."""
    flows: Mapping[Path, str] = field(default_factory=dict)
    """Which flow a path is in, by its beginning or by a pattern for all of it."""
    secure: bool = True
    """Whether the cookie is for https only. To be turned off for development over plain http, and for nothing else."""
    attributes: Callable[[Any], Mapping[str, object]] | None = None
    """Returns what else is known of a request: attributes by their names, anything else as `anonymous_session_metadata`."""
    places: Places | None = None
    """Tells country and region by the client's address."""
    override: ReadOverride | None = None
    """Reads what a request's query forces. None, as it is if nothing is said: nothing is ever forced."""
    session_id: Callable[[Any], str | None] | None = None
    """Returns the sign-in transaction's id; later events of the same session belong to the exposure."""
    account_id: Callable[[Any], str | None] | None = None
    """Returns whose account it is, where that is known: what experiments on accounts go by."""
    linked_unit: Callable[[Any], str | None] | None = None
    """Returns what the account stands for since it was linked, as the server has answered: what experiments on the first touch
    go by."""
