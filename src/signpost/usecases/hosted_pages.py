"""The hosted pages of a tenant: its own way of them, and the flag, variations and segments that the server owns.

The latter are made when a tenant first has hosted sign-in.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace

from signpost.model import hosted_pages
from signpost.model.errors import FieldRefusedError
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.hosted_pages import HostedPages
from signpost.model.ids import IdKind
from signpost.model.json import JsonValue
from signpost.model.segments import Segment, SegmentStatus
from signpost.model.variations import Variation
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.tenants import TenantChange, update_tenant


def get_pages(call: Call) -> HostedPages:
    """Return the tenant's own way of the pages."""
    with call.reading() as tenant:
        return tenant.tenant.pages


def set_template(call: Call, template: str | None) -> None:
    """Put a template around the pages' forms, checked by the caller; None: the built-in one."""
    _change_pages(call, lambda pages: replace(pages, template=template))


def set_parameters(call: Call, parameters: Mapping[str, JsonValue]) -> None:
    """Set values of the pages' parameters for everybody who is in no experiment on them; what is not named is as is usual.

    Raises:
        FieldRefusedError: there is no such parameter, or the value is not of its type.
    """
    for name, value in parameters.items():
        known = hosted_pages.PARAMETERS.get(name)
        if known is None:
            raise FieldRefusedError(
                name, f"is no parameter of the pages; there are {', '.join(hosted_pages.PARAMETERS)}"
            )
        if not known.type.fits(value):
            raise FieldRefusedError(name, f"has to be of type {known.type}")
    _change_pages(call, lambda pages: replace(pages, parameters=dict(parameters)))


def _change_pages(call: Call, change: Callable[[HostedPages], HostedPages]) -> None:
    with call.reading() as tenant:
        found = tenant.tenant
    update_tenant(call.store, call.clock, call.actor, found, TenantChange(pages=change(found.pages)))


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
