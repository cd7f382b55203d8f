"""The implementation and the naive twin agree on twenty thousand random cases; `conformance.assignment.agree` does more."""

import pytest

from conformance.assignment import agree
from conformance.assignment.agree import ASKS, compare
from signpost.batch import Assigned, Units, assign
from signpost.model.experiments import Experiment
from tests.conformance.loading import decide

CASES = 20_000
REASONS = {
    "split",
    "rollout_treatment",
    "rollout_control",
    "segment",
    "fallback",
    "forced",
    "no_experiment",
    "not_exposed",
    "excluded",
    "holdout",
    "bad_unit",
    "broken",
}


def test_twenty_thousand_random_cases_agree() -> None:
    agreement = compare(seed=20_261_123, configurations=CASES // ASKS)

    assert agreement.differing == []
    assert agreement.cases == CASES
    assert set(agreement.reasons) >= REASONS
    assert agreement.in_columns > CASES // 10


def test_a_difference_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agree, "decide", lambda plan, ask: decide(plan, ask) | {"revision": 0})

    assert len(compare(seed=1, configurations=1, asks=10).differing) == 10


def test_a_difference_in_a_column_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    def assign_the_other_way_round(experiment: Experiment, units: Units, *, keep_hashes: bool) -> Assigned:
        return assign(experiment, units[::-1], keep_hashes=keep_hashes)  # type: ignore[index]

    monkeypatch.setattr(agree, "assign", assign_the_other_way_round)

    agreement = compare(seed=1, configurations=20)

    assert 0 < len(agreement.differing) <= agreement.in_columns
