"""Each screen as it may be met, for the tests of pages."""

from dataclasses import replace
from typing import Any

from signpost.signin.screens.screen import FORMS, Screen

OPTIONS = '{"challenge": "Y2hhbGxlbmdl", "rpId": "localhost", "userVerification": "preferred", "timeout": 60000}'
CREATION = (
    '{"challenge": "Y2hhbGxlbmdl", "rp": {"id": "localhost", "name": "Larkfield Library"}, "user": {"id": "dXNlcg", '
    '"name": "ada@example.com", "displayName": "Ada"}, "pubKeyCredParams": [{"type": "public-key", "alg": -7}], '
    '"authenticatorSelection": {"residentKey": "required", "userVerification": "preferred"}}'
)
QR = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 21 21"><path d="M0 0h7v7h-7z M14 0h7v7h-7z M0 14h7v7h-7z"/></svg>'

FACTS: dict[str, dict[str, Any]] = {
    "identifier": {"webauthn": OPTIONS},
    "login": {"webauthn": OPTIONS},
    "password": {"webauthn": OPTIONS},
    "mfa-enroll": {"qr": QR, "secret": "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP"},
    "recovery-codes": {"codes": [f"{n}7KQ-M2XD" for n in range(1, 9)]},
    "reset-sent": {"masked_email": "a••@e••.com"},
    "reset-password": {"ticket": "tic_ket"},
    "passkey-enroll": {"webauthn": CREATION},
    "passkey-signin": {"webauthn": OPTIONS},
    "message": {"message": "expired", "continue_url": "https://shop.example/"},
    "outbox": {
        "mails": [
            {
                "to": "ada@example.com",
                "subject": "Reset your password",
                "sent_at": "2026-11-23 15:00 UTC",
                "text": "Someone asked for a new password.\n\nIf it was you, follow the link.",
                "links": ["http://127.0.0.1:8080/u/reset-password?ticket=tic_ket"],
            }
        ]
    },
}
ERRORS: dict[str, list[str]] = {
    "identifier": ["identifier_invalid"],
    "login": ["credentials_wrong"],
    "password": ["credentials_wrong"],
    "signup": ["identifier_invalid", "password_too_short"],
    "mfa-enroll": ["code_wrong"],
    "mfa-challenge": ["code_wrong"],
    "recovery-challenge": ["code_wrong"],
    "reset-request": ["identifier_required"],
    "reset-password": ["password_too_common"],
    "passkey-enroll": ["passkey_failed"],
    "passkey-signin": ["passkey_failed"],
}


def show(name: str, **changes: Any) -> Screen:
    """Return a screen with all that it can show."""
    screen = Screen(
        name=name,
        journey="jrn_1",
        csrf="tok_1",
        values={"identifier": "ada@example.com"} if name in {"password", "login"} else {},
        facts={"tenant_name": "Larkfield Library", "client_name": "Reading Room", **FACTS.get(name, {})},
    )
    return replace(screen, **changes)


def show_all(**changes: Any) -> list[Screen]:
    return [show(name, **changes) for name in FORMS]
