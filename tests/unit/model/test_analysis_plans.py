"""Every fault of a plan is found and said; what is at a limit is none."""

import math
from dataclasses import replace
from typing import Any

import pytest

from signpost.model import limits
from signpost.model.analysis_plans import AnalysisPlan, Looking, RampStep, find_plan_faults
from signpost.model.metrics import Aggregation, Direction, Metric, Role, Selection

DECISION = Metric("success", "", Aggregation.CONVERSION, Selection(("s",)), Direction.INCREASE, Role.DECISION)
PLAN = AnalysisPlan((DECISION,))


def metrics(number: int) -> tuple[Metric, ...]:
    return tuple(replace(DECISION, name=f"success_{i}") for i in range(number))


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"metrics": metrics(limits.PLAN_METRICS_MAX)},
        {"alpha": 0.001},
        {"alpha": 0.2},
        {"minimum_effect": 10.0},
        {"planned_units": 1},
        {"planned_units": 10**10, "looking": Looking.FIXED},
        {"planned_units": 5, "looking": Looking.GROUP_SEQUENTIAL},
        {"cluster": "organization_id"},
        {"ramp": RampStep(1, 0)},
        {"ramp": RampStep(24 * 90, 10**6)},
    ],
)
def test_a_plan_that_can_be_followed_has_no_fault(changes: dict[str, Any]) -> None:
    assert find_plan_faults(replace(PLAN, **changes)) == ()


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({"metrics": metrics(21)}, "metrics: 1 to 20."),
        ({"metrics": (DECISION, DECISION)}, "metrics: success is there twice."),
        ({"metrics": (replace(DECISION, role=Role.EXPLORATORY),)}, "metrics: at least one is to decide by"),
        ({"metrics": (replace(DECISION, margin=2.0),)}, "metrics.success.margin: a share"),
        ({"alpha": 0.0009}, "alpha: 0.001 to 0.2."),
        ({"alpha": 0.21}, "alpha: 0.001 to 0.2."),
        ({"alpha": math.nan}, "alpha: 0.001 to 0.2."),
        ({"minimum_effect": 0.0}, "minimum_effect: a share above 0"),
        ({"minimum_effect": 10.1}, "minimum_effect: a share above 0"),
        ({"planned_units": 0}, "planned_units: 1 to 10,000,000,000."),
        ({"planned_units": 10**10 + 1}, "planned_units: 1 to 10,000,000,000."),
        ({"looking": Looking.FIXED}, "planned_units: fixed needs the number of units"),
        ({"looking": Looking.GROUP_SEQUENTIAL}, "planned_units: group_sequential needs"),
        ({"cluster": "user_agent"}, "cluster: one of organization_id, connection, client_id."),
        ({"ramp": RampStep(0, 5)}, "ramp: 1 to 2,160 hours"),
        ({"ramp": RampStep(24 * 90 + 1, 5)}, "ramp: 1 to 2,160 hours"),
        ({"ramp": RampStep(1, -1)}, "ramp: 1 to 2,160 hours"),
        ({"ramp": RampStep(1, 10**10 + 1)}, "ramp: 1 to 2,160 hours"),
    ],
)
def test_a_fault_is_said_with_its_field(changes: dict[str, Any], fault: str) -> None:
    (found,) = find_plan_faults(replace(PLAN, **changes))

    assert found.startswith(fault)


def test_a_plan_without_metrics_has_nothing_to_decide_by_either() -> None:
    assert [fault[:10] for fault in find_plan_faults(replace(PLAN, metrics=()))] == ["metrics: 1", "metrics: a"]


def test_metrics_are_found_by_their_role() -> None:
    guardrail = replace(DECISION, name="harm", role=Role.GUARDRAIL, margin=0.1)
    plan = AnalysisPlan((guardrail, DECISION))

    assert plan.of_role(Role.DECISION) == (DECISION,)
    assert plan.of_role(Role.GUARDRAIL) == (guardrail,)
    assert plan.of_role(Role.EXPLORATORY) == ()
