"""Signed overrides as tokens: what a link carries that shows somebody one variation.

Text of URL-safe base64 without padding over: the version, one byte; the override as a MessagePack array; the first 16 bytes
of HMAC-SHA256 over a label and all of that. The key is a secret of the tenant that signs nothing else. Whoever holds it can
check tokens without asking the server, and could make them.
"""

import base64
import binascii
import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

import msgspec

from signpost.assignment import Override, SignedOverride

PARAMETER = "experiment_override"
"""The name under which a link carries the token."""
TOKEN_MAX = 4_096

_VERSION = b"\x01"
_LABEL = b"signpost override\0"
_MAC_BYTES = 16
_KEY_BYTES = 32
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class OverrideProblem(StrEnum):
    """Why a token is not obeyed."""

    INVALID = "token_invalid"
    """It is malformed, changed, or signed with another key."""
    EXPIRED = "token_expired"


class _Content(NamedTuple):
    id: str
    experiment_id: str | None
    variation_id: str | None
    segment_id: str | None
    reason: str
    made_by: str
    expires_ms: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Content).decode


def seal_override(signed: SignedOverride, key: bytes) -> str:
    """Return the token of an override."""
    forced = signed.override
    expires_ms = (signed.expires_at - _EPOCH) // timedelta(milliseconds=1)
    said = _Content(
        signed.id,
        forced.experiment_id,
        forced.variation_id,
        forced.segment_id,
        signed.reason,
        signed.made_by,
        expires_ms,
    )
    content = _VERSION + _encode(said)
    return _as_text(content + _sign(content, key))


def open_override(token: str, key: bytes, now: datetime) -> SignedOverride | OverrideProblem:
    """Return the override of a token that was signed with the key and is good now, or why it is not. Never raises."""
    if len(token) > TOKEN_MAX:
        return OverrideProblem.INVALID
    try:
        sealed = _as_bytes(token)
        content, mac = sealed[:-_MAC_BYTES], sealed[-_MAC_BYTES:]
        if not hmac.compare_digest(mac, _sign(content, key)) or content[:1] != _VERSION:
            return OverrideProblem.INVALID
        said = _decode(content[1:])
        expires_at = _EPOCH + timedelta(milliseconds=said.expires_ms)
    except (ValueError, OverflowError, msgspec.MsgspecError):
        return OverrideProblem.INVALID
    if now >= expires_at:
        return OverrideProblem.EXPIRED
    override = Override(said.experiment_id, said.variation_id, said.segment_id)
    return SignedOverride(said.id, override, said.reason, said.made_by, expires_at)


def format_override_key(key: bytes) -> str:
    """Return a key as the text in which it is handed on."""
    return _as_text(key)


def parse_override_key(text: str) -> bytes:
    """Return the key that a text stands for.

    Raises:
        ValueError: it stands for none.
    """
    try:
        key = _as_bytes(text)
    except ValueError:
        key = b""
    if len(key) != _KEY_BYTES:
        raise ValueError(
            "this is no override key: it has 43 characters, as 'signpost tenants override-key' prints them"
        )
    return key


def _sign(content: bytes, key: bytes) -> bytes:
    return hmac.digest(key, _LABEL + content, hashlib.sha256)[:_MAC_BYTES]


def _as_text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _as_bytes(text: str) -> bytes:
    """Return the bytes of a text, of which there is only one."""
    data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    if _as_text(data) != text:
        raise binascii.Error("not in its one form")
    return data
