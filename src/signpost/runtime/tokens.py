"""Assignment tokens: what a unit was assigned to, signed, so that later events can say it without anybody remembering.

Text of URL-safe base64 without padding over: the version, one byte; the assignment as a MessagePack array; the first 16 bytes
of HMAC-SHA256 over the tenant's id, a zero byte, and all of that. Each tenant has a key of its own, and its id is under the
signature, so another tenant's token is like a forged one. A token does not expire: it grants nothing, it only says what was.
"""

import binascii
import hmac

import msgspec

from signpost.ports.events import Attribution

TOKEN_MAX = 4_096
_VERSION = b"\x01"
_MAC_BYTES = 16


class TokenInvalidError(Exception):
    """It is not a token that this tenant's key has signed."""


class _Assignment(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    experiment_id: str
    variation_id: str
    is_control: bool
    allocation_strategy: str
    segment_id: str | None
    unit: str
    exposed_ms: int
    is_forced: bool


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(_Assignment).decode


def seal(to: Attribution, tenant_id: str, key: bytes) -> str:
    """Return the token of an assignment."""
    assignment = _Assignment(
        to.experiment_id,
        to.variation_id,
        to.is_control,
        to.allocation_strategy,
        to.segment_id,
        to.unit,
        to.exposed_ms,
        to.is_forced,
    )
    content = _VERSION + _encode(assignment)
    return _as_text(content + _sign(content, tenant_id, key))


def unseal(token: str, tenant_id: str, key: bytes) -> Attribution:
    """Return what the token says.

    Raises:
        TokenInvalidError: it is malformed, changed, or another tenant's.
    """
    if len(token) > TOKEN_MAX or not token.isascii():
        raise TokenInvalidError
    try:
        padded = token.encode().translate(_FROM_URL, b"+/=") + b"=" * (-len(token) % 4)
        signed = binascii.a2b_base64(padded, strict_mode=True)
        content, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
        if _as_text(signed) != token or content[:1] != _VERSION:
            raise TokenInvalidError
        if not hmac.compare_digest(mac, _sign(content, tenant_id, key)):
            raise TokenInvalidError
        said = _decode(content[1:])
    except (binascii.Error, msgspec.MsgspecError) as error:
        raise TokenInvalidError from error
    return Attribution(*msgspec.structs.astuple(said))


def _sign(content: bytes, tenant_id: str, key: bytes) -> bytes:
    return hmac.digest(key, tenant_id.encode() + b"\0" + content, "sha256")[:_MAC_BYTES]


def _as_text(signed: bytes) -> str:
    return binascii.b2a_base64(signed, newline=False).translate(_TO_URL, b"=").decode()


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
