"""Analysis plans over HTTP: made, copied, changed, and shown with what became of them."""

from typing import Any

import pytest

from signpost.model import limits
from signpost.model.metric_catalogue import CATALOGUE, default_plan
from signpost.model.tenants import Generation
from signpost.usecases.analysis_plans import PlanHistory, plan_history
from tests.api.conftest import NewHouse
from tests.api.house import House, Json, absent, problem

DECISION: Json = {"name": "sign_in_success", "role": "decision"}
WHOLE: Json = {
    "name": "slow",
    "aggregation": "conversion",
    "events": {"types": ["s"], "where": {"details.speed": ["slow"]}},
    "direction": "decrease",
}


def a_plan(*metrics: Any, **fields: Any) -> Json:
    return {"metrics": [DECISION, *metrics]} | fields


def planned(house: House, plan: Json | None = None, **fields: Any) -> Json:
    return house.owner.experiment(house.owner.flag(), analysis_plan=plan or a_plan(), **fields)


def change(house: House, experiment: Json, plan: Json | None, **fields: Any) -> Any:
    return house.owner.patch(f"/experiments/{experiment['id']}", {"analysis_plan": plan} | fields)


def plan_shown(house: House, experiment: Json) -> Json:
    shown: Json = house.owner.shown(f"/experiments/{experiment['id']}/analysis-plan")
    return shown


def history(house: House, experiment: Json) -> PlanHistory:
    with house.store.reading(house.tenant.id) as tenant:
        found = tenant.experiments.get(experiment["id"])
        assert found is not None
        return plan_history(tenant, found)


def without(known: Json, *fields: str) -> Json:
    return {name: value for name, value in known.items() if name not in fields}


def test_a_plan_holds_its_metrics_whole_with_the_roles_and_margins_it_gives_them(house: House) -> None:
    known = {metric["name"]: without(metric, "is_built_in") for metric in house.owner.shown("/metrics")["metrics"]}

    plan = planned(house, a_plan({"name": "lockouts", "role": "guardrail", "margin": 0.3}, "abandonment", WHOLE))[
        "analysis_plan"
    ]

    assert plan == {
        "metrics": [
            known["sign_in_success"] | {"role": "decision"},
            known["lockouts"] | {"role": "guardrail", "margin": 0.3},
            known["abandonment"],
            WHOLE | {"role": "exploratory", "window": {"start_ms": 0}, "covariate_days": 0},
        ],
        "looking": "confidence_sequence",
        "alpha": 0.05,
        "on_breach": "notify",
    }


def test_every_field_of_a_plan_is_kept_and_can_be_sent_again(house: House) -> None:
    fields = {
        "looking": "group_sequential",
        "alpha": 0.01,
        "spending": "pocock",
        "minimum_effect": 0.02,
        "planned_units": 40_000,
        "cluster": "organization_id",
        "on_breach": "step_back",
        "ramp": {"hours": 24, "units": 1_000},
    }

    experiment = planned(house, a_plan(**fields), levels=[10, 100])
    again = change(house, experiment, experiment["analysis_plan"])

    assert experiment["analysis_plan"].items() >= fields.items()
    assert again.json() == experiment


def test_a_plan_holds_copies(house: House) -> None:
    house.owner.made("/metrics", WHOLE)
    experiment = planned(house, a_plan("slow"))

    house.owner.patch("/metrics/slow", {"direction": "increase"})
    house.owner.delete("/metrics/slow")

    assert house.owner.shown(f"/experiments/{experiment['id']}")["analysis_plan"] == experiment["analysis_plan"]
    refused = change(house, experiment, a_plan("slow"))
    assert problem(refused) == (400, "analysis_plan_invalid")
    assert refused.json()["message"] == "Analysis plan cannot be followed. metrics: there is no metric slow."


def test_an_experiment_without_a_plan_looks_as_it_always_did(house: House) -> None:
    bare = house.owner.experiment(house.owner.flag())

    assert "analysis_plan" not in bare
    assert "analysis_plan" not in bare["editable_fields"]


def test_an_experiment_without_a_plan_is_judged_by_its_flow_s(house: House) -> None:
    experiment = house.owner.experiment(house.owner.flag(), authentication_flow="mfa_challenge")

    shown = plan_shown(house, experiment)

    assert shown["is_default"] is True
    assert shown["changes"] == []
    assert {"plan_at_start", "plan_changed_at"}.isdisjoint(shown)
    assert [(metric["name"], metric["role"]) for metric in shown["analysis_plan"]["metrics"]] == [
        (metric.name, metric.role) for metric in default_plan("mfa_challenge").metrics
    ]


@pytest.mark.parametrize("status", ["draft", "active", "paused", "completed"])
def test_a_plan_can_be_made_changed_and_taken_away_until_the_experiment_is_archived(house: House, status: str) -> None:
    experiment = house.owner.experiment(house.owner.flag())
    house.owner.move(experiment["id"], *{"draft": [], "active": ["active"]}.get(status, ["active", status]))

    made = change(house, experiment, a_plan()).json()
    changed = change(house, experiment, a_plan(alpha=0.1)).json()
    gone = change(house, experiment, None).json()

    assert made["status"] == status
    assert made["analysis_plan"]["alpha"] == 0.05
    assert made["editable_fields"][-1] == "analysis_plan"
    assert changed["analysis_plan"]["alpha"] == 0.1
    assert "analysis_plan" not in gone


def test_an_archived_experiment_keeps_its_plan(house: House) -> None:
    experiment = planned(house)
    house.owner.move(experiment["id"], "archived")

    refused = change(house, experiment, None)

    assert problem(refused) == (400, "experiment_field_not_editable")
    assert house.owner.shown(f"/experiments/{experiment['id']}")["analysis_plan"] == experiment["analysis_plan"]


def test_a_change_before_the_start_is_none(house: House) -> None:
    experiment = planned(house)
    change(house, experiment, a_plan(alpha=0.1))
    assert history(house, experiment) == PlanHistory(None, ())

    activated = change(house, experiment, a_plan(alpha=0.02), status="active")

    found = history(house, experiment)
    assert activated.json()["status"] == "active"
    assert found.at_start is not None
    assert found.at_start.alpha == 0.02
    assert found.changed_at is None
    assert {"plan_at_start", "plan_changed_at"}.isdisjoint(plan_shown(house, experiment))


def test_a_change_after_the_start_is_taken_and_shown(house: House) -> None:
    experiment = planned(house)
    house.owner.move(experiment["id"], "active")

    change(house, experiment, a_plan(alpha=0.1))
    house.owner.patch(f"/experiments/{experiment['id']}", {"description": "Of something else."})
    house.owner.move(experiment["id"], "paused", "active")
    change(house, experiment, None)

    shown, found = plan_shown(house, experiment), history(house, experiment)
    assert shown["is_default"] is True
    assert shown["plan_at_start"] == experiment["analysis_plan"]
    assert [change["actor"] for change in shown["changes"]] == [found.changes[0].actor] * 2
    assert shown["plan_changed_at"] == shown["changes"][1]["at"] > shown["changes"][0]["at"]
    assert found.changes[0].revision < found.changes[1].revision
    assert (
        house.owner.shown(f"/experiments/{experiment['id']}/results")["analysis_plan"]["changed_at"]
        == shown["plan_changed_at"]
    )


def test_a_plan_that_comes_after_the_start_replaces_the_flow_s(house: House) -> None:
    experiment = house.owner.experiment(house.owner.flag())
    house.owner.move(experiment["id"], "active")

    change(house, experiment, a_plan())

    assert history(house, experiment).at_start == default_plan("authentication")
    assert "plan_changed_at" in plan_shown(house, experiment)


def test_a_plan_taken_back_was_changed_all_the_same(house: House) -> None:
    experiment = planned(house)
    house.owner.move(experiment["id"], "active")

    change(house, experiment, a_plan(alpha=0.1))
    change(house, experiment, a_plan())

    assert len(history(house, experiment).changes) == 2


def test_every_fault_of_a_plan_is_told(house: House) -> None:
    plan = a_plan("nothing", DECISION, WHOLE | {"margin": 2}, alpha=1, planned_units=0, cluster="browser")
    flag = house.owner.flag()
    body = {"name": "First", "feature_flag_id": flag.id, "authentication_flow": "all", "analysis_plan": plan}

    refused = house.owner.post("/experiments", body)

    assert problem(refused) == (400, "analysis_plan_invalid")
    assert refused.json()["message"] == (
        "Analysis plan cannot be followed. metrics: there is no metric nothing. metrics: sign_in_success is there twice."
        " metrics.slow.margin: a share between 0 and 1, both excluded. alpha: 0.001 to 0.2."
        " planned_units: 1 to 10,000,000,000. cluster: one of organization_id, connection, client_id."
    )


@pytest.mark.parametrize(
    ("plan", "is_taken"),
    [
        (a_plan(*[metric.name for metric in CATALOGUE if metric.name != "sign_in_success"]), True),
        (a_plan(*[WHOLE | {"name": f"m_{i}"} for i in range(limits.PLAN_METRICS_MAX - 1)]), True),
        (a_plan(*[WHOLE | {"name": f"m_{i}"} for i in range(limits.PLAN_METRICS_MAX)]), False),
        ({"metrics": ["sign_in_success"]}, False),
        ({"metrics": []}, False),
        (a_plan({"name": "sign_up", "role": "guardrail"}), True),
        (a_plan(WHOLE | {"role": "guardrail"}), False),
        (a_plan(looking="fixed", planned_units=1), True),
        (a_plan(looking="fixed"), False),
        (a_plan(alpha=0.001), True),
        (a_plan(alpha=0.0001), False),
        (a_plan(minimum_effect=10), True),
        (a_plan(minimum_effect=10.01), False),
        (a_plan(ramp={"hours": 2160, "units": 0}), True),
        (a_plan(ramp={"hours": 2161, "units": 0}), False),
    ],
)
def test_a_plan_is_taken_at_its_limits_and_not_past_them(house: House, plan: Json, *, is_taken: bool) -> None:
    flag = house.owner.flag()
    body = {
        "name": "First",
        "feature_flag_id": flag.id,
        "authentication_flow": "all",
        "levels": [10, 100],
        "analysis_plan": plan,
    }

    reply = house.owner.post("/experiments", body)

    assert reply.status_code == (201 if is_taken else 400)
    if not is_taken:
        assert problem(reply) == (400, "analysis_plan_invalid")


@pytest.mark.parametrize(
    ("plan", "what"),
    [
        ({}, "'Missing required property' on property analysis_plan.metrics."),
        ("sign_in_success", "'Expected type object' on property analysis_plan."),
        ({"metrics": [1]}, "'Expected type object' on property analysis_plan.metrics[0]."),
        ({"metrics": [{"role": "decision"}]}, "on property analysis_plan.metrics[0].name."),
        ({"metrics": [{"name": "a", "cap": 5}]}, "a whole one lacks aggregation, events, direction'"),
        (
            {"metrics": [without(WHOLE, "direction")]},
            "a whole one lacks direction' on property analysis_plan.metrics[0].",
        ),
        ({"metrics": [DECISION | {"role": "main"}]}, "on property analysis_plan.metrics[0].role."),
        ({"metrics": [WHOLE | {"events": {}}]}, "on property analysis_plan.metrics[0].events.types."),
        (a_plan(looking="bayesian"), "on property analysis_plan.looking."),
        (a_plan(planned_units=1.5), "on property analysis_plan.planned_units."),
        (a_plan(ramp={"hours": 1}), "'Missing required property' on property analysis_plan.ramp.units."),
        (a_plan(power=0.8), "'Additional properties not allowed' on property analysis_plan.power."),
    ],
)
def test_a_plan_has_the_types_that_the_document_says(house: House, plan: Any, what: str) -> None:
    experiment = house.owner.experiment(house.owner.flag())

    refused = change(house, experiment, plan)

    assert problem(refused) == (400, "invalid_body")
    assert what in refused.json()["message"]


def test_a_ramp_that_is_not_there_can_not_be_advanced(house: House) -> None:
    plan = a_plan(ramp={"hours": 1, "units": 10})
    bare, ramped = (
        house.owner.experiment(house.owner.flag()),
        house.owner.experiment(house.owner.flag("Another"), "Ramped", analysis_plan=plan, levels=[10, 100]),
    )

    refused = [change(house, bare, plan), house.owner.patch(f"/experiments/{ramped['id']}", {"levels": []})]

    for reply in refused:
        assert problem(reply) == (400, "analysis_plan_invalid")
        assert "ramp: the experiment has no levels to go through." in reply.json()["message"]


def test_a_plan_of_no_experiment_is_not_there(house: House) -> None:
    assert problem(house.owner.get(f"/experiments/{absent('exp')}/analysis-plan")) == (404, "experiment_not_found")


def test_who_decides_is_not_told_how_it_is_judged(house: House) -> None:
    experiment = planned(house)
    house.owner.move(experiment["id"], "active")

    (exported,) = next(s for s in house.catalog.states() if s.tenant.id == house.tenant.id).configuration.experiments

    assert exported.id == experiment["id"]
    assert exported.analysis_plan is None


def test_the_beta_generation_has_no_plans(new_house: NewHouse) -> None:
    beta = new_house(generation=Generation.BETA)
    flag = beta.owner.flag()
    body = {"name": "First", "feature_flag_id": flag.id, "authentication_flow": "all"}

    refused = beta.owner.post("/experiments", body | {"analysis_plan": a_plan()})

    assert problem(refused) == (400, "invalid_body")
    assert "'Additional properties not allowed' on property analysis_plan." in refused.json()["message"]
    assert "analysis_plan" not in beta.owner.made("/experiments", body)
