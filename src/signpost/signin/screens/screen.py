"""What passes from a journey to a page, and from the page's form back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from signpost.model.json import JsonValue

FORMS: Mapping[str, tuple[str, ...]] = {
    "identifier": ("identifier",),
    "login": ("identifier", "password"),
    "password": ("password",),
    "signup": ("email", "password"),
    "mfa-enroll": ("code",),
    "mfa-challenge": ("code",),
    "recovery-codes": (),
    "recovery-challenge": ("code",),
    "reset-request": ("email",),
    "reset-sent": (),
    "reset-password": ("password",),
    "passkey-enroll": ("credential",),
    "passkey-signin": ("credential",),
    "message": (),
    "outbox": (),
}
"""Each screen, and the fields that its form posts to `/u/<screen>` beside `state` and `csrf`.

A form that can be put off has a second button that posts `action=skip`; where passkeys are a way to sign in, the pages
before the password have a second form that posts `credential` to `/u/passkey-signin`. `reset-password` also posts back
the `ticket` of the link, when the facts have one.
"""

FACTS: Mapping[str, Any] = {
    "tenant_name": "",  # on top of every page, and in its title
    "client_name": "",  # the application that asked for the sign-in
    "notice": "",  # a key of `notices` in the words, said above the form
    "can_sign_up": True,
    "webauthn": "",  # options of the ceremony, JSON text
    "is_required": False,  # mfa-enroll, passkey-enroll: it can't be put off
    "qr": "",  # mfa-enroll: an SVG document
    "secret": "",  # mfa-enroll: for typing in
    "codes": (),  # recovery-codes: the codes
    "masked_email": "",  # reset-sent
    "ticket": "",  # reset-password
    "message": "",  # message: a key of `messages` in the words
    "text": "",  # message: what an Action said, instead of the message's text
    "continue_url": "",  # message: where it goes on
    "mails": (),  # outbox: mappings of `to`, `subject`, `sent_at`, `text`, `links`
}
"""What a screen may be told, each with what holds when it is not."""


@dataclass(frozen=True, slots=True)
class Screen:
    """One page to show.

    `journey` is the opaque id that goes back as `state`; `values` are what was typed before, never passwords; `errors`
    are keys of the words' `errors`, which never tell whether an account exists; `parameters` is the merged
    configuration of the pages' flag, as it was decided; `experiment` is what templates may read of it, None when there
    is none.
    """

    name: str
    journey: str
    csrf: str
    locale: str = "en"
    values: Mapping[str, str] = field(default_factory=dict)
    errors: Sequence[str] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    experiment: Mapping[str, Any] | None = None
