"""What can vary on the hosted sign-in pages: the flag that the server owns, with variations and segments to begin with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from signpost.model.flags import Parameter, ParameterType
from signpost.model.json import JsonValue
from signpost.model.segments import METADATA_PREFIX, Condition, Operator, Rule

FLAG_NAME = "Hosted sign-in pages"
FLAG_DESCRIPTION = "What the hosted pages show. It belongs to the server; variations of it are yours."

IDENTIFIER_FIRST, COMBINED = "identifier_first", "combined"
BEFORE_PASSWORD, AFTER_SIGN_IN = "before_password", "after_sign_in"
PASSWORD, PASSKEY = "password", "passkey"
RETURNING = "returning"
"""Said of a device that has signed in before, in the anonymous session's metadata: `true` or `false`."""

PARAMETERS: Mapping[str, Parameter] = {
    "layout": Parameter(
        ParameterType.STRING, IDENTIFIER_FIRST, "identifier_first: e-mail, then password; combined: both on one page."
    ),
    "social_proof": Parameter(ParameterType.STRING, "", "A line above the form; none when empty."),
    "primary_button": Parameter(ParameterType.STRING, "", "The label of the main button; the usual one when empty."),
    "passkey_prompt": Parameter(ParameterType.BOOLEAN, True, "Whether to offer making a passkey."),
    "passkey_moment": Parameter(
        ParameterType.STRING, AFTER_SIGN_IN, "When passkeys are offered: before_password or after_sign_in."
    ),
    "mfa_nudge": Parameter(ParameterType.BOOLEAN, False, "Whether to suggest a second factor after signing in."),
    "methods": Parameter(ParameterType.ARRAY, [PASSWORD, PASSKEY], "The ways to sign in, in the order of the page."),
}


@dataclass(frozen=True, slots=True)
class ReadyVariation:
    """A variation that is there from the start."""

    name: str
    description: str
    overrides: Mapping[str, JsonValue]


VARIATIONS = (
    ReadyVariation("As they are", "The pages as they come.", {}),
    ReadyVariation("On one page", "E-mail and password on one page.", {"layout": COMBINED}),
    ReadyVariation("Passkey first", "Passkeys come before passwords.", {"methods": [PASSKEY, PASSWORD]}),
    ReadyVariation("Passkey early", "Passkeys are offered before the password.", {"passkey_moment": BEFORE_PASSWORD}),
    ReadyVariation("Second factor suggested", "A second factor is suggested after signing in.", {"mfa_nudge": True}),
)


@dataclass(frozen=True, slots=True)
class ReadySegment:
    """A segment that the server owns."""

    name: str
    description: str
    rules: tuple[Rule, ...]


SEGMENTS = (
    ReadySegment(
        "Mobile", "Phones and tablets.", (Rule((Condition("device_type", Operator.EQUALS, ("mobile", "tablet")),)),)
    ),
    ReadySegment("Desktop", "Desktop computers.", (Rule((Condition("device_type", Operator.EQUALS, ("desktop",)),)),)),
    ReadySegment(
        "Returning device",
        "Devices on which somebody has signed in before.",
        (Rule((Condition(f"{METADATA_PREFIX}{RETURNING}", Operator.EQUALS, ("true",)),)),),
    ),
)


@dataclass(frozen=True, slots=True)
class HostedPages:
    """A tenant's own way of the pages: values of the parameters, by name, where they are not the usual ones, and a template.

    It is what everybody sees who is in no experiment, and what `default_config` of `tenant` means.
    """

    parameters: Mapping[str, JsonValue] = field(default_factory=dict)
    template: str | None = None
