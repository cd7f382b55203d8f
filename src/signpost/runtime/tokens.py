"""Assignment tokens: what a unit was assigned to, signed, so that later events can say it without anybody remembering.

Text of URL-safe base64 without padding over: the version, one byte; the assignment as a MessagePack array; the first 16 bytes
of HMAC-SHA256 over the tenant's id, a zero byte, and all of that. Each tenant has a key of its own, and its id is under the
signature, so another tenant's token is like a forged one. A token does not expire: it grants nothing, it only says what was.
"""

import binascii
import hashlib
import hmac

import msgspec

from signpost.ports.events import Attribution
from signpost.runtime.secrets import AssignmentSecrets

TOKEN_MAX = 4_096
_VERSION = b"\x01"
_MAC_BYTES = 16
_BLOCK_BYTES = 64


class TokenInvalidError(Exception):
    """It is not a token that this tenant's key has signed."""


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Attribution).decode


class Signer:
    """Makes and checks the tokens of one tenant."""

    def __init__(self, tenant_id: str, key: bytes) -> None:
        # HMAC as RFC 2104 has it, with the halves that depend on the key alone worked out once: half the time of `hmac`.
        block = (hashlib.sha256(key).digest() if len(key) > _BLOCK_BYTES else key).ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(block.translate(_INNER_PAD) + tenant_id.encode() + b"\0")
        self._outer = hashlib.sha256(block.translate(_OUTER_PAD))

    def seal(self, to: Attribution) -> str:
        """Return the token of an assignment."""
        content = _VERSION + _encode(to)
        return _as_text(content + self._sign(content))

    def unseal(self, token: str) -> Attribution:
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
            if not hmac.compare_digest(mac, self._sign(content)):
                raise TokenInvalidError
            return _decode(content[1:])
        except (binascii.Error, msgspec.MsgspecError) as error:
            raise TokenInvalidError from error

    def _sign(self, content: bytes) -> bytes:
        inner = self._inner.copy()
        inner.update(content)
        outer = self._outer.copy()
        outer.update(inner.digest())
        return outer.digest()[:_MAC_BYTES]


class Signers:
    """The signers of all tenants."""

    def __init__(self, secrets: AssignmentSecrets) -> None:
        self._secrets = secrets
        self._signers: dict[str, Signer] = {}

    def of(self, tenant_id: str) -> Signer:
        """Return the tenant's signer."""
        signer = self._signers.get(tenant_id)
        if signer is None:
            signer = self._signers[tenant_id] = Signer(tenant_id, self._secrets.assignment_secret(tenant_id))
        return signer


def _as_text(signed: bytes) -> str:
    return binascii.b2a_base64(signed, newline=False).translate(_TO_URL, b"=").decode()


_TO_URL = bytes.maketrans(b"+/", b"-_")
_FROM_URL = bytes.maketrans(b"-_", b"+/")
_INNER_PAD = bytes(byte ^ 0x36 for byte in range(256))
_OUTER_PAD = bytes(byte ^ 0x5C for byte in range(256))
