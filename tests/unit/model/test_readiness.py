"""Readiness: each blocker, at its edge, and all of them at once."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from signpost.model.errors import BlockerCode
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.model.flags import Flag, FlagStatus, Origin
from signpost.model.readiness import Surroundings, find_blockers
from signpost.model.segments import Segment, SegmentStatus
from signpost.model.variations import Variation

AT = datetime(2026, 1, 1, tzinfo=UTC)
FLAG = Flag("flg", "flag", None, Origin.SELF, FlagStatus.ACTIVE, {}, AT, AT)
VARIATIONS = {name: Variation(name, "flg", name, None, {}, AT, AT) for name in ("a", "b", "c")}
SEGMENTS = {
    "mobile": Segment("mobile", "mobile", None, Origin.SELF, SegmentStatus.ACTIVE, (), AT, AT),
    "old": Segment("old", "old", None, Origin.SELF, SegmentStatus.ARCHIVED, (), AT, AT),
}
AROUND = Surroundings(FLAG, VARIATIONS, SEGMENTS, others=())

CONTROL = Allocation("a", is_control=True, weight_slots=500_000)
TREATMENT = Allocation("b", is_control=False, weight_slots=500_000)
SPLIT = Experiment(
    id="exp",
    name="experiment",
    description=None,
    flag_id="flg",
    flow="authentication",
    strategy=Strategy.PERCENTAGE,
    default_config=None,
    status=ExperimentStatus.DRAFT,
    is_valid=False,
    allocations=(CONTROL, TREATMENT),
    levels=(),
    current_level=None,
    salt="1" * 22,
    recipe_version=1,
    slot_ranges=(),
    flag_snapshot=None,
    started_at=None,
    ended_at=None,
    created_at=AT,
    updated_at=AT,
)
FALLBACK = Allocation("a", is_control=True, is_fallback=True)
MOBILE = Allocation("b", is_control=False, segment_id="mobile", priority=1)
TARGETED = replace(SPLIT, strategy=Strategy.SEGMENT, allocations=(FALLBACK, MOBILE))


def codes(experiment: Experiment, around: Surroundings = AROUND) -> list[BlockerCode]:
    return [blocker.code for blocker in find_blockers(experiment, around)]


def running(flow: str, salt: str = "2" * 22, **changes: Any) -> Experiment:
    plain = replace(SPLIT, id=f"of {flow}", name=f"of {flow}", flow=flow, salt=salt, status=ExperimentStatus.ACTIVE)
    return replace(plain, **changes)


def weights(*slots: int | None) -> tuple[Allocation, ...]:
    return tuple(
        Allocation(name, is_control=name == "a", weight_slots=weight)
        for name, weight in zip("abc", slots, strict=False)
    )


@pytest.mark.parametrize("experiment", [SPLIT, TARGETED], ids=["percentage", "segment"])
def test_a_complete_experiment_is_ready(experiment: Experiment) -> None:
    assert codes(experiment) == []


@pytest.mark.parametrize("status", [FlagStatus.DRAFT, FlagStatus.ARCHIVED])
def test_the_flag_must_be_active(status: FlagStatus) -> None:
    assert codes(SPLIT, replace(AROUND, flag=replace(FLAG, status=status))) == [BlockerCode.FLAG_NOT_ACTIVE]


def test_everything_wrong_is_told_at_once() -> None:
    wrong = replace(
        SPLIT,
        allocations=(replace(CONTROL, variation_id="x", is_control=False, weight_slots=1),),
    )

    found = codes(wrong, replace(AROUND, flag=None, others=(running("all"),)))

    assert found == [
        BlockerCode.FLAG_NOT_ACTIVE,
        BlockerCode.VARIATION_NOT_FROM_FLAG,
        BlockerCode.MISSING_CONTROL,
        BlockerCode.INVALID_WEIGHTS,
        BlockerCode.ACTIVE_LIMIT_EXCEEDED,
    ]


def test_no_allocation_is_one_blocker_and_not_four() -> None:
    assert codes(replace(SPLIT, allocations=())) == [BlockerCode.MISSING_ALLOCATIONS]


@pytest.mark.parametrize("controls", [(False, False), (True, True)])
def test_exactly_one_allocation_is_the_control(controls: tuple[bool, bool]) -> None:
    allocations = tuple(replace(a, is_control=c) for a, c in zip((CONTROL, TREATMENT), controls, strict=True))

    assert codes(replace(SPLIT, allocations=allocations)) == [BlockerCode.MISSING_CONTROL]


@pytest.mark.parametrize(
    ("levels", "slots", "is_ready"),
    [
        ((), (500_000, 500_000), True),
        ((), (500_000, 499_999), False),
        ((), (500_000, 500_001), False),
        ((), (1_000_000, None), False),
        ((), (333_333, 333_333, 333_334), True),
        ((5, 50), (None, None), True),
        ((5, 50), (500_000, 500_000), True),
        ((5, 50), (1_000_000, None), False),
        ((5, 50), (500_000, 400_000), False),
        ((5, 50), (0, 0), False),
    ],
)
def test_weights_sum_to_a_hundred_or_are_all_absent_in_a_rollout(
    levels: tuple[int, ...], slots: Sequence[int | None], is_ready: bool
) -> None:
    experiment = replace(SPLIT, levels=levels, allocations=weights(*slots))

    assert codes(experiment) == ([] if is_ready else [BlockerCode.INVALID_WEIGHTS])


def test_a_ramp_needs_something_to_ramp() -> None:
    experiment = replace(SPLIT, levels=(5,), allocations=(replace(CONTROL, weight_slots=None),))

    assert codes(experiment) == [BlockerCode.INVALID_RAMP]


def test_a_ramp_needs_percentages() -> None:
    assert codes(replace(TARGETED, levels=(5,))) == [BlockerCode.INVALID_RAMP]


@pytest.mark.parametrize("fallbacks", [0, 2])
def test_exactly_one_allocation_is_the_fallback(fallbacks: int) -> None:
    allocations = (FALLBACK, replace(FALLBACK, variation_id="c", is_control=False), MOBILE)
    chosen = tuple(a for a in allocations if a.is_fallback)[:fallbacks]
    control = replace(MOBILE, is_control=True) if not fallbacks else MOBILE

    assert codes(replace(TARGETED, allocations=(*chosen, control))) == [BlockerCode.MISSING_DEFAULT]


@pytest.mark.parametrize(
    "broken",
    [
        replace(MOBILE, segment_id=None),
        replace(MOBILE, priority=None),
        replace(MOBILE, segment_id="gone"),
        replace(MOBILE, segment_id="old"),
    ],
    ids=["no segment", "no priority", "gone", "archived"],
)
def test_a_targeted_allocation_must_be_complete(broken: Allocation) -> None:
    experiment = replace(TARGETED, allocations=(FALLBACK, broken))

    assert codes(experiment) == [BlockerCode.INVALID_SEGMENT_ALLOCATION]


def test_no_two_allocations_have_the_same_turn() -> None:
    experiment = replace(TARGETED, allocations=(FALLBACK, MOBILE, replace(MOBILE, variation_id="c")))

    assert codes(experiment) == [BlockerCode.INVALID_SEGMENT_ALLOCATION]


@pytest.mark.parametrize(
    ("flow", "active", "is_ready"),
    [
        ("authentication", (), True),
        ("authentication", ("password_reset",), True),
        ("authentication", ("authentication",), False),
        ("authentication", ("all",), False),
        ("all", (), True),
        ("all", ("password_reset",), False),
        ("all", ("all",), False),
        ("checkout", ("authentication",), True),
    ],
)
def test_one_experiment_is_active_per_flow_and_all_only_alone(
    flow: str, active: tuple[str, ...], is_ready: bool
) -> None:
    found = codes(replace(SPLIT, flow=flow), replace(AROUND, others=tuple(map(running, active))))

    assert found == ([] if is_ready else [BlockerCode.ACTIVE_LIMIT_EXCEEDED])


@pytest.mark.parametrize("status", [ExperimentStatus.ACTIVE, ExperimentStatus.PAUSED])
@pytest.mark.parametrize("allowing", [None, "this one", "the other"])
def test_one_salt_runs_once_unless_one_of_both_says_otherwise(status: ExperimentStatus, allowing: str | None) -> None:
    other = running("checkout", SPLIT.salt, status=status, allow_shared_salt=allowing == "the other")

    found = codes(replace(SPLIT, allow_shared_salt=allowing == "this one"), replace(AROUND, others=(other,)))

    assert found == ([] if allowing else [BlockerCode.SALT_IN_USE])


@pytest.mark.parametrize("status", [ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED])
def test_who_has_ended_shares_its_salt_with_anybody(status: ExperimentStatus) -> None:
    around = replace(AROUND, others=(running("checkout", SPLIT.salt),))

    assert codes(replace(SPLIT, status=status), around) == []
