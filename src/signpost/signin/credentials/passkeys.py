"""Passkeys: the ceremonies of WebAuthn, with the `webauthn` library.

An authenticator has to verify its user (a fingerprint, a face, a screen lock), so that a passkey is two factors in one.
"""

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from struct import error as StructError  # noqa: N812 it is a class

import webauthn
from cryptography.exceptions import UnsupportedAlgorithm
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, options_to_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    AuthenticatorTransport,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from signpost.model.accounts import Account, Passkey
from signpost.ports.clock import Clock

CREDENTIAL_MAX = 65_536
"""Characters of what an authenticator says, as JSON."""
CREDENTIAL_ID_MAX = 1_023
"""Bytes of a credential's id (WebAuthn level 3, section 4)."""
PUBLIC_KEY_MAX = 2_048
"""Bytes of a public key; one of RSA with 4,096 bits has about 530."""
_FAULTS = (WebAuthnException, ValueError, TypeError, LookupError, AttributeError, StructError, UnsupportedAlgorithm)
"""What the library and those below it raise for what they can't read or won't take."""
_ID = re.compile(r"[A-Za-z0-9_-]{1,1364}")
"""An id of that length in base64url."""
_TRANSPORTS = frozenset(transport.value for transport in AuthenticatorTransport)


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Whom a passkey is for: `id` is a host name, `origin` the address of the pages."""

    id: str
    name: str
    origin: str


@dataclass(frozen=True, slots=True)
class Ceremony:
    """What a browser is asked, as JSON text, and the challenge that its answer has to hold, in base64url."""

    options_json: str
    challenge: str


@dataclass(eq=False)
class PasskeyRefusedError(Exception):
    """What an authenticator said can't be taken; `reason` is for the log."""

    reason: str


def registration_options(
    account: Account, existing: Sequence[Passkey], rp: RelyingParty, challenge: str | None = None
) -> Ceremony:
    """Return what makes a new passkey; a challenge that is given is used again."""
    options = webauthn.generate_registration_options(
        rp_id=rp.id,
        rp_name=rp.name,
        user_id=account.id.encode(),
        user_name=account.email,
        user_display_name=account.name or account.email,
        challenge=base64url_to_bytes(challenge) if challenge else None,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            require_resident_key=True,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
        exclude_credentials=[_describe(passkey) for passkey in existing],
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(options.challenge))


def authentication_options(rp: RelyingParty, allowed: Sequence[Passkey] = (), challenge: str | None = None) -> Ceremony:
    """Return what asks for a passkey, any that the device has unless some are named."""
    options = webauthn.generate_authentication_options(
        rp_id=rp.id,
        challenge=base64url_to_bytes(challenge) if challenge else None,
        allow_credentials=[_describe(passkey) for passkey in allowed],
        user_verification=UserVerificationRequirement.REQUIRED,
    )
    return Ceremony(options_to_json(options), bytes_to_base64url(options.challenge))


def finish_registration(
    credential_json: str, challenge: str, rp: RelyingParty, account_id: str, clock: Clock
) -> Passkey:
    """Return the passkey that was made.

    Raises:
        PasskeyRefusedError: it was not made for this ceremony, or can't be read.
    """
    credential = _read(credential_json)
    try:
        made = webauthn.verify_registration_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=rp.id,
            expected_origin=rp.origin,
            require_user_verification=True,
        )
    except _FAULTS as error:
        raise PasskeyRefusedError(f"{type(error).__name__}: {error}") from error
    if len(made.credential_id) > CREDENTIAL_ID_MAX or len(made.credential_public_key) > PUBLIC_KEY_MAX:
        raise PasskeyRefusedError("its id or its key is too long")
    said = _said(credential, "transports")
    transports = (
        [text for text in said if isinstance(text, str) and text in _TRANSPORTS] if isinstance(said, list) else []
    )
    return Passkey(
        credential_id=bytes_to_base64url(made.credential_id),
        account_id=account_id,
        public_key=made.credential_public_key,
        sign_count=made.sign_count,
        transports=tuple(dict.fromkeys(transports)),
        name="Passkey",
        is_backed_up=made.credential_backed_up,
        created_at=clock.now(),
    )


def finish_authentication(
    credential_json: str, challenge: str, rp: RelyingParty, find: Callable[[str], Passkey | None]
) -> tuple[Passkey, int]:
    """Return the passkey that was used, and its new counter, which the caller keeps.

    Raises:
        PasskeyRefusedError: it is nobody's, was not used for this ceremony, or is a copy.
    """
    credential = _read(credential_json)
    credential_id = credential.get("id")
    known = isinstance(credential_id, str) and _ID.fullmatch(credential_id) is not None
    passkey = find(str(credential_id)) if known else None
    if passkey is None:
        raise PasskeyRefusedError("nobody here has this passkey")
    try:
        used = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=base64url_to_bytes(challenge),
            expected_rp_id=rp.id,
            expected_origin=rp.origin,
            credential_public_key=passkey.public_key,
            credential_current_sign_count=passkey.sign_count,
            require_user_verification=True,
        )
    except _FAULTS as error:
        raise PasskeyRefusedError(f"{type(error).__name__}: {error}") from error
    handle = _said(credential, "userHandle")
    if handle is not None and handle != bytes_to_base64url(passkey.account_id.encode()):
        raise PasskeyRefusedError("it was made for another account")
    return passkey, used.new_sign_count


def _said(credential: dict[str, object], name: str) -> object:
    response = credential.get("response")
    return response.get(name) if isinstance(response, dict) else None


def _read(credential_json: str) -> dict[str, object]:
    if len(credential_json) > CREDENTIAL_MAX:
        raise PasskeyRefusedError("it is too long")
    try:
        credential = json.loads(credential_json)
    except (ValueError, RecursionError) as error:
        raise PasskeyRefusedError("it is no JSON") from error
    if not isinstance(credential, dict):
        raise PasskeyRefusedError("it is no JSON object")
    return credential


def _describe(passkey: Passkey) -> PublicKeyCredentialDescriptor:
    transports = [AuthenticatorTransport(text) for text in passkey.transports if text in _TRANSPORTS]
    return PublicKeyCredentialDescriptor(id=base64url_to_bytes(passkey.credential_id), transports=transports or None)
