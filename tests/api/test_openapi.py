"""The OpenAPI document says what is served, and the page shows it without a network."""

import re
from html.parser import HTMLParser
from typing import Any

import jsonschema_rs
import pytest

from signpost.api.examples import EXAMPLES
from signpost.api.wire import (
    actions,
    branding,
    clients,
    experiments,
    flags,
    log_streams,
    metric_previews,
    metrics,
    segments,
    variations,
)
from tests.api.house import BASE, House
from tests.api.test_admission import ROUTES

BODIES = {
    name: getattr(module, name)
    for module in (
        actions,
        branding,
        clients,
        experiments,
        flags,
        log_streams,
        metric_previews,
        metrics,
        segments,
        variations,
    )
    for name in EXAMPLES
    if hasattr(module, name) and "Reply" not in name and "List" not in name
}


@pytest.fixture
def document(house: House) -> dict[str, Any]:
    """The document."""
    reply = house.client.get("/openapi.json")
    assert reply.status_code == 200
    found: dict[str, Any] = reply.json()
    return found


def _operations(document: dict[str, Any]) -> dict[tuple[str, str], dict[str, Any]]:
    return {
        (method.upper(), path): operation
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    }


def test_every_operation_of_the_contract_is_there_with_its_scope(document: dict[str, Any]) -> None:
    served = {(method, path): operation["security"] for (method, path), operation in _operations(document).items()}
    wanted = {}
    for method, path, scope in ROUTES:
        full = path if path.startswith("/api") else f"{BASE}{path}"
        full = re.sub(
            r"var_1+", "{vid}", re.sub(r"(?:act|cli|exp|flg|lst|seg)_1+|(?<=logs/)1|(?<=users/)1", "{id}", full)
        )
        full = full.replace("metrics/nothing", "metrics/{name}")
        wanted[method, full] = [{"bearer": [scope]}]

    assert document["openapi"].startswith("3.1")
    assert served == wanted


def test_operations_have_names_of_their_own_and_what_they_can_answer(document: dict[str, Any]) -> None:
    operations = _operations(document).values()

    assert len({operation["operationId"] for operation in operations}) == len(operations)
    for operation in operations:
        errors = {s: reply for s, reply in operation["responses"].items() if int(s) >= 400}
        assert {"400", "401", "403", "413", "429", "500", "503"} <= set(errors)
        for reply in errors.values():
            assert reply["content"]["application/json"]["schema"]["$ref"].endswith("/ErrorReply")
        for reply in operation["responses"].values():
            assert {"X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset"} <= set(reply["headers"])


def test_placeholders_of_the_code_are_no_defaults(document: dict[str, Any]) -> None:
    for schema in document["components"]["schemas"].values():
        assert all("default" not in field for field in schema.get("properties", {}).values())


def test_nothing_of_the_framework_shows(document: dict[str, Any]) -> None:
    assert "HTTPValidationError" not in str(document)


@pytest.mark.parametrize("name", EXAMPLES)
def test_every_example_fits_its_schema(document: dict[str, Any], name: str) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}

    jsonschema_rs.validate(schema, EXAMPLES[name])


@pytest.mark.parametrize("name", BODIES)
def test_every_example_of_a_body_is_taken(name: str) -> None:
    assert BODIES[name].model_validate(EXAMPLES[name])


def test_every_body_has_an_example(document: dict[str, Any]) -> None:
    used = {
        content["schema"]["$ref"].rpartition("/")[2]
        for operation in _operations(document).values()
        for content in operation.get("requestBody", {}).get("content", {}).values()
    }

    assert used == set(BODIES)


def test_replies_fit_their_schemas(house: House, document: dict[str, Any]) -> None:
    flag, segment = house.owner.flag(description="What it is"), house.owner.segment()
    allocations = [
        {"variation_id": flag.bold, "is_control": False, "segment_id": segment, "priority": 1},
        {"variation_id": flag.base, "is_control": True, "is_fallback": True},
    ]
    experiment = house.owner.experiment(flag, allocation_strategy="segment", allocations=allocations)
    house.owner.move(experiment["id"], "active", "completed")
    plan = {"metrics": [{"name": "lockouts", "role": "decision"}]}
    ramp = house.owner.experiment(flag, "A ramp", levels=[10, 20], analysis_plan=plan)
    shown = {
        "FlagReply": house.owner.shown(flag.path),
        "FlagList": house.owner.shown("/feature-flags"),
        "VariationList": house.owner.shown(f"{flag.path}/variations"),
        "SegmentList": house.owner.shown("/segments?take=1"),
        "ExperimentReply": house.owner.shown(f"/experiments/{ramp['id']}"),
        "ExperimentList": house.owner.shown("/experiments?take=1"),
        "Validation": house.owner.post(f"/experiments/{ramp['id']}/validate").json(),
        "ExperimentPlanReply": house.owner.shown(f"/experiments/{experiment['id']}/analysis-plan"),
        "KnownMetricReply": house.owner.shown("/metrics/abandonment"),
        "KnownMetricList": house.owner.shown("/metrics"),
        "ErrorReply": house.owner.get("/segments/x").json(),
    }

    for name, body in shown.items():
        schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema_rs.validate(schema, body, validate_formats=True)


class _Page(HTMLParser):
    """Collects what a page refers to and whether its tags fit."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.fetched: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.ids.add(given.get("id") or "")
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag in {"script", "link", "img", "iframe"}:
            self.fetched.append(tag)


def test_the_page_shows_every_operation_and_fetches_nothing(house: House, document: dict[str, Any]) -> None:
    reply = house.client.get("/docs")
    page = _Page()
    page.feed(reply.text)

    assert reply.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert page.fetched == []
    assert {operation["operationId"] for operation in _operations(document).values()} <= page.ids
    assert all(link == "/openapi.json" or link.removeprefix("#") in page.ids for link in page.links)
