"""Metrics over HTTP: what comes built in, and a tenant's own."""

from typing import Any

import pytest

from signpost.events.memory import MemoryEvents
from signpost.model import limits
from signpost.model.metric_catalogue import CATALOGUE
from signpost.ports.events import Event
from signpost.ports.measurements import Measurement, MeasurementUnavailableError, Question
from signpost.testing.events_contract import an_attribution, an_exposure, keep
from tests.api.conftest import NewHouse
from tests.api.house import House, Json, absent, problem

DAY_MS = 86_400_000


def a_body(**fields: Any) -> Json:
    body: Json = {
        "name": "slow_sign_ins",
        "aggregation": "conversion",
        "events": {"types": ["s"], "where": {"details.speed": ["slow"]}},
        "direction": "decrease",
    }
    return body | fields


def test_a_metric_is_shown_as_it_was_made(house: House) -> None:
    body = a_body(
        description="How slow.",
        aggregation="ratio",
        base={"types": ["s"]},
        role="guardrail",
        measure="attempts",
        window={"start_ms": 1, "stop_ms": DAY_MS},
        margin=0.05,
        covariate_days=0,
    )

    made = house.owner.made("/metrics", body)

    assert {field: made[field] for field in body} == body
    assert made["is_built_in"] is False
    assert made["created_at"] == made["updated_at"]
    assert house.owner.shown("/metrics/slow_sign_ins") == made
    assert house.owner.shown("/metrics")["metrics"][-1] == made


def test_what_is_left_out_is_what_a_metric_has_by_itself(house: House) -> None:
    made = house.owner.made("/metrics", a_body())

    assert list(made) == [
        *("name", "aggregation", "events", "direction", "role", "window", "covariate_days"),
        *("is_built_in", "created_at", "updated_at"),
    ]
    assert (made["role"], made["window"], made["covariate_days"]) == ("exploratory", {"start_ms": 0}, 0)


def test_the_catalogue_is_there_first(house: House) -> None:
    house.owner.made("/metrics", a_body())

    listed = house.owner.shown("/metrics")["metrics"]

    assert [metric["name"] for metric in listed] == [*(metric.name for metric in CATALOGUE), "slow_sign_ins"]
    assert [metric["is_built_in"] for metric in listed] == [True] * len(CATALOGUE) + [False]
    assert house.owner.shown("/metrics/lockouts") in listed
    assert "created_at" not in listed[0]


def test_what_comes_built_in_can_be_copied_under_another_name(house: House) -> None:
    for known in house.owner.shown("/metrics")["metrics"]:
        del known["is_built_in"]

        made = house.owner.made("/metrics", known | {"name": f"my_{known['name']}"})

        assert made.items() >= (known | {"name": f"my_{known['name']}"}).items()


def test_a_patch_changes_what_it_names_and_null_clears(house: House) -> None:
    made = house.owner.made("/metrics", a_body(margin=0.1, measure="s", window={"stop_ms": 5}))

    changed = house.owner.patch(
        "/metrics/slow_sign_ins",
        {"margin": 0.2, "measure": None, "window": {}, "name": "slow", "direction": "increase"},
    )

    assert changed.status_code == 200, changed.text
    shown = changed.json()
    assert shown["updated_at"] > made["updated_at"]
    expected = {"name": "slow", "margin": 0.2, "direction": "increase", "window": {"start_ms": 0}}
    assert shown == {k: v for k, v in made.items() if k != "measure"} | expected | {"updated_at": shown["updated_at"]}
    assert problem(house.owner.get("/metrics/slow_sign_ins")) == (404, "metric_not_found")
    assert house.owner.shown("/metrics/slow") == shown


def test_a_patch_that_changes_nothing_leaves_the_time_alone(house: House) -> None:
    made = house.owner.made("/metrics", a_body())

    same = house.owner.patch("/metrics/slow_sign_ins", {"direction": "decrease"})

    assert same.json() == made


def test_a_deleted_metric_is_gone_and_deleting_it_again_is_no_fault(house: House) -> None:
    house.owner.made("/metrics", a_body())

    assert [house.owner.delete("/metrics/slow_sign_ins").status_code for _ in range(2)] == [204, 204]
    assert problem(house.owner.get("/metrics/slow_sign_ins")) == (404, "metric_not_found")
    assert problem(house.owner.patch("/metrics/slow_sign_ins", {"margin": 0.1})) == (404, "metric_not_found")


def test_a_name_is_one_metric_s(house: House) -> None:
    house.owner.made("/metrics", a_body())
    house.owner.made("/metrics", a_body(name="other"))

    again = house.owner.post("/metrics", a_body())
    renamed = house.owner.patch("/metrics/other", {"name": "slow_sign_ins"})

    assert problem(again) == problem(renamed) == (409, "metric_exists")
    assert again.json()["message"] == "A metric with this name already exists."


def test_what_comes_built_in_keeps_its_name_and_stays_as_it_is(house: House) -> None:
    house.owner.made("/metrics", a_body())

    assert problem(house.owner.post("/metrics", a_body(name="lockouts"))) == (409, "metric_exists")
    assert problem(house.owner.patch("/metrics/slow_sign_ins", {"name": "lockouts"})) == (409, "metric_exists")
    assert problem(house.owner.patch("/metrics/lockouts", {"margin": 0.5})) == (403, "metric_not_modifiable")
    assert problem(house.owner.delete("/metrics/lockouts")) == (403, "metric_not_modifiable")


def test_all_faults_are_told_at_once(house: House) -> None:
    refused = house.owner.post("/metrics", a_body(name="Slow", field="x", margin=1, events={"types": []}))

    assert problem(refused) == (400, "metric_invalid")
    assert refused.json()["message"] == (
        "Metric cannot be computed."
        " name: 2 to 64 lower-case letters, digits and underscores, a letter first."
        " events.types: 1 to 20 log types, none of them empty or over 255 characters."
        " field: a conversion reads none."
        " margin: a share between 0 and 1, both excluded."
    )
    assert len(house.owner.shown("/metrics")["metrics"]) == len(CATALOGUE)


def test_a_patch_that_would_break_a_metric_is_refused(house: House) -> None:
    made = house.owner.made("/metrics", a_body())

    refused = house.owner.patch("/metrics/slow_sign_ins", {"aggregation": "ratio"})

    assert problem(refused) == (400, "metric_invalid")
    assert house.owner.shown("/metrics/slow_sign_ins") == made


@pytest.mark.parametrize(
    ("body", "what"),
    [
        ({}, "'Missing required property' on property name."),
        (a_body(name=None), "'Expected type string' on property name."),
        (a_body(aggregation="mean"), "'No enum match, expected"),
        (a_body(direction="up"), "on property direction."),
        (a_body(role="main"), "on property role."),
        (a_body(events=["s"]), "'Expected type object' on property events."),
        (a_body(events={"types": "s"}), "'Expected type array' on property events.types."),
        (a_body(events={"types": ["s"], "where": {"a": "b"}}), "on property events.where.a."),
        (a_body(events={"types": ["s"], "limit": 1}), "'Additional properties not allowed' on property events.limit."),
        (a_body(margin="0.1"), "'Expected type number' on property margin."),
        (a_body(cap=1.5), "on property cap."),
        (a_body(cap=True), "on property cap."),
        (a_body(window={"stop_ms": "1d"}), "'Expected type integer' on property window.stop_ms."),
        (a_body(window=None), "on property window."),
        (a_body(is_built_in=True), "'Additional properties not allowed' on property is_built_in."),
    ],
)
def test_a_body_has_the_types_that_the_document_says(house: House, body: Json, what: str) -> None:
    refused = house.owner.post("/metrics", body)

    assert problem(refused) == (400, "invalid_body")
    assert what in refused.json()["message"]


@pytest.mark.parametrize("body", [{}, {"name": None}, {"events": None}, {"unknown": 1}, {"covariate_days": None}])
def test_a_patch_says_something_that_can_be(house: House, body: Json) -> None:
    house.owner.made("/metrics", a_body())

    assert problem(house.owner.patch("/metrics/slow_sign_ins", body)) == (400, "invalid_body")


@pytest.mark.parametrize("name", ["a", "A_metric", "a" * 65, "x-y", "1st"])
def test_a_name_that_none_can_have_is_no_path(house: House, name: str) -> None:
    assert problem(house.owner.get(f"/metrics/{name}")) == (400, "invalid_uri")


def test_a_tenant_has_as_many_metrics_as_it_may_have(house: House) -> None:
    for number in range(limits.METRICS_MAX):
        house.owner.made("/metrics", a_body(name=f"metric_{number}"))

    refused = house.owner.post("/metrics", a_body(name="one_more"))

    assert problem(refused) == (400, "metric_limit_exceeded")
    assert refused.json()["message"] == "A tenant may have at most 200 metrics of its own."
    assert house.owner.patch("/metrics/metric_1", {"margin": 0.1}).status_code == 200
    house.owner.delete("/metrics/metric_0")
    house.owner.made("/metrics", a_body(name="one_more"))


def test_tenants_share_no_metric(house: House) -> None:
    house.owner.made("/metrics", a_body())
    stranger = house.caller(house.other_tenant)

    assert problem(stranger.get("/metrics/slow_sign_ins")) == (404, "metric_not_found")
    stranger.made("/metrics", a_body())
    stranger.delete("/metrics/slow_sign_ins")
    assert house.owner.get("/metrics/slow_sign_ins").status_code == 200


def test_a_preview_measures_and_keeps_nothing(house: House) -> None:
    experiment = house.owner.experiment(house.owner.flag())
    now_ms = int(house.clock.now().timestamp() * 1000)
    for unit in ("one", "two"):
        to = an_attribution(unit, "var_a", now_ms - 1_000, experiment_id=experiment["id"])
        keep(house.events, an_exposure(to, tenant_id=house.tenant.id))
    body = b'{"details":{"speed":"slow"}}'
    keep(house.events, Event(house.tenant.id, "s", now_ms - 500, body, None, "one"))

    found = house.owner.post("/metrics/preview", {"metric": a_body(), "experiment_id": experiment["id"]})

    assert found.status_code == 200, found.text
    shown = found.json()
    assert shown.pop("since").endswith("Z")
    assert shown == {
        "name": "slow_sign_ins",
        "experiment_id": experiment["id"],
        "units": 2,
        "units_with_events": 1,
        "units_with_value": 2,
        "value": 0.5,
        "buckets": [{"start": 0, "stop": 1, "units": 1}, {"start": 1, "stop": 2, "units": 1}],
        "has_overflown": False,
    }
    assert house.owner.post("/metrics/preview", {"metric": a_body()}).json()["units"] == 2
    assert problem(house.owner.get("/metrics/slow_sign_ins")) == (404, "metric_not_found")


def test_a_preview_is_refused_as_the_metric_would_be(house: House) -> None:
    refused = house.owner.post("/metrics/preview", {"metric": a_body(margin=1)})
    nowhere = house.owner.post("/metrics/preview", {"metric": a_body(), "experiment_id": absent("exp")})

    assert problem(refused) == (400, "metric_invalid")
    assert problem(nowhere) == (404, "experiment_not_found")
    assert problem(house.owner.post("/metrics/preview", {})) == (400, "invalid_body")


class Unreadable(MemoryEvents):
    """Events that can't be measured."""

    def measure(self, tenant_id: str, question: Question) -> Measurement:
        raise MeasurementUnavailableError("/a/path that nobody is to see")


def test_events_that_can_not_be_read_are_told_so(new_house: NewHouse) -> None:
    refused = new_house(events=Unreadable).owner.post("/metrics/preview", {"metric": a_body()})

    assert problem(refused) == (503, "events_unavailable")
    assert "path" not in refused.json()["message"]
    assert refused.headers["retry-after"] == "5"
