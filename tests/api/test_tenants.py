"""Two tenants that have the same names and the same ids: neither sees, changes or blocks what the other has."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from signpost.storage.memory import MemoryStore
from signpost.storage.sql import SqlStore
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment
from signpost.testing.repeatable import SteppingClock
from tests.api.conftest import NewHouse
from tests.api.house import House

FLAG, VARIATION, SEGMENT, EXPERIMENT = a_flag(), a_variation(2, overrides={"title": "Go"}), a_segment(), an_experiment()
PATHS = {
    "flag": f"/feature-flags/{FLAG.id}",
    "variation": f"/feature-flags/{FLAG.id}/variations/{VARIATION.id}",
    "segment": f"/segments/{SEGMENT.id}",
    "experiment": f"/experiments/{EXPERIMENT.id}",
}


@pytest.fixture(params=["memory", "sqlite"])
def twins(request: pytest.FixtureRequest, tmp_path: Path, new_house: NewHouse) -> Iterator[House]:
    """A house in which both tenants have the same."""
    store: MemoryStore | SqlStore = MemoryStore(SteppingClock())
    if request.param == "sqlite":
        store = SqlStore(f"sqlite:///{tmp_path}/signpost.db", SteppingClock())
        store.migrate()
    house = new_house(store=store)
    for tenant in (house.tenant, house.other_tenant):
        with store.writing(tenant.id, "tests") as workspace:
            workspace.flags.add(FLAG)
            workspace.variations.add(a_variation(1))
            workspace.variations.add(VARIATION)
            workspace.segments.add(SEGMENT)
            workspace.experiments.add(EXPERIMENT)
    yield house
    store.close()


def test_what_one_changes_stays_as_it_was_for_the_other(twins: House) -> None:
    mine, theirs = twins.owner, twins.caller(twins.other_tenant)
    before = {path: theirs.shown(path) for path in PATHS.values()}

    for path in PATHS.values():
        assert mine.patch(path, {"name": "Changed by one"}).status_code == 200
    mine.move(EXPERIMENT.id, "active")

    assert {path: theirs.shown(path) for path in PATHS.values()} == before


def test_what_one_runs_or_deletes_is_in_nobody_elses_way(twins: House) -> None:
    mine, theirs = twins.owner, twins.caller(twins.other_tenant)

    assert mine.move(EXPERIMENT.id, "active")["status"] == "active"
    assert theirs.move(EXPERIMENT.id, "active")["status"] == "active"
    mine.move(EXPERIMENT.id, "completed", "archived")
    assert [mine.delete(PATHS[kind]).status_code for kind in ("experiment", "segment", "flag")] == [204] * 3

    assert [mine.get(path).status_code for path in PATHS.values()] == [404] * 4
    assert [theirs.get(path).status_code for path in PATHS.values()] == [200] * 4
    assert theirs.shown("/experiments")["experiments"][0]["status"] == "active"
    assert len(theirs.shown("/feature-flags")["feature_flags"]) == 1
    assert mine.shown("/feature-flags") == {"feature_flags": []}
