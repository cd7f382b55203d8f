"""What templates and views see, and when it is recorded."""

from dataclasses import replace

import pytest

from signpost import Client, Decision
from signpost.middleware.visits import Shown
from signpost.model.holdouts import Holdout
from signpost.testing.repeatable import START
from tests.unit.client.conftest import configuration, halves


@pytest.mark.parametrize(("slots", "is_shown", "recorded"), [(0, True, 0), (1_000_000, False, 1)])
def test_who_is_held_out_is_recorded_where_it_would_meet_the_experiment(
    slots: int, is_shown: bool, recorded: int
) -> None:
    kept: list[Decision] = []
    held = replace(configuration(halves()), holdout=Holdout(slots, "H" * 22, START))
    client = Client.from_configuration(held, kept)
    experiment = Shown(lambda: client.decide("authentication", "device-1", record=False), client.record)

    assert [bool(experiment) for _ in range(2)] == [is_shown] * 2
    assert len(kept) == recorded
