"""What callers can do with a flag's variations."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from signpost.model import limits
from signpost.model.errors import (
    InUseError,
    Kind,
    LastVariationError,
    NotFoundError,
    VariationLimitError,
)
from signpost.model.ids import IdKind
from signpost.model.json import JsonValue
from signpost.model.patches import UNSET, Unset, choose
from signpost.model.variations import Variation, check_overrides, unwrap_overrides
from signpost.ports.store import Workspace
from signpost.usecases.call import Call
from signpost.usecases.flags import find_flag


@dataclass(frozen=True, slots=True)
class NewVariation:
    """What a variation is created from; overrides may be bare or wrapped."""

    name: str
    description: str | None
    overrides: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True)
class VariationChange:
    """What a PATCH sets; a description of None clears it."""

    name: str | Unset = UNSET
    description: str | None | Unset = UNSET
    overrides: Mapping[str, JsonValue] | Unset = UNSET


def list_variations(call: Call, flag_id: str) -> tuple[Variation, ...]:
    """Return a flag's variations in the order in which they were made.

    Raises:
        NotFoundError: the tenant has no such flag.
    """
    with call.reading() as tenant:
        find_flag(tenant, flag_id)
        return tenant.variations.of_flag(flag_id)


def get_variation(call: Call, flag_id: str, variation_id: str) -> Variation:
    """Return a variation.

    Raises:
        NotFoundError: the tenant has no such flag, or the flag no such variation.
    """
    with call.reading() as tenant:
        find_flag(tenant, flag_id)
        return _find_variation(tenant, flag_id, variation_id)


def create_variation(call: Call, flag_id: str, new: NewVariation) -> Variation:
    """Add a variation to a flag.

    Raises:
        NotFoundError: the tenant has no such flag.
        VariationLimitError: the flag has as many as it may have.
        OverrideKeyInvalidError, OverrideTypeMismatchError, OverrideValueTooLargeError, OverrideEqualsDefaultError:
            an override is not right.
        NameTakenError: another variation of the flag has the name.
    """
    with call.writing() as tenant:
        flag = find_flag(tenant, flag_id)
        overrides = unwrap_overrides(new.overrides, flag.parameters)
        check_overrides(overrides, flag.parameters)
        if len(tenant.variations.of_flag(flag_id)) >= limits.VARIATIONS_MAX:
            raise VariationLimitError
        now = call.clock.now()
        variation = Variation(
            id=call.ids.make_id(IdKind.VARIATION),
            flag_id=flag_id,
            name=new.name,
            description=new.description,
            overrides=overrides,
            created_at=now,
            updated_at=now,
        )
        tenant.variations.add(variation)
        return variation


def update_variation(call: Call, flag_id: str, variation_id: str, change: VariationChange) -> Variation:
    """Change a variation; `overrides` replaces the whole map.

    Raises:
        NotFoundError: the tenant has no such flag, or the flag no such variation.
        OverrideKeyInvalidError, OverrideTypeMismatchError, OverrideValueTooLargeError, OverrideEqualsDefaultError:
            an override is not right.
        NameTakenError: another variation of the flag has the name.
    """
    with call.writing() as tenant:
        flag = find_flag(tenant, flag_id)
        variation = _find_variation(tenant, flag_id, variation_id)
        overrides = variation.overrides
        if change.overrides is not UNSET:
            overrides = unwrap_overrides(change.overrides, flag.parameters)
            check_overrides(overrides, flag.parameters)
        changed = replace(
            variation,
            name=choose(change.name, variation.name),
            description=choose(change.description, variation.description),
            overrides=overrides,
        )
        if (
            changed == variation and change.overrides is UNSET
        ):  # given ones may differ where `==` sees none: [1], [true]
            return variation
        stamped = replace(changed, updated_at=call.clock.now())
        tenant.variations.replace(stamped)
        return stamped


def delete_variation(call: Call, flag_id: str, variation_id: str) -> None:
    """Delete a variation; one that is not there is deleted already.

    Raises:
        NotFoundError: the tenant has no such flag.
        InUseError: a non-archived experiment allocates it.
        LastVariationError: the flag has no other.
    """
    with call.writing() as tenant:
        find_flag(tenant, flag_id)
        siblings = tenant.variations.of_flag(flag_id)
        if all(sibling.id != variation_id for sibling in siblings):
            return
        if tenant.experiments.uses_variation(variation_id):
            raise InUseError(Kind.VARIATION)
        if len(siblings) == 1:
            raise LastVariationError
        tenant.variations.remove(variation_id)


def _find_variation(tenant: Workspace, flag_id: str, variation_id: str) -> Variation:
    variation = tenant.variations.get(variation_id)
    if variation is None or variation.flag_id != flag_id:
        raise NotFoundError(Kind.VARIATION)
    return variation
