"""The bodies of OFREP 0.3."""

from enum import StrEnum
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType

from signpost.assignment import FlagReason, Resolution
from signpost.edge.errors import Refusal

TARGETING_KEY = "targetingKey"

encode = msgspec.json.Encoder().encode


class ErrorCode(StrEnum):
    """OpenFeature's names of what can be wrong."""

    PARSE_ERROR = "PARSE_ERROR"
    TARGETING_KEY_MISSING = "TARGETING_KEY_MISSING"
    INVALID_CONTEXT = "INVALID_CONTEXT"
    FLAG_NOT_FOUND = "FLAG_NOT_FOUND"
    GENERAL = "GENERAL"


class Request(Struct, frozen=True):
    """Asks for one flag, or for all."""

    context: dict[str, Any] = {}


class Success(Struct, frozen=True, omit_defaults=True):
    """A flag's value. Without `value` the caller's own default counts."""

    key: str
    reason: str
    variant: str
    value: Any = UNSET
    metadata: dict[str, str | bool | int | float] = {}


class Failure(Struct, frozen=True, omit_defaults=True, rename="camel"):
    """What is wrong with a request, or with one flag of it."""

    error_code: str
    error_details: str
    key: str | UnsetType = UNSET


class GeneralFailure(Struct, frozen=True, rename="camel"):
    """Something that has no code."""

    error_details: str


class EvaluationError(Exception):
    """A request that can't be evaluated: its code, and what to do about it."""

    def __init__(self, code: ErrorCode, details: str) -> None:
        super().__init__(details)
        self.code = code
        self.details = details


def write_success(key: str, found: Resolution) -> bytes:
    """Return a flag's value as JSON. The protocol has no reason `DEFAULT`: there the fallback is a match like the others."""
    reason = FlagReason.TARGETING_MATCH if found.reason is FlagReason.DEFAULT else found.reason
    value = UNSET if found.value is None else found.value
    return encode(Success(key, reason, found.variant, value, dict(found.metadata)))


def write_refusal(refusal: Refusal, key: str | UnsetType = UNSET) -> bytes:
    """Return a refusal as JSON."""
    if refusal.code in ErrorCode.__members__:
        return encode(Failure(refusal.code, refusal.message, key))
    return encode(GeneralFailure(refusal.message))
