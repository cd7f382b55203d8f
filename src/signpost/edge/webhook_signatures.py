"""Signed requests, in the form of Standard Webhooks, so that there is a library that checks them in every language.

    webhook-id: evt_…
    webhook-timestamp: 1767225600
    webhook-signature: v1,<base64 of HMAC-SHA256(secret, "id.timestamp.body")>

Several signatures stand beside each other with blanks between them, while a secret is being changed. A secret is written
`whsec_<base64>`. Source: standard-webhooks/standard-webhooks, spec/standard-webhooks.md.
"""

import base64
import binascii
import hmac
import re
from collections.abc import Iterable, Mapping

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
PREFIX, VERSION = "whsec_", "v1"
REPLAY_SECONDS = 300
"""How old, or how far ahead of the receiver's clock, a request may be."""


class SignatureInvalidError(Exception):
    """A request was not signed with the secret, not now, or not like this."""


def format_secret(secret: bytes) -> str:
    """Return a secret as it is shown."""
    return PREFIX + base64.b64encode(secret).decode()


def sign_request(secrets: Iterable[bytes], id: str, seconds: int, body: bytes) -> dict[str, str]:
    """Return the headers that sign a body with each of the secrets, at a moment in Unix seconds."""
    signatures = " ".join(f"{VERSION},{_sign(secret, id, str(seconds), body)}" for secret in secrets)
    return {ID: id, TIMESTAMP: str(seconds), SIGNATURE: signatures}


def verify_request(secret: str, headers: Mapping[str, str], body: bytes, now_seconds: float) -> None:
    """Check that a request was signed with a secret, as it is shown, within the replay window.

    Args:
        secret: `whsec_…`.
        headers: With names in lower case.
        body: The bytes that came.
        now_seconds: The present moment in Unix seconds.

    Raises:
        SignatureInvalidError: it was not; the request is to be refused.
    """
    id, timestamp, signatures = (headers.get(name, "") for name in (ID, TIMESTAMP, SIGNATURE))
    if not id or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        raise SignatureInvalidError("the headers are missing")
    if abs(now_seconds - int(timestamp)) > REPLAY_SECONDS:
        raise SignatureInvalidError("the request is too old, or a clock is wrong")
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError) as error:
        raise SignatureInvalidError("the secret is none") from error
    wanted = f"{VERSION},{_sign(key, id, timestamp, body)}".encode()
    if not any(hmac.compare_digest(wanted, given.encode()) for given in signatures.split(" ")):
        raise SignatureInvalidError("the signature is another one")


def _sign(secret: bytes, id: str, timestamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, f"{id}.{timestamp}.".encode() + body, "sha256")).decode()
