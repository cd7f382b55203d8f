"""Segments: rules over the attributes of a request."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from signpost.model.flags import Origin

ATTRIBUTES = (
    "client_id",
    "connection",
    "connection_type",
    "organization_id",
    "domain",
    "device_type",
    "browser",
    "platform",
    "user_agent",
    "country",
    "region",
)
METADATA_PREFIX = "anonymous_session_metadata."
EXACT_ATTRIBUTES = frozenset({"client_id", "connection", "organization_id"})
"""Ids compare exactly; what is derived from a request compares without regard to case."""


def is_attribute(name: str) -> bool:
    """Return whether a rule may ask for this attribute."""
    return name in ATTRIBUTES or (name.startswith(METADATA_PREFIX) and len(name) > len(METADATA_PREFIX))


class SegmentStatus(StrEnum):
    """Where a segment is in its life."""

    ACTIVE = "active"
    ARCHIVED = "archived"


class Operator(StrEnum):
    """How a condition compares; a plain list on the wire is `EQUALS`."""

    EQUALS = "equals"
    CONTAINS = "contains"
    STARTS_WITH = "starts_with"
    ENDS_WITH = "ends_with"
    EXISTS = "exists"


@dataclass(frozen=True, slots=True)
class Condition:
    """One attribute and what it must be: any of `values`, or for `EXISTS` there (`exists`) or not."""

    attribute: str
    operator: Operator
    values: tuple[str, ...] = ()
    exists: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """Holds when every `match` condition holds and no `not_match` condition does; empty means absent."""

    match: tuple[Condition, ...] = ()
    not_match: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Segment:
    """A named set of rules; a request is in the segment when any of them holds."""

    id: str
    name: str
    description: str | None
    type: Origin
    status: SegmentStatus
    rules: tuple[Rule, ...]
    created_at: datetime
    updated_at: datetime
