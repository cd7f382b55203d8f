"""Decisions where a Python sign-in is: `asgi`, `django` and `wsgi` are the doors, everything behind them is shared."""

from signpost.middleware.experiments import Experiment
from signpost.middleware.journeys import Journeys
from signpost.middleware.overrides import PlainOverrides, SignedOverrides
from signpost.middleware.settings import Settings, SettingsInvalidError

__all__ = [
    "Experiment",
    "Journeys",
    "PlainOverrides",
    "Settings",
    "SettingsInvalidError",
    "SignedOverrides",
]
