"""The scenarios that fail, and why they do. One that passes all the same fails the tests, too."""

from collections.abc import Mapping

OFREP = "OFREP"
IN_PROCESS = "in-process"

_ON = "a variation's name has at least three characters (the published contract), so none is called `on`"
_DEFAULT = "the reasons of OFREP 0.3 have no DEFAULT; the fallback of a segment experiment is a TARGETING_MATCH there"
_STATES = (
    "the published provider has no states: it is READY as soon as it is registered, and what is wrong with the server or the"
    " token is a GENERAL error of each evaluation"
)
_CACHED = "every evaluation is a new one, and says why the value is what it is; nothing is answered from a cache of evaluations"
_TRUE_IS_ONE = "the published provider takes True for an integer (`isinstance(True, int)`); the reply says `true`"
_METADATA = "the published provider hands out a plain dict"

KNOWN: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("evaluation", OFREP): {"Resolves boolean details": _ON},
    ("evaluation", IN_PROCESS): {"Resolves boolean details": _ON},
    ("hooks", OFREP): {"Passes evaluation details to after and finally hooks": _ON},
    ("hooks", IN_PROCESS): {"Passes evaluation details to after and finally hooks": _ON},
    ("evaluation_v2", OFREP): {
        "Complete evaluation details structure [boolean-flag": _ON,
        "Variant field population [boolean-flag": _ON,
        "Resolves zero value with targeting using default": _DEFAULT,
        "Empty evaluation context": _DEFAULT,
        "Null context values": _DEFAULT,
        "Type mismatch error [boolean-flag, Integer": _TRUE_IS_ONE,
        "Provider not ready error": _STATES,
        "Provider in fatal state error": _STATES,
        "Provider status accessibility [not ready": _STATES,
        "Provider status accessibility [error": _STATES,
        "Provider status accessibility [fatal": _STATES,
        "Provider status accessibility [stale": _STATES,
        "CACHED reason": _CACHED,
        "Evaluation context immutability": _METADATA,
    },
    ("evaluation_v2", IN_PROCESS): {
        "Complete evaluation details structure [boolean-flag": _ON,
        "Variant field population [boolean-flag": _ON,
        "CACHED reason": _CACHED,
    },
}
"""By feature and provider: how the names of scenarios begin, and the reason."""


def explain(feature: str, provider: str, scenario: str) -> str | None:
    """Return why a scenario fails, None where it has to pass."""
    known = KNOWN.get((feature, provider), {})
    return next((reason for start, reason in known.items() if scenario.startswith(start)), None)
