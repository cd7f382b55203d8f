"""The flag, its variations and the segments that the server owns, made in a tenant when it first has hosted sign-in."""

from signpost.model import hosted_pages
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.ids import IdKind
from signpost.model.segments import Segment, SegmentStatus
from signpost.model.variations import Variation
from signpost.ports.store import Workspace
from signpost.usecases.call import Call


def find_pages_flag(tenant: Workspace) -> Flag | None:
    """Return the flag of the hosted pages, None where it was not made yet."""
    return next((flag for flag in tenant.flags.all() if flag.type is Origin.AUTH0), None)


def ensure_hosted_pages(call: Call, tenant: Workspace) -> Flag:
    """Return the flag of the hosted pages, made with its variations and segments if it is not there yet.

    A customer's own flag or segment that has one of the names keeps it: the server's gets the word `hosted` behind it.
    """
    found = find_pages_flag(tenant)
    if found is not None:
        return found
    now = call.clock.now()
    flag = Flag(
        id=call.ids.make_id(IdKind.FLAG),
        name=_free_name(hosted_pages.FLAG_NAME, {flag.name for flag in tenant.flags.all()}),
        description=hosted_pages.FLAG_DESCRIPTION,
        type=Origin.AUTH0,
        status=FlagStatus.ACTIVE,
        parameters=hosted_pages.PARAMETERS,
        created_at=now,
        updated_at=now,
    )
    tenant.flags.add(flag)
    for ready in hosted_pages.VARIATIONS:
        tenant.variations.add(
            Variation(
                id=call.ids.make_id(IdKind.VARIATION),
                flag_id=flag.id,
                name=ready.name,
                description=ready.description,
                overrides=ready.overrides,
                created_at=now,
                updated_at=now,
            )
        )
    taken = {segment.name for segment in tenant.segments.all()}
    for segment in hosted_pages.SEGMENTS:
        tenant.segments.add(
            Segment(
                id=call.ids.make_id(IdKind.SEGMENT),
                name=_free_name(segment.name, taken),
                description=segment.description,
                type=Origin.AUTH0,
                status=SegmentStatus.ACTIVE,
                rules=segment.rules,
                created_at=now,
                updated_at=now,
            )
        )
    return flag


def _free_name(name: str, taken: set[str]) -> str:
    while name in taken:
        name = f"{name} (hosted)"
    return name
