"""E-mail addresses as people type them, and as they are shown to others."""

import re

from signpost.model.accounts import normalise_email

EMAIL_MAX = 254
"""Characters of an address (RFC 5321, section 4.5.3.1.3, without the brackets)."""
_LOCAL = r"[^\s@\"(),:;<>\[\\\]\x00-\x1f\x7f]{1,64}"
_LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
_EMAIL = re.compile(rf"{_LOCAL}@{_LABEL}(?:\.{_LABEL})+")


def check_email(typed: str) -> str | None:
    """Return the key of what is wrong with an address, None if it may be one."""
    email = normalise_email(typed)
    if not email:
        return "identifier_required"
    if len(email) > EMAIL_MAX or _EMAIL.fullmatch(email) is None:
        return "identifier_invalid"
    return None


def mask_email(email: str) -> str:
    """Return an address so that only its owner knows it again."""
    local, _, domain = email.partition("@")
    return f"{local[:1]}•••@{domain}"
