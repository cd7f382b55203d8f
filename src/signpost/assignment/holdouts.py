"""Holding units out of all experiments."""

from collections.abc import Mapping

from xxhash import xxh3_64_intdigest

from signpost.assignment.decisions import Decision, Outcome
from signpost.assignment.evaluation import Context, Evaluate
from signpost.assignment.hashing import first_hash
from signpost.model.holdouts import Holdout


def hold_out(holdout: Holdout, evaluate: Evaluate, held: Mapping[str, Outcome]) -> Evaluate:
    """Return how to decide with a holdout: whom it has and an experiment would enrol gets `held` of that experiment.

    Everybody else gets what they would get without it, so a unit is told from those who were enrolled by nothing but its
    slot in the holdout.
    """
    salt, bound = holdout.salt, first_hash(holdout.slots)

    def decide(unit: str, context: Context) -> Decision:
        decision = evaluate(unit, context)
        experiment_id = decision[0].experiment_id
        if experiment_id is None:
            return decision
        hashed = xxh3_64_intdigest((salt + unit).encode())
        return decision if hashed >= bound else (held[experiment_id], hashed)

    return decide
