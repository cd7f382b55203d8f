"""What callers can do with feature flags."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from signpost.model.errors import InsufficientVariationsError, InUseError, Kind, NotFoundError, NotModifiableError
from signpost.model.flags import Flag, FlagStatus, Origin, Parameter, check_parameters
from signpost.model.ids import IdKind
from signpost.model.lifecycle import FLAG_TRANSITIONS, check_transition
from signpost.model.patches import UNSET, Unset, choose
from signpost.model.variations import check_overrides
from signpost.ports.paging import Page, PageRequest
from signpost.ports.store import Workspace
from signpost.usecases.call import Call

VARIATIONS_NEEDED = 2
"""How many variations make an experiment possible."""


@dataclass(frozen=True, slots=True)
class NewFlag:
    """What a flag is created from."""

    name: str
    description: str | None
    parameters: Mapping[str, Parameter]


@dataclass(frozen=True, slots=True)
class FlagChange:
    """What a PATCH sets; a description of None clears it."""

    name: str | Unset = UNSET
    description: str | None | Unset = UNSET
    parameters: Mapping[str, Parameter] | Unset = UNSET
    status: FlagStatus | Unset = UNSET


def list_flags(
    call: Call, page: PageRequest, *, type: Origin | None = None, status: FlagStatus | None = None
) -> Page[Flag]:
    """Return a page of flags in the order in which they were made."""
    with call.reading() as tenant:
        return tenant.flags.list(page, type=type, status=status)


def get_flag(call: Call, flag_id: str) -> Flag:
    """Return a flag.

    Raises:
        NotFoundError: the tenant has no such flag.
    """
    with call.reading() as tenant:
        return find_flag(tenant, flag_id)


def create_flag(call: Call, new: NewFlag) -> Flag:
    """Create a draft flag.

    Raises:
        ParameterTypeMismatchError: a default is not of its type.
        ParameterValueTooLargeError: a default is over its limit.
        NameTakenError: another flag has the name.
    """
    check_parameters(new.parameters)
    now = call.clock.now()
    flag = Flag(
        id=call.ids.make_id(IdKind.FLAG),
        name=new.name,
        description=new.description,
        type=Origin.SELF,
        status=FlagStatus.DRAFT,
        parameters=new.parameters,
        created_at=now,
        updated_at=now,
    )
    with call.writing() as tenant:
        tenant.flags.add(flag)
    return flag


def update_flag(call: Call, flag_id: str, change: FlagChange) -> Flag:
    """Change a flag, all or nothing; the status it has already is no change.

    Raises:
        NotFoundError: the tenant has no such flag.
        NotModifiableError: the flag belongs to the server.
        ParameterTypeMismatchError, ParameterValueTooLargeError: a new default is not right.
        OverrideKeyInvalidError, OverrideTypeMismatchError, OverrideEqualsDefaultError: with the new parameters an
            existing variation would no longer be a real difference from the flag.
        InvalidTransitionError, InsufficientVariationsError: the status can't be reached.
        NameTakenError: another flag has the name.
    """
    with call.writing() as tenant:
        flag = _find_own_flag(tenant, flag_id)
        changed = replace(
            flag,
            name=choose(change.name, flag.name),
            description=choose(change.description, flag.description),
            parameters=choose(change.parameters, flag.parameters),
        )
        if change.parameters is not UNSET:
            check_parameters(changed.parameters)
            for variation in tenant.variations.of_flag(flag_id):
                check_overrides(variation.overrides, changed.parameters)
        target = choose(change.status, flag.status)
        if target is not flag.status:
            changed = _move_flag(tenant, changed, target)
        return _store_flag(call, tenant, flag, changed)


def change_flag_status(call: Call, flag_id: str, target: FlagStatus) -> Flag:
    """Move a flag to another status.

    Raises:
        NotFoundError: the tenant has no such flag.
        NotModifiableError: the flag belongs to the server.
        InvalidTransitionError: the status can't be reached, or is the current one.
        InsufficientVariationsError: a flag needs two variations to be activated.
    """
    with call.writing() as tenant:
        flag = _find_own_flag(tenant, flag_id)
        return _store_flag(call, tenant, flag, _move_flag(tenant, flag, target))


def delete_flag(call: Call, flag_id: str) -> None:
    """Delete a flag with its variations; one that is not there is deleted already.

    Raises:
        NotModifiableError: the flag belongs to the server.
        InUseError: a non-archived experiment is of this flag.
    """
    with call.writing() as tenant:
        flag = tenant.flags.get(flag_id)
        if flag is None:
            return
        check_own(Kind.FLAG, flag.type)
        if tenant.experiments.uses_flag(flag_id):
            raise InUseError(Kind.FLAG)
        tenant.flags.remove(flag_id)


def find_flag(tenant: Workspace, flag_id: str) -> Flag:
    """Return the flag, or raise `NotFoundError`."""
    flag = tenant.flags.get(flag_id)
    if flag is None:
        raise NotFoundError(Kind.FLAG)
    return flag


def check_own(kind: Kind, origin: Origin) -> None:
    """Raise `NotModifiableError` for what belongs to the server."""
    if origin is Origin.AUTH0:
        raise NotModifiableError(kind)


def _find_own_flag(tenant: Workspace, flag_id: str) -> Flag:
    flag = find_flag(tenant, flag_id)
    check_own(Kind.FLAG, flag.type)
    return flag


def _move_flag(tenant: Workspace, flag: Flag, target: FlagStatus) -> Flag:
    check_transition(Kind.FLAG, FLAG_TRANSITIONS, flag.status, target)
    if target is FlagStatus.ACTIVE and len(tenant.variations.of_flag(flag.id)) < VARIATIONS_NEEDED:
        raise InsufficientVariationsError
    return replace(flag, status=target)


def _store_flag(call: Call, tenant: Workspace, before: Flag, after: Flag) -> Flag:
    if after == before and after.parameters is before.parameters:  # `==` sees no difference between [1] and [true]
        return before
    stamped = replace(after, updated_at=call.clock.now())
    tenant.flags.replace(stamped)
    return stamped
