"""Whether a unit is an experiment's own in its exclusion group."""

from collections.abc import Iterator

from signpost.model.experiments import ExclusionGroup
from signpost.usecases.explanation_steps import Coordinates, Step


def has_slot(group: ExclusionGroup, found: Coordinates) -> bool:
    """Return whether a unit with these coordinates in the group has one of the experiment's slots."""
    return any(span.start <= found.slot < span.stop for span in group.spans)


def walk_group(group: ExclusionGroup, unit: str, found: Coordinates) -> Iterator[Step]:
    """Tell how the group gives a unit to the experiment, or does not; `found` is where the unit is in the group."""
    yield Step("exclusion group", group.name, "its experiments share a million slots, and no unit is in two of them")
    yield Step("group's salt + unit", f"{group.salt} + {unit}", "with nothing between them", depth=1)
    yield Step("hash", f"{found.hashed:#018x}", "XXH3_64 of its UTF-8, seed 0", depth=1)
    yield Step("slot in the group", f"{found.slot:,}", f"({found.hashed:#018x} >> 32) × 1,000,000 >> 32", depth=1)
    for span in group.spans:
        is_hit = span.start <= found.slot < span.stop
        note = f"slot {found.slot:,} is here" if is_hit else ""
        yield Step(f"slots {span.start:,} to {span.stop - 1:,}", "this experiment's", note, depth=1, is_hit=is_hit)
    if not has_slot(group, found):
        note = "another experiment of the group has it, or none"
        yield Step("this experiment", f"has not slot {found.slot:,}", note, depth=1)
