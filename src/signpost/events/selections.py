"""What is exported, and what a row of it has."""

from dataclasses import dataclass

FIELDS = (
    "log_id", "kept_ms", "type", "occurred_ms", "unit", "session_id", "event_id", "is_exposure", "experiment_id", "variation_id",
    "is_control", "allocation_strategy", "segment_id", "is_forced", "body",
)  # fmt: skip
"""`body` is JSON, the rest texts, integers and booleans."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which events: of one experiment, or of all and none; that occurred from a moment on, before another."""

    experiment_id: str | None = None
    since_ms: int | None = None
    until_ms: int | None = None
