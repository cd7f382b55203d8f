"""The audit trail is read by all later versions: here are rows as the first one wrote them."""

import json
from pathlib import Path

from signpost.model.errors import Kind
from signpost.storage.past import TYPES, read_past
from signpost.testing.builders import a_flag, a_segment, a_tenant, a_variation, an_experiment

DOCUMENTS = json.loads(Path(__file__).with_name("audit-0.1.json").read_text())
"""Of every kind the `after` of a row, recorded from version 0.1. Never to be changed: rows like these are kept for ever."""


def test_rows_of_the_first_version_are_read_and_what_came_later_is_as_it_was_before() -> None:
    past = read_past(7, [(Kind(kind), json.dumps(document)) for kind, document in DOCUMENTS.items()])

    (experiment,) = past.experiments.values()
    assert set(DOCUMENTS) == set(TYPES)
    assert past.tenant == a_tenant()
    assert past.flags == {a_flag().id: a_flag()}
    assert past.segments == {a_segment().id: a_segment()}
    assert past.variations == {a_variation(2).id: a_variation(2, overrides={"title": "Welcome"})}
    assert experiment == an_experiment(
        allocations=experiment.allocations,
        slot_ranges=experiment.slot_ranges,
        flag_snapshot=a_flag(),
        started_at=a_flag().created_at,
    )
    assert experiment.allocations[1].segment_snapshot == a_segment()


def test_what_a_later_version_has_lost_is_passed_over() -> None:
    tenant = DOCUMENTS["tenant"] | {"a_field_of_its_time": [1]}

    past = read_past(1, [(Kind.TENANT, json.dumps(tenant)), (Kind.CLIENT, "{}")])

    assert past.tenant == a_tenant()
