"""OpenFeature's own features, through the published OFREP provider and through ours, against a real server.

`pytest -rP tests/e2e/gherkin` shows how many scenarios pass, and why each other one does not.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.e2e.conftest import StartServer
from tests.e2e.gherkin.known import IN_PROCESS, OFREP, explain
from tests.e2e.gherkin.scenarios import Scenario, read_scenarios
from tests.e2e.gherkin.steps import take
from tests.e2e.gherkin.suite_flags import add_suite_flags
from tests.e2e.gherkin.world import InProcess, OverHttp, Providers, World
from tests.suites import find_suite

GUIDE = Path(__file__).parents[3] / "docs" / "guides" / "openfeature.md"
SIZES = {"evaluation": 13, "contextMerging": 29, "hooks": 3, "metadata": 5, "evaluation_v2": 82}
"""The scenarios that each feature has, so that none is lost unnoticed."""


@pytest.fixture(scope="module")
def providers(start_server: StartServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mapping[str, Providers]]:
    flags = json.loads((find_suite("openfeature") / "test-flags.json").read_text(encoding="utf-8"))
    server = start_server()
    token = server.token()
    with server.client() as client:
        add_suite_flags(client, flags)
    folder = tmp_path_factory.mktemp("plan")
    made = {OFREP: OverHttp(server.url, token), IN_PROCESS: InProcess(server.url, token, folder)}
    yield made
    for each in made.values():
        each.close()


@pytest.mark.parametrize("provider", [OFREP, IN_PROCESS])
@pytest.mark.parametrize("feature", SIZES)
def test_every_scenario_passes_or_fails_for_a_known_reason(
    providers: Mapping[str, Providers], feature: str, provider: str
) -> None:
    scenarios = read_scenarios(find_suite("openfeature") / f"{feature}.feature")
    known = {s.name: reason for s in scenarios if (reason := explain(feature, provider, s.name)) is not None}

    problems = {s.name: problem for s in scenarios if (problem := run(s, providers[provider])) is not None}

    print(f"{feature}.feature, {provider}: {len(scenarios) - len(problems)} of {len(scenarios)} scenarios pass")
    for name in problems:
        print(f"  {name}: {known.get(name, 'NOT KNOWN')}")
    assert len(scenarios) == SIZES[feature]
    assert {name: problem for name, problem in problems.items() if name not in known} == {}
    assert known.keys() - problems.keys() == set()
    assert f"{len(scenarios) - len(problems)} of {len(scenarios)}" == told(feature, provider)


def told(feature: str, provider: str) -> str:
    """Return how many pass as the guide tells it."""
    rows = [
        line.split("|") for line in GUIDE.read_text(encoding="utf-8").splitlines() if line.startswith(f"| `{feature}`")
    ]
    (row,) = rows
    return row[(OFREP, IN_PROCESS).index(provider) + 2].strip()


def run(scenario: Scenario, providers: Providers) -> str | None:
    """Return what a scenario fails with, None if it passes."""
    world = World(providers)
    try:
        for step in scenario.steps:
            try:
                take(world, step)
            except AssertionError as error:
                return f"{step.text}: {error} {world.details}"
    finally:
        world.close()
    return None
