"""Actions: webhooks that are asked, or told, at certain moments of a sign-in, and may change what becomes of it."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Trigger(StrEnum):
    """When an action runs, by Auth0's names."""

    POST_LOGIN = "post-login"
    """After somebody has proved who they are, before they are let in."""
    PRE_USER_REGISTRATION = "pre-user-registration"
    """Before an account is made."""
    POST_USER_REGISTRATION = "post-user-registration"
    """After an account was made; nobody waits for it."""


class OnFailure(StrEnum):
    """What holds when an action does not answer in time, or not as it should."""

    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class Action:
    """A webhook. What signs its requests is made of the server's own key, its id and `secret_version`: it is kept nowhere.

    For a while after `rotated_at` the version before signs, too.
    """

    id: str
    name: str
    trigger: Trigger
    endpoint: str
    timeout_ms: int
    on_failure: OnFailure
    is_enabled: bool
    created_at: datetime
    updated_at: datetime
    secret_version: int = 1
    rotated_at: datetime | None = None
