"""Whether a unit is held out of all experiments."""

from collections.abc import Iterator

from signpost.model.holdouts import Holdout
from signpost.model.ids import is_salt
from signpost.usecases.explanation_steps import Coordinates, Step


def find_holdout(holdout: Holdout | None, unit: str) -> Coordinates | None:
    """Return where a unit is in the holdout that has it; None where it is not held out."""
    if holdout is None or not is_salt(holdout.salt):
        return None
    found = Coordinates.of(holdout.salt, unit)
    return found if found is not None and found.slot < holdout.slots else None


def walk_holdout(holdout: Holdout, unit: str) -> Iterator[Step]:
    """Tell how the holdout takes a unit that would be enrolled out of the experiment, or does not."""
    found = Coordinates.of(holdout.salt, unit) if is_salt(holdout.salt) else None
    if found is None or not holdout.slots:
        return
    yield Step("holdout", f"{holdout.slots:,} of a million slots", "whose units get no experiment")
    yield Step("holdout's salt + unit", f"{holdout.salt} + {unit}", "with nothing between them", depth=1)
    yield Step("hash", f"{found.hashed:#018x}", "XXH3_64 of its UTF-8, seed 0", depth=1)
    is_hit = found.slot < holdout.slots
    note = "under the holdout's: held out" if is_hit else "not under the holdout's: not held out"
    yield Step("slot in the holdout", f"{found.slot:,}", note, depth=1, is_hit=is_hit)
