"""Every screen of a sign-in: what it is told, and who takes its form."""

from collections.abc import Callable, Mapping
from typing import Any

from signpost.signin.journeys import identifying, passkeys, resetting, second_factor, signing_up
from signpost.signin.journeys.turns import Next, Turn

Fields = Mapping[str, str]


def _nothing(_: Turn) -> dict[str, Any]:
    return {}


TOLD: Mapping[str, Callable[[Turn], dict[str, Any]]] = {
    "identifier": identifying.facts_before_proof,
    "login": identifying.facts_before_proof,
    "password": identifying.facts_before_proof,
    "passkey-signin": identifying.facts_before_proof,
    "signup": _nothing,
    "mfa-enroll": second_factor.facts_of_enrolment,
    "recovery-codes": second_factor.facts_of_codes,
    "mfa-challenge": _nothing,
    "recovery-challenge": _nothing,
    "reset-request": _nothing,
    "reset-sent": resetting.facts_of_sent,
    "passkey-enroll": passkeys.facts_of_enrolment,
}
"""What each screen is told beside what all are."""

ANSWERS: Mapping[str, Callable[[Turn, Fields], Next]] = {
    "identifier": identifying.answer_identifier,
    "login": identifying.answer_login,
    "password": identifying.answer_password,
    "passkey-signin": passkeys.answer_passkey_signin,
    "signup": signing_up.answer_signup,
    "mfa-enroll": second_factor.answer_enroll,
    "recovery-codes": second_factor.answer_codes,
    "mfa-challenge": second_factor.answer_challenge,
    "recovery-challenge": second_factor.answer_recovery,
    "reset-request": resetting.answer_request,
    "passkey-enroll": passkeys.answer_passkey_enroll,
}
"""What each form does. Two screens answer to a form that is not theirs: a passkey is taken on every page before the password."""
