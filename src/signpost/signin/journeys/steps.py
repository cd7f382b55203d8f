"""Which screen comes next. Nothing here asks or changes anything."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from signpost.signin.screens.parameters import PageParameters

AUTHENTICATION, SIGNUP, MFA_ENROLLMENT = "authentication", "signup", "mfa_enrollment"
MFA_CHALLENGE, PASSWORD_RESET, PASSKEY_ENROLLMENT = "mfa_challenge", "password_reset", "passkey_enrollment"

FLOWS: Mapping[str, str] = {
    "identifier": AUTHENTICATION,
    "login": AUTHENTICATION,
    "password": AUTHENTICATION,
    "passkey-signin": AUTHENTICATION,
    "signup": SIGNUP,
    "mfa-enroll": MFA_ENROLLMENT,
    "recovery-codes": MFA_ENROLLMENT,
    "mfa-challenge": MFA_CHALLENGE,
    "recovery-challenge": MFA_CHALLENGE,
    "reset-request": PASSWORD_RESET,
    "reset-sent": PASSWORD_RESET,
    "reset-password": PASSWORD_RESET,
    "passkey-enroll": PASSKEY_ENROLLMENT,
}
"""The flow that each screen is in."""

FIRST = frozenset({"identifier", "login"})
_BEFORE_PROOF = frozenset({*FIRST, "signup", "password", "passkey-signin", "reset-request", "reset-sent"})
_FREE = frozenset({*FIRST, "signup", "passkey-signin", "reset-request"})
"""Where anybody may go who has not proved anything yet."""

PASSWORD, PASSKEY, ONE_TIME_CODE, RECOVERY_CODE = "pwd", "passkey", "otp", "recovery"
"""Ways in which somebody has proved who they are."""
SECOND_FACTORS = frozenset({ONE_TIME_CODE, RECOVERY_CODE})


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands who has proved who they are. `put_off` are screens that need not come any more."""

    proofs: Collection[str]
    has_second_factor: bool
    has_passkey: bool
    requires_second_factor: bool
    put_off: Collection[str]
    parameters: PageParameters


def missing_proof(standing: Standing) -> str | None:
    """Return the screen that has to come before anything else is done for somebody; None when nothing is missing."""
    if is_proved_twice(standing.proofs):
        return None
    if standing.has_second_factor:
        return "mfa-challenge"
    return "mfa-enroll" if standing.requires_second_factor else None


def next_step(standing: Standing) -> str | None:
    """Return the next screen, None when the sign-in is complete."""
    missing = missing_proof(standing)
    if missing is not None:
        return missing
    offers_passkey = standing.parameters.prompts_after_sign_in and not standing.has_passkey
    if offers_passkey and "passkey-enroll" not in standing.put_off:
        return "passkey-enroll"
    has_two = standing.has_second_factor or is_proved_twice(standing.proofs)
    suggests = standing.parameters.mfa_nudge and not has_two
    return "mfa-enroll" if suggests and "mfa-enroll" not in standing.put_off else None


def may_go(current: str, wanted: str, *, has_identifier: bool) -> bool:
    """Return whether a link or the back button may lead from one screen to another."""
    if current == wanted:
        return True
    if current in _BEFORE_PROOF:
        return wanted in _FREE or (wanted == "password" and has_identifier)
    return {current, wanted} == {"mfa-challenge", "recovery-challenge"}


def is_proved_twice(proofs: Collection[str]) -> bool:
    """Return whether somebody has shown two factors. A passkey is two in one."""
    return PASSKEY in proofs or not SECOND_FACTORS.isdisjoint(proofs)


def amr_of(proofs: Collection[str]) -> tuple[str, ...]:
    """Return the proofs as the claim `amr` has them (RFC 8176)."""
    names = {PASSWORD: "pwd", PASSKEY: "pop", ONE_TIME_CODE: "otp", RECOVERY_CODE: "kba"}
    amr = [names[proof] for proof in proofs]
    return (*amr, "mfa") if is_proved_twice(proofs) else tuple(amr)
