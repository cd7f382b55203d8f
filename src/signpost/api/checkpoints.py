"""Checkpoints of lists: opaque to clients, and good only where they were given."""

import base64
import binascii
import hashlib

CHECK_BYTES = 6


class CheckpointInvalidError(Exception):
    """The text is no checkpoint of this list in this tenant."""


def render_checkpoint(tenant_id: str, kind: str, position: int | None) -> str | None:
    """Return the checkpoint of a position in a tenant's list, None for none."""
    if position is None:
        return None
    number = position.to_bytes(8)
    return base64.urlsafe_b64encode(number + _check(tenant_id, kind, number)).decode().rstrip("=")


def parse_checkpoint(tenant_id: str, kind: str, text: str | None) -> int | None:
    """Return the position that a checkpoint stands for, None for none.

    Raises:
        CheckpointInvalidError: it is broken, or of another list or tenant.
    """
    if text is None:
        return None
    try:
        data = base64.b64decode(text.encode("ascii") + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise CheckpointInvalidError from error
    number, check = data[:8], data[8:]
    if len(number) != 8 or check != _check(tenant_id, kind, number):
        raise CheckpointInvalidError
    return int.from_bytes(number)


def _check(tenant_id: str, kind: str, number: bytes) -> bytes:
    return hashlib.blake2b(
        number, digest_size=CHECK_BYTES, key=tenant_id.encode()[:64], person=kind.encode()[:16]
    ).digest()
