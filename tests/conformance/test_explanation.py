"""The steps of an explanation come to the same as the code that decides, whatever is configured and whoever asks."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signpost.assignment import Candidate, Configuration
from signpost.usecases.explanation_segments import Known
from signpost.usecases.explanation_steps import Coordinates
from signpost.usecases.recomputation import Question, recompute
from tests.conformance.loading import load_candidate
from tests.conformance.test_assignment_twin import contexts, experiments, salts, units

FOLDER = Path(__file__).parents[2] / "conformance" / "assignment" / "v1"
DECISIONS = json.loads((FOLDER / "decisions.json").read_text())
GROUPS = json.loads((FOLDER / "groups.json").read_text())
HASHES = json.loads((FOLDER / "hash.json").read_text())["vectors"]


slots = st.integers(-5, 1_000_005)
groups = st.none() | st.fixed_dictionaries(
    {
        "name": st.just("group"),
        "salt": salts | st.just("short"),
        "spans": st.lists(st.tuples(slots, slots).map(sorted), max_size=4),
    }
)


def configure(candidate: Candidate) -> Configuration:
    return Configuration(
        tenant_id="ten",
        revision=3,
        flags=(candidate.flag,) if candidate.flag else (),
        variations=tuple(candidate.variations.values()),
        segments=tuple(candidate.segments.values()),
        experiments=(candidate.experiment,),
    )


def ask(unit: object, flow: str, context: object) -> Question:
    texts = context if isinstance(context, Mapping) else {}
    known = {name: value for name, value in texts.items() if isinstance(value, str)}
    return Question(unit if isinstance(unit, str) else "", flow, Known(known, is_complete=True))


@pytest.mark.parametrize("experiment", DECISIONS["experiments"], ids=lambda experiment: experiment["id"])
def test_every_vector_can_be_explained(experiment: Mapping[str, Any]) -> None:
    configuration = configure(load_candidate(experiment))
    asked = [ask(v["unit"], v["flow"], v["context"]) for v in DECISIONS["vectors"]]

    found = [recompute(configuration, question) for question in asked]

    assert not any(recomputed.is_contradicted for recomputed in found)


def test_every_vector_of_groups_can_be_explained() -> None:
    found = [
        recompute(configure(load_candidate(experiment)), ask(a["unit"], a["flow"], a["context"]))
        for vector in GROUPS["vectors"]
        for experiment in vector["experiments"]
        for a in vector["asks"]
    ]

    assert len(found) > 100
    assert not any(recomputed.is_contradicted for recomputed in found)


@settings(max_examples=300)
@given(experiments(0), groups, units, contexts)
def test_steps_and_code_agree(
    experiment: dict[str, Any], group: dict[str, Any] | None, unit: object, context: dict[str, Any]
) -> None:
    configuration = configure(load_candidate({**experiment, "exclusion_group": group}))

    found = recompute(configuration, ask(unit, experiment["authentication_flow"], context))

    assert not found.is_contradicted
    assert found.is_told


@settings(max_examples=200)
@given(experiments(0), contexts, contexts)
def test_what_is_told_without_all_attributes_holds_with_them(
    experiment: dict[str, Any], part: dict[str, Any], rest: dict[str, Any]
) -> None:
    configuration = configure(load_candidate(experiment))
    question = ask("device-1", experiment["authentication_flow"], part)
    known = Known(question.known.attributes, is_complete=False)

    guessed = recompute(configuration, Question(question.unit, question.flow, known))
    sure = recompute(configuration, ask("device-1", experiment["authentication_flow"], {**rest, **known.attributes}))

    assert not guessed.is_contradicted
    if guessed.is_told:
        assert guessed.decision[0].variation_id == sure.decision[0].variation_id
        assert guessed.decision[0].reason == sure.decision[0].reason


@pytest.mark.parametrize("vector", HASHES)
def test_coordinates_are_those_of_the_vectors(vector: Mapping[str, Any]) -> None:
    found = Coordinates.of(vector["salt"], vector["unit"])

    assert found == Coordinates(int(vector["hash"], 16), vector["split"], vector["exposure"], vector["slot"])
