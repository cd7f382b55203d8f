"""Signpost: open, self-hosted experimentation for sign-in.

What applications use is here; it is imported when it is first asked for, so that `import signpost` costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signpost.assignment import Configuration, FlagReason, Override, Reason, Resolution
    from signpost.client import Client, Decision, Evaluation, Stats
    from signpost.exchange import DocumentInvalidError

__all__ = [
    "Client",
    "Configuration",
    "Decision",
    "DocumentInvalidError",
    "Evaluation",
    "FlagReason",
    "Override",
    "Reason",
    "Resolution",
    "Stats",
]

_HOMES = {
    "Client": "signpost.client",
    "Decision": "signpost.client",
    "Evaluation": "signpost.client",
    "Stats": "signpost.client",
    "DocumentInvalidError": "signpost.exchange",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES.get(name, "signpost.assignment")), name)
