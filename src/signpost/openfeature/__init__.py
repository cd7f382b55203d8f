"""Flags for applications that use OpenFeature's SDK: `openfeature.api.set_provider(SignpostProvider(client))`."""

from signpost.openfeature.provider import SignpostProvider

__all__ = ["SignpostProvider"]
