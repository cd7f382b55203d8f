from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.planned_shares import plan_shares
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, SlotRange, Strategy

NOW = datetime(2026, 11, 23, tzinfo=UTC)


def make_experiment(
    weights: Sequence[int | None],
    ranges: Sequence[SlotRange],
    *,
    strategy: Strategy = Strategy.PERCENTAGE,
    levels: tuple[int, ...] = (),
    current_level: int | None = None,
) -> Experiment:
    names = "abcdefgh"
    return Experiment(
        id="exp_1111111111111111111111",
        name="Passkeys first",
        description=None,
        flag_id="flg_1111111111111111111111",
        flow="authentication",
        strategy=strategy,
        default_config=None,
        status=ExperimentStatus.ACTIVE,
        is_valid=True,
        allocations=tuple(
            Allocation(variation_id=names[i], is_control=i == 0, weight_slots=weight)
            for i, weight in enumerate(weights)
        ),
        levels=levels,
        current_level=current_level,
        salt="1111111111111111111111",
        recipe_version=1,
        slot_ranges=tuple(ranges),
        flag_snapshot=None,
        started_at=NOW,
        ended_at=None,
        created_at=NOW,
        updated_at=NOW,
    )


def test_the_shares_are_the_slots_that_a_variation_owns() -> None:
    ranges = [
        SlotRange(0, 300_000, "a"),
        SlotRange(300_000, 900_000, "b"),
        SlotRange(900_000, 1_000_000, "a"),
    ]
    experiment = make_experiment([400_000, 600_000, 0], ranges)

    shares = plan_shares(experiment)

    assert shares == {"a": 400_000, "b": 600_000, "c": 0}


def test_a_rollout_gives_the_treatments_its_level_and_the_control_the_rest() -> None:
    ranges = [SlotRange(0, 500_000, "b"), SlotRange(500_000, 1_000_000, "c")]
    experiment = make_experiment([None, None, None], ranges, levels=(10, 50), current_level=10)

    shares = plan_shares(experiment)

    assert not isinstance(shares, Missing)
    assert {key: share / sum(shares.values()) for key, share in shares.items()} == {
        "a": 0.9,
        "b": 0.05,
        "c": 0.05,
    }


def test_a_rollout_that_was_raised_gives_the_treatments_its_new_level() -> None:
    experiment = make_experiment([None, None], [SlotRange(0, 1_000_000, "b")], levels=(10, 50), current_level=50)

    shares = plan_shares(experiment)

    assert shares == {"a": 50_000_000, "b": 50_000_000}


@pytest.mark.parametrize("current_level", [10, 50, 100])
def test_coverage_keeps_the_ratio_at_every_level(current_level: int) -> None:
    ranges = [SlotRange(0, 800_000, "a"), SlotRange(800_000, 1_000_000, "b")]
    experiment = make_experiment([800_000, 200_000], ranges, levels=(10, 50, 100), current_level=current_level)

    assert plan_shares(experiment) == {"a": 800_000, "b": 200_000}


def test_segments_plan_no_ratio() -> None:
    experiment = make_experiment([None, None], [], strategy=Strategy.SEGMENT)

    shares = plan_shares(experiment)

    assert isinstance(shares, Missing)
    assert shares.code is MissingCode.NO_PLANNED_RATIO
