"""What callers can do with segments."""

from dataclasses import dataclass, replace

from signpost.model.errors import InUseError, Kind, NotFoundError
from signpost.model.flags import Origin
from signpost.model.ids import IdKind
from signpost.model.lifecycle import SEGMENT_TRANSITIONS, check_transition
from signpost.model.patches import UNSET, Unset, choose
from signpost.model.segments import Rule, Segment, SegmentStatus
from signpost.ports.paging import Page, PageRequest
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.flags import check_own


@dataclass(frozen=True, slots=True)
class NewSegment:
    """What a segment is created from."""

    name: str
    description: str | None
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class SegmentChange:
    """What a PATCH sets; a description of None clears it."""

    name: str | Unset = UNSET
    description: str | None | Unset = UNSET
    rules: tuple[Rule, ...] | Unset = UNSET
    status: SegmentStatus | Unset = UNSET


def list_segments(call: Call, page: PageRequest, *, type: Origin | None = None) -> Page[Segment]:
    """Return a page of segments in the order in which they were made."""
    with call.reading() as tenant:
        return tenant.segments.list(page, type=type)


def get_segment(call: Call, segment_id: str) -> Segment:
    """Return a segment.

    Raises:
        NotFoundError: the tenant has no such segment.
    """
    with call.reading() as tenant:
        return _find_segment(tenant, segment_id)


def create_segment(call: Call, new: NewSegment) -> Segment:
    """Create a segment.

    Raises:
        NameTakenError: another segment has the name.
    """
    now = call.clock.now()
    segment = Segment(
        id=call.ids.make_id(IdKind.SEGMENT),
        name=new.name,
        description=new.description,
        type=Origin.SELF,
        status=SegmentStatus.ACTIVE,
        rules=new.rules,
        created_at=now,
        updated_at=now,
    )
    with call.writing() as tenant:
        tenant.segments.add(segment)
    return segment


def update_segment(call: Call, segment_id: str, change: SegmentChange) -> Segment:
    """Change a segment, all or nothing; the status it has already is no change.

    Raises:
        NotFoundError: the tenant has no such segment.
        NotModifiableError: the segment belongs to the server.
        InvalidTransitionError: the status can't be reached.
        NameTakenError: another segment has the name.
    """
    with call.writing() as tenant:
        segment = _find_segment(tenant, segment_id)
        check_own(Kind.SEGMENT, segment.type)
        changed = replace(
            segment,
            name=choose(change.name, segment.name),
            description=choose(change.description, segment.description),
            rules=choose(change.rules, segment.rules),
            status=choose(change.status, segment.status),
        )
        if changed == segment:
            return segment
        if changed.status is not segment.status:
            check_transition(Kind.SEGMENT, SEGMENT_TRANSITIONS, segment.status, changed.status)
        stamped = replace(changed, updated_at=call.clock.now())
        tenant.segments.replace(stamped)
        return stamped


def delete_segment(call: Call, segment_id: str) -> None:
    """Delete a segment; one that is not there is deleted already.

    Raises:
        NotModifiableError: the segment belongs to the server.
        InUseError: a non-archived experiment allocates to it.
    """
    with call.writing() as tenant:
        segment = tenant.segments.get(segment_id)
        if segment is None:
            return
        check_own(Kind.SEGMENT, segment.type)
        if tenant.experiments.uses_segment(segment_id):
            raise InUseError(Kind.SEGMENT)
        tenant.segments.remove(segment_id)


def _find_segment(tenant: Workspace, segment_id: str) -> Segment:
    segment = tenant.segments.get(segment_id)
    if segment is None:
        raise NotFoundError(Kind.SEGMENT)
    return segment
