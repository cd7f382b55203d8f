"""Signed requests, held against the vector that Standard Webhooks' own libraries are tested with."""

import base64

import pytest

from signpost.edge.webhook_signatures import (
    REPLAY_SECONDS,
    SignatureInvalidError,
    format_secret,
    sign_request,
    verify_request,
)

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET.removeprefix("whsec_"))
ID, SECONDS, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
"""From standard-webhooks/standard-webhooks, the tests of its libraries."""
HEADERS = {"webhook-id": ID, "webhook-timestamp": str(SECONDS), "webhook-signature": SIGNATURE}


def test_a_body_is_signed_as_everywhere_else() -> None:
    assert sign_request([KEY], ID, SECONDS, BODY) == HEADERS
    assert format_secret(KEY) == SECRET


def test_a_signed_request_is_taken_within_the_replay_window() -> None:
    for skew in (-REPLAY_SECONDS, 0, REPLAY_SECONDS):
        verify_request(SECRET, HEADERS, BODY, SECONDS + skew)


def test_two_secrets_sign_while_one_is_being_changed() -> None:
    headers = sign_request([b"n" * 32, KEY], ID, SECONDS, BODY)

    verify_request(SECRET, headers, BODY, SECONDS)
    verify_request(format_secret(b"n" * 32), headers, BODY, SECONDS)


@pytest.mark.parametrize(
    ("secret", "headers", "body", "skew"),
    [
        (SECRET, HEADERS, BODY + b" ", 0),
        (SECRET, HEADERS, BODY, REPLAY_SECONDS + 1),
        (SECRET, HEADERS, BODY, -REPLAY_SECONDS - 1),
        (SECRET, HEADERS | {"webhook-timestamp": str(SECONDS + 1)}, BODY, 0),
        (SECRET, HEADERS | {"webhook-timestamp": "now"}, BODY, 0),
        (SECRET, HEADERS | {"webhook-id": "another"}, BODY, 0),
        (SECRET, HEADERS | {"webhook-signature": SIGNATURE.replace("v1", "v2")}, BODY, 0),
        (SECRET, HEADERS | {"webhook-signature": "é"}, BODY, 0),
        (SECRET, {}, BODY, 0),
        ("whsec_" + "A" * 44, HEADERS, BODY, 0),
        ("whsec_é", HEADERS, BODY, 0),
    ],
)
def test_anything_else_is_refused(secret: str, headers: dict[str, str], body: bytes, skew: int) -> None:
    with pytest.raises(SignatureInvalidError):
        verify_request(secret, headers, body, SECONDS + skew)
