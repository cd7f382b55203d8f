"""Finding an experiment with all that it runs on, in whatever status it is."""

from signpost.assignment import Candidate
from signpost.model.errors import Blocker, BlockerCode, Kind, NotFoundError
from signpost.usecases.call import Call
from signpost.usecases.catalog import read_configuration
from signpost.usecases.readiness import check_readiness

OF_THE_SPLIT = frozenset(
    {
        BlockerCode.MISSING_ALLOCATIONS,
        BlockerCode.VARIATION_NOT_FROM_FLAG,
        BlockerCode.MISSING_CONTROL,
        BlockerCode.INVALID_WEIGHTS,
        BlockerCode.MISSING_DEFAULT,
        BlockerCode.INVALID_SEGMENT_ALLOCATION,
        BlockerCode.INVALID_RAMP,
    }
)
"""What says that nobody knows yet who gets what, and not only that it can't be active now."""


def find_candidate(call: Call, named: str) -> tuple[Candidate, tuple[Blocker, ...]]:
    """Return an experiment by its id or its name, and what keeps it from dividing units.

    Raises:
        NotFoundError: the tenant has no such experiment.
    """
    with call.reading() as tenant:
        for candidate in read_configuration(tenant).candidates():
            if named in {candidate.experiment.id, candidate.experiment.name}:
                found = check_readiness(tenant, candidate.experiment)
                return candidate, tuple(blocker for blocker in found if blocker.code in OF_THE_SPLIT)
    raise NotFoundError(Kind.EXPERIMENT)
