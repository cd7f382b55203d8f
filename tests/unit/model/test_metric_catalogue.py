"""What comes built in can be computed, and judges every flow by what the flow is for."""

import pytest

from signpost.model.analysis_plans import Looking, find_plan_faults
from signpost.model.experiments import FLOWS
from signpost.model.metric_catalogue import CATALOGUE, default_plan, find_built_in, plan_of
from signpost.model.metrics import AUTOMATION_TYPES, Metric, Role, find_faults
from signpost.testing.builders import an_experiment


@pytest.mark.parametrize("metric", CATALOGUE, ids=lambda metric: metric.name)
def test_a_built_in_metric_has_no_fault_and_says_what_it_is(metric: Metric) -> None:
    assert find_faults(metric) == ()
    assert metric.description
    assert metric.margin is not None


def test_the_names_of_built_in_metrics_are_their_own() -> None:
    assert len({metric.name for metric in CATALOGUE}) == len(CATALOGUE)
    assert find_built_in("lockouts") in CATALOGUE
    assert find_built_in("nothing") is None


def test_no_metric_counts_what_is_taken_for_automation() -> None:
    types = {t for metric in CATALOGUE for selection in metric.selections for t in selection.types}

    assert types.isdisjoint(AUTOMATION_TYPES)


@pytest.mark.parametrize("flow", [*FLOWS, "a flow of one's own"])
def test_every_flow_has_a_plan_that_can_be_followed(flow: str) -> None:
    plan = default_plan(flow)

    assert find_plan_faults(plan) == ()
    assert plan.looking is Looking.CONFIDENCE_SEQUENCE
    assert len(plan.of_role(Role.DECISION)) == 1
    assert "lockouts" in {metric.name for metric in plan.of_role(Role.GUARDRAIL)}


def test_a_plan_decides_by_the_success_of_its_flow() -> None:
    decisive = {flow: default_plan(flow).of_role(Role.DECISION)[0].name for flow in FLOWS}

    assert decisive == {
        "authentication": "sign_in_success",
        "mfa_enrollment": "mfa_enrolment",
        "mfa_challenge": "mfa_challenge_success",
        "password_reset": "password_reset_success",
        "passkey_enrollment": "passkey_enrolment",
        "all": "sign_in_success",
    }


def test_an_experiment_is_judged_by_its_own_plan_or_by_its_flow_s() -> None:
    own = default_plan("mfa_challenge")

    assert plan_of(an_experiment()) == default_plan("authentication")
    assert plan_of(an_experiment(analysis_plan=own)) == own
