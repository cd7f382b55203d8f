"""Why a sign-in went on without an experiment, in the log."""

import logging
from collections.abc import Callable
from enum import StrEnum

QUIET_SECONDS = 10.0

log = logging.getLogger("signpost.experiments")


class Notice(StrEnum):
    """What a log line begins with."""

    CIRCUIT_OPEN = "experiment_circuit_open"
    """Something in the experiment's path failed: the sign-in goes on as if there were none."""
    NOT_FOUND = "experiment_not_found"
    """An override names what is not there."""
    ORPHANED = "experiment_orphaned_params"
    """The request brings experiment parameters that don't count, or that an experiment would set."""
    TEMPLATE_FAILED = "page_template_failed"
    """A tenant's own template could not be used: the built-in page appeared."""
    NOT_LOGGED = "sign_in_not_logged"
    """What happened at a sign-in could not be kept; the sign-in went on."""


class Notices:
    """Logs notices, each kind and reason at once and then every few seconds with how many there were, however many come."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._told: dict[tuple[Notice, str], tuple[float, int]] = {}

    def tell(self, notice: Notice, why: str, error: Exception | None = None) -> None:
        """Log a notice; `why` is one of a few fixed texts, never what a request says."""
        now = self._monotonic()
        told_at, unsaid = self._told.get((notice, why), (-QUIET_SECONDS, 0))
        if now - told_at < QUIET_SECONDS:
            self._told[notice, why] = told_at, unsaid + 1
            return
        self._told[notice, why] = now, 0
        more = f" ({unsaid} more since it was last said)" if unsaid else ""
        log.warning("%s: %s%s", notice.value, why, more, exc_info=error)
