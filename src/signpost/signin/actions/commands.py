"""What an action can answer: commands, and which of them a trigger takes."""

import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any

import msgspec

from signpost.model.actions import Trigger

COMMANDS_MAX = 50
VALUE_BYTES_MAX = 4_096
"""Of a claim or a piece of metadata, as JSON."""
CLAIM = re.compile(r"https?://[A-Za-z0-9.-]{1,253}(:[0-9]{1,5})?/[!-~]{0,255}")
"""A claim has an address before its name, so that it can't be taken for one of the provider's own."""

_Name = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]
_Reason = Annotated[str, msgspec.Meta(min_length=1, max_length=512)]


class Deny(msgspec.Struct, frozen=True, tag="deny"):
    """Nobody is let in, or no account made. The application is told the reason."""

    reason: _Reason


class SetIdTokenClaim(msgspec.Struct, frozen=True, tag="set_id_token_claim"):
    """A claim in the ID token; its name is an address, as `https://example.com/plan`."""

    name: _Name
    value: Any


class SetAccessTokenClaim(msgspec.Struct, frozen=True, tag="set_access_token_claim"):
    """A claim in the access token."""

    name: _Name
    value: Any


class SetUserMetadata(msgspec.Struct, frozen=True, tag="set_user_metadata"):
    """Metadata that the account's owner may see and change; null removes it."""

    name: _Name
    value: Any


class SetAppMetadata(msgspec.Struct, frozen=True, tag="set_app_metadata"):
    """Metadata that is the application's; null removes it."""

    name: _Name
    value: Any


class RequireMfa(msgspec.Struct, frozen=True, tag="require_mfa"):
    """A second factor is asked for, whatever else holds."""


Command = Deny | SetIdTokenClaim | SetAccessTokenClaim | SetUserMetadata | SetAppMetadata | RequireMfa

TAKEN: Mapping[Trigger, tuple[type[Command], ...]] = {
    Trigger.POST_LOGIN: (Deny, SetIdTokenClaim, SetAccessTokenClaim, SetUserMetadata, SetAppMetadata, RequireMfa),
    Trigger.PRE_USER_REGISTRATION: (Deny, SetUserMetadata, SetAppMetadata),
    Trigger.POST_USER_REGISTRATION: (),
}


class AnswerInvalidError(Exception):
    """An action answered what it can't."""


class _Answer(msgspec.Struct):
    commands: Annotated[list[Command], msgspec.Meta(max_length=COMMANDS_MAX)] = []


_decode = msgspec.json.Decoder(_Answer).decode


def read_answer(body: bytes, trigger: Trigger) -> tuple[Command, ...]:
    """Return the commands of an answer; nothing at all is no command.

    Raises:
        AnswerInvalidError: it is not what an action of this trigger may answer.
    """
    if not body.strip():
        return ()
    try:
        return check_commands(_decode(body).commands, trigger)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise AnswerInvalidError(str(error)) from error


def check_commands(commands: Iterable[Command], trigger: Trigger) -> tuple[Command, ...]:
    """Return the commands, all of which the trigger takes.

    Raises:
        AnswerInvalidError: one is not taken, or has a name or a value that can't be.
    """
    checked = tuple(commands)
    if len(checked) > COMMANDS_MAX:
        raise AnswerInvalidError(f"more than {COMMANDS_MAX} commands")
    for command in checked:
        if not isinstance(command, TAKEN[trigger]):
            raise AnswerInvalidError(f"{type(command).__name__} is nothing that {trigger} takes")
        if isinstance(command, SetIdTokenClaim | SetAccessTokenClaim) and not CLAIM.fullmatch(command.name):
            raise AnswerInvalidError(f"the claim {command.name[:100]!r} is no address, as https://example.com/plan")
        if not isinstance(command, Deny | RequireMfa) and _size_of(command.value) > VALUE_BYTES_MAX:
            raise AnswerInvalidError(f"the value of {command.name[:100]!r} is no JSON of {VALUE_BYTES_MAX:,} bytes")
    return checked


def _size_of(value: Any) -> float:
    try:
        return len(msgspec.json.encode(value))
    except (TypeError, ValueError, RecursionError, OverflowError):
        return float("inf")
