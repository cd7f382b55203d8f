"""What all actions of a trigger come to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from signpost.signin.actions.commands import (
    Command,
    Deny,
    RequireMfa,
    SetAccessTokenClaim,
    SetAppMetadata,
    SetIdTokenClaim,
    SetUserMetadata,
)


@dataclass(frozen=True, slots=True)
class Denial:
    """Which action let nobody in, and what the application is told. `is_failure`: it did not say so, it did not answer."""

    action: str
    reason: str
    is_failure: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """An action that did not answer in time, or not as it should; `problem` is for the log, not for whoever signs in."""

    action: str
    problem: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do: deny, or go on with these claims, these changes to metadata, and a second factor if it is required.

    A piece of metadata whose value is None is to be removed. What was set before a denial is not to be done.
    """

    denial: Denial | None = None
    requires_mfa: bool = False
    id_token_claims: Mapping[str, Any] = field(default_factory=dict)
    access_token_claims: Mapping[str, Any] = field(default_factory=dict)
    user_metadata: Mapping[str, Any] = field(default_factory=dict)
    app_metadata: Mapping[str, Any] = field(default_factory=dict)
    failures: tuple[Failure, ...] = ()

    def follow(self, action: str, commands: Iterable[Command]) -> "Verdict":
        """Return the verdict after an action's commands; later ones win."""
        verdict = self
        for command in commands:
            match command:
                case Deny(reason):
                    return replace(verdict, denial=Denial(action, reason))
                case RequireMfa():
                    verdict = replace(verdict, requires_mfa=True)
                case SetIdTokenClaim(name, value):
                    verdict = replace(verdict, id_token_claims={**verdict.id_token_claims, name: value})
                case SetAccessTokenClaim(name, value):
                    verdict = replace(verdict, access_token_claims={**verdict.access_token_claims, name: value})
                case SetUserMetadata(name, value):
                    verdict = replace(verdict, user_metadata={**verdict.user_metadata, name: value})
                case SetAppMetadata(name, value):
                    verdict = replace(verdict, app_metadata={**verdict.app_metadata, name: value})
        return verdict
