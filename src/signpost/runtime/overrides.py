"""Overrides of requests: which of them are obeyed, and why the others are not."""

from dataclasses import dataclass
from enum import StrEnum

from signpost.assignment import Override, SignedOverride
from signpost.exchange import OverrideProblem, open_override
from signpost.ports.clock import Clock
from signpost.runtime import wire
from signpost.runtime.secrets import AssignmentSecrets
from signpost.usecases.catalog import TenantState


class OverrideIgnored(StrEnum):
    """Why an override is not obeyed."""

    TOKEN_INVALID = OverrideProblem.INVALID.value
    TOKEN_EXPIRED = OverrideProblem.EXPIRED.value
    PLAIN_OVERRIDES_OFF = "plain_overrides_off"
    TARGET_NOT_FOUND = "target_not_found"


NOTHING = Override()


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request forces, and who answers for it if it is signed. What is ignored forces nothing."""

    override: Override = NOTHING
    signed: SignedOverride | None = None
    ignored: OverrideIgnored | None = None


NOT_ASKED = Asked()


class Overrides:
    """Reads the overrides of requests."""

    def __init__(self, secrets: AssignmentSecrets, clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    def read(self, state: TenantState, given: wire.Override) -> Asked:
        """Return what is to be forced. A token counts alone."""
        if given.token is not None:
            key = self._secrets.override_secret(state.tenant.id)
            opened = open_override(given.token, key, self._clock.now())
            if isinstance(opened, OverrideProblem):
                return Asked(ignored=OverrideIgnored(opened.value))
            return Asked(opened.override, opened)
        override = Override(given.experiment_id, given.variation_id, given.segment_id)
        if not state.tenant.plain_overrides and not override.is_empty:
            return Asked(ignored=OverrideIgnored.PLAIN_OVERRIDES_OFF)
        return Asked(override)
