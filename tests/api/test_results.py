"""The results route, over a real data folder and the whole application."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from signpost.api.wire.results import ResultsReply
from signpost.bootstrap import Parts, create_app, open_parts
from signpost.config import Settings, load_settings
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS
from signpost.model.tenants import SCOPES, Tenant
from signpost.testing.builders import an_experiment
from signpost.usecases.clients import create_client
from signpost.usecases.tenants import TenantChange, create_tenant, find_tenant, resize_holdout, update_tenant
from tests.recorded import DRAFT, RUNNING, record


def path_of(experiment_id: str) -> str:
    return f"/api/v2/experimentation/experiments/{experiment_id}/results"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings({"data": tmp_path, "log_level": "error"}, {}).settings


@pytest.fixture
def parts(settings: Settings) -> Iterator[Parts]:
    """The parts over a folder with an experiment that 4,000 devices met: 80 and 85 % of them got in."""
    parts = open_parts(settings)
    record(parts, units=2_000, successes=(1_600, 1_700))
    yield parts
    parts.close()


@pytest.fixture
def client(settings: Settings, parts: Parts) -> Iterator[TestClient]:
    token = make_token(parts, find_tenant(parts.store, None))
    with TestClient(create_app(settings), headers={"authorization": f"Bearer {token}"}) as client:
        yield client


def make_token(parts: Parts, tenant: Tenant, scopes: tuple[str, ...] = SCOPES) -> str:
    credentials = create_client(parts.call(tenant, "test"), "reader", scopes)
    return parts.tokens.issue(tenant, credentials.client, scopes)


def test_results_come_with_the_method_of_every_number(client: TestClient) -> None:
    reply = client.get(path_of(RUNNING.id))

    body = reply.json()
    assert reply.status_code == 200
    assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert list(body)[:4] == ["experiment_id", "experiment_name", "status", "allocation_strategy"]
    assert (body["units"], body["first_exposure_at"]) == (4_000, "2026-01-01T00:00:00.000Z")
    assert [(v["variation_name"], v["units"]) for v in body["variations"]] == [("Password", 2_000), ("Passkey", 2_000)]
    metric = body["metrics"][0]
    control = metric["variations"][0]
    assert (metric["name"], metric["role"], control["units"], control["total"]) == (
        "sign_in_success",
        "decision",
        2_000,
        1_600,
    )
    assert control["value"]["method"] == "Wilson score interval"
    comparison = metric["comparisons"][0]
    unadjusted = "Welch's t on means over units, not adjusted (no variance to use from before)"
    sequence = f"{unadjusted}, asymptotic confidence sequence, sharpest at 5,000 units"
    assert comparison["absolute_effect"]["value"] == pytest.approx(0.05)
    assert comparison["absolute_effect"]["method"] == comparison["p_value"]["method"] == sequence
    assert comparison["relative_effect"]["method"] == f"{sequence}, of the logarithm of the ratio"
    assert comparison["judgement"] == {"value": "better"}
    assert body["health"]["sample_ratio"]["is_mismatch"] is False


def test_a_draft_has_results_that_say_why_they_are_empty(client: TestClient) -> None:
    reply = client.get(path_of(DRAFT.id))

    body = reply.json()
    assert reply.status_code == 200
    assert body["metrics"][0]["variations"][0]["value"]["missing"] == "no_units"
    assert body["health"]["sample_ratio"]["missing"] == "no_units"
    assert [note["code"] for note in body["notes"]] == ["not_started"]


@pytest.mark.parametrize("experiment_id", [RUNNING.id, DRAFT.id])
def test_the_reply_is_what_its_schema_says(client: TestClient, experiment_id: str) -> None:
    reply = client.get(path_of(experiment_id))

    ResultsReply.model_validate_json(reply.content)
    json.loads(reply.content, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


@pytest.mark.parametrize("planned_units", [10**6, 5_000, 3_000])
def test_a_plan_with_looks_on_the_way_answers_from_its_first_day_on(
    client: TestClient, parts: Parts, planned_units: int
) -> None:
    plan = AnalysisPlan((SIGN_IN_SUCCESS,), looking=Looking.GROUP_SEQUENTIAL, planned_units=planned_units)
    with parts.store.writing(find_tenant(parts.store, None).id, "test") as workspace:
        workspace.experiments.replace(replace(RUNNING, analysis_plan=plan))

    reply = client.get(path_of(RUNNING.id))

    assert reply.status_code == 200
    comparison = reply.json()["metrics"][0]["comparisons"][0]
    is_early = planned_units == 10**6
    assert ("missing" in comparison["absolute_effect"], "missing" in comparison["relative_effect"]) == (is_early,) * 2
    assert comparison["judgement"] != {"value": "better"} or not is_early


def test_the_route_is_described(client: TestClient) -> None:
    document = client.get("/openapi.json").json()

    operation = document["paths"]["/api/v2/experimentation/experiments/{id}/results"]["get"]
    assert operation["operationId"] == "getExperimentResults"
    assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/ResultsReply")


def test_an_experiment_that_is_not_there_is_not_found(client: TestClient) -> None:
    reply = client.get(path_of(an_experiment(9).id))

    assert (reply.status_code, reply.json()["errorCode"]) == (404, "experiment_not_found")


def test_an_id_that_cannot_be_is_refused(client: TestClient) -> None:
    reply = client.get(path_of("exp_0"))

    assert (reply.status_code, reply.json()["errorCode"]) == (400, "invalid_uri")


def test_the_scope_to_read_is_asked_for(settings: Settings, parts: Parts) -> None:
    token = make_token(parts, find_tenant(parts.store, None), ("update:experimentation",))

    with TestClient(create_app(settings), headers={"authorization": f"Bearer {token}"}) as client:
        reply = client.get(path_of(RUNNING.id))

    assert (reply.status_code, reply.json()["errorCode"]) == (403, "insufficient_scope")


def test_another_tenant_has_no_such_experiment(settings: Settings, parts: Parts) -> None:
    other = create_tenant(parts.store, parts.clock, parts.ids, "test", name="other", domain="other.example")
    headers = {"authorization": f"Bearer {make_token(parts, other)}", "host": "other.example"}

    with TestClient(create_app(settings), headers=headers) as client:
        reply = client.get(path_of(RUNNING.id))

    assert (reply.status_code, reply.json()["errorCode"]) == (404, "experiment_not_found")


def test_all_experiments_together_are_measured_by_the_holdout(client: TestClient, parts: Parts) -> None:
    path = "/api/v2/experimentation/holdout/results"
    missing = client.get(path)
    tenant = find_tenant(parts.store, None)
    holdout = resize_holdout(tenant, 50_000, parts.clock, parts.ids)

    update_tenant(parts.store, parts.clock, "test", tenant, TenantChange(holdout=holdout))
    shown = client.get(path)

    assert (missing.status_code, missing.json()["errorCode"]) == (404, "holdout_not_found")
    assert shown.status_code == 200
    ResultsReply.model_validate(shown.json())
    assert [(v["variation_id"], v["planned_ratio"]) for v in shown.json()["variations"]] == [
        ("holdout", 0.05),
        ("experiments", 0.95),
    ]
