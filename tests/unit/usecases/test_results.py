"""Results of an experiment: a real store in memory, and events that are counted by walking through them."""

from dataclasses import replace

import pytest

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.results import ComparisonResult, Decision, Judgement, NoteCode, Results
from signpost.analysis.sample_ratio import SampleRatio
from signpost.assignment.slots import ranges_for
from signpost.model.errors import NotFoundError
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.testing.builders import an_experiment
from tests.unit.usecases.house import HALVES, MAGIC_LINK, PASSKEY, PASSWORD, House, running


def results_of(*lives: Experiment, cells: dict[str, tuple[int, int]]) -> Results:
    """Store one experiment in each state of its life, expose units in the last, and return its results."""
    house = House(*lives)
    for variation_id, counts in cells.items():
        house.expose(variation_id, *counts)
    return house.results()


def comparison_in(results: Results) -> ComparisonResult:
    return results.metrics[0].comparisons[0]


def code_of(answer: object) -> MissingCode | None:
    return answer.code if isinstance(answer, Missing) else None


def notes_of(results: Results) -> list[NoteCode]:
    return [note.code for note in results.notes if note.code is not NoteCode.NO_PLAN]


def test_a_result_tells_each_variation_and_its_difference_to_the_control() -> None:
    house = House(HALVES)
    house.expose(PASSKEY, 2_010, 1_760)
    house.expose(PASSWORD, 1_990, 1_590)
    house.expose(PASSKEY, 2, 2, is_forced=True)

    found = house.results()

    control, treatment = found.variations
    assert [(v.name, v.is_control, v.units) for v in found.variations] == [
        ("Password", True, 1_990),
        ("Passkey", False, 2_010),
    ]
    assert (control.planned_ratio, treatment.planned_ratio) == (0.5, 0.5)
    assert [arm.total for arm in found.metrics[0].arms] == [1_590, 1_760]
    assert comparison_in(found).judgement is Judgement.BETTER
    assert isinstance(found.health.sample_ratio, SampleRatio)
    assert not found.health.sample_ratio.is_mismatch
    assert (found.units, treatment.forced_exposures) == (4_000, 2)
    assert found.first_exposure_at is not None
    assert notes_of(found) == []


def test_a_draft_has_an_empty_result_and_a_sentence() -> None:
    found = results_of(an_experiment(), cells={})

    assert [v.units for v in found.variations] == [0, 0]
    assert code_of(found.metrics[0].arms[1].value) is MissingCode.NO_UNITS
    assert code_of(found.health.sample_ratio) is MissingCode.NO_UNITS
    assert code_of(comparison_in(found).judgement) is MissingCode.NO_UNITS
    assert found.first_exposure_at is None
    assert notes_of(found) == [NoteCode.NOT_STARTED]
    assert found.verdict.decision is Decision.KEEP_GOING


def test_a_draft_without_a_control_says_so() -> None:
    without = an_experiment(allocations=(Allocation(PASSWORD, is_control=False), Allocation(PASSKEY, is_control=False)))

    found = results_of(without, cells={})

    assert code_of(comparison_in(found).absolute) is MissingCode.NO_CONTROL


def test_a_draft_without_allocations_is_empty() -> None:
    found = results_of(an_experiment(allocations=()), cells={})

    assert found.variations == ()


def test_an_experiment_that_nobody_met_says_so() -> None:
    found = results_of(HALVES, cells={})

    assert notes_of(found) == [NoteCode.NO_UNITS]


def test_an_experiment_that_is_not_there_has_no_result() -> None:
    house = House(replace(HALVES, id=an_experiment(9).id))

    with pytest.raises(NotFoundError):
        house.results()


def test_an_experiment_that_is_only_known_by_its_events_has_results() -> None:
    house = House(replace(HALVES, id=an_experiment(9).id))
    house.expose(PASSKEY, 1_000, 860)
    house.expose(PASSWORD, 1_000, 800)

    found = house.results()

    assert [(v.variation_id, v.name, v.is_control, v.units) for v in found.variations] == [
        (PASSWORD, None, True, 1_000),
        (PASSKEY, None, False, 1_000),
    ]
    assert code_of(found.health.sample_ratio) is MissingCode.NO_PLANNED_RATIO
    assert comparison_in(found).judgement is Judgement.BETTER


def test_nothing_is_ever_shipped_when_the_sample_ratio_is_off() -> None:
    found = results_of(HALVES, cells={PASSWORD: (2_700, 2_000), PASSKEY: (2_300, 2_100)})

    assert not isinstance(comparison_in(found).absolute, Missing)
    assert code_of(comparison_in(found).judgement) is MissingCode.SAMPLE_RATIO_MISMATCH
    assert notes_of(found)[0] is NoteCode.SAMPLE_RATIO_MISMATCH
    assert found.verdict.decision is Decision.BROKEN


def test_a_rollout_at_its_first_level_is_checked_against_the_level() -> None:
    rollout = running(None, None, levels=(10, 50), current_level=10)

    found = results_of(rollout, cells={PASSWORD: (1_802, 1_400), PASSKEY: (198, 160)})

    assert isinstance(found.health.sample_ratio, SampleRatio)
    assert not found.health.sample_ratio.is_mismatch
    assert [v.planned_ratio for v in found.variations] == [0.9, 0.1]


def test_a_ramp_is_analysed_phase_by_phase_and_not_pooled() -> None:
    house = House(running(None, None, levels=(10, 50), current_level=10))
    house.expose(PASSWORD, 900, 450)
    house.expose(PASSKEY, 100, 50)
    house.live_on(running(None, None, levels=(10, 50), current_level=50))
    house.expose(PASSWORD, 500, 450)
    house.expose(PASSKEY, 500, 450)

    found = house.results()

    absolute = comparison_in(found).absolute
    assert found.phases == 2
    assert not isinstance(absolute, Missing)
    assert absolute.value == pytest.approx(0)  # pooled, the rates are 64 and 83 %
    assert "post-stratified over 2 phases" in absolute.method
    assert isinstance(found.health.sample_ratio, SampleRatio)
    assert not found.health.sample_ratio.is_mismatch
    assert found.variations[0].planned_ratio is None
    assert NoteCode.RATIO_CHANGED in notes_of(found)


def test_a_unit_that_the_ramp_moves_counts_where_it_was_first() -> None:
    house = House(running(None, None, levels=(10, 50), current_level=10))
    house.expose(PASSWORD, 1, 0, name="moved")
    house.live_on(running(None, None, levels=(10, 50), current_level=50))
    house.expose(PASSKEY, 1, 1, name="moved")

    found = house.results()

    assert [(v.units, v.drifted_units) for v in found.variations] == [(1, 0), (0, 0)]
    assert [arm.total for arm in found.metrics[0].arms] == [0, 0]


def test_changed_weights_are_another_phase() -> None:
    before = running(900_000, 100_000)
    reweighted = replace(HALVES, slot_ranges=ranges_for(replace(HALVES, slot_ranges=before.slot_ranges)))

    found = results_of(before, reweighted, cells={PASSWORD: (500, 400), PASSKEY: (500, 400)})

    assert found.phases == 2
    assert isinstance(found.health.sample_ratio, SampleRatio)


def test_a_pause_without_new_weights_changes_nothing() -> None:
    draft = replace(HALVES, status=ExperimentStatus.DRAFT, slot_ranges=(), started_at=None)
    paused = replace(HALVES, status=ExperimentStatus.PAUSED)

    found = results_of(draft, HALVES, paused, HALVES, cells={PASSWORD: (510, 400), PASSKEY: (490, 400)})

    assert found.phases == 1
    assert isinstance(found.health.sample_ratio, SampleRatio)


def test_segments_are_described_and_not_concluded_from() -> None:
    by_segment = running(None, None, strategy=Strategy.SEGMENT)

    found = results_of(by_segment, cells={PASSWORD: (1_400, 1_000), PASSKEY: (600, 540)})

    assert not isinstance(comparison_in(found).absolute, Missing)
    assert code_of(comparison_in(found).judgement) is MissingCode.NOT_RANDOMISED
    assert code_of(found.health.sample_ratio) is MissingCode.NO_PLANNED_RATIO
    assert found.variations[1].planned_ratio is None
    assert notes_of(found) == [NoteCode.NOT_RANDOMISED]
    assert found.verdict.decision is Decision.KEEP_GOING
    assert "Segments decided who got what" in found.verdict.reasons[0]


def test_several_treatments_are_noted_and_adjusted_for() -> None:
    uneven = running(400_000, 300_000, 300_000)

    found = results_of(uneven, cells={PASSWORD: (2_000, 1_600), PASSKEY: (1_500, 1_290), MAGIC_LINK: (1_500, 1_200)})

    assert comparison_in(found).p_value != comparison_in(found).adjusted_p_value
    assert notes_of(found) == [NoteCode.SEVERAL_TREATMENTS]


def test_units_of_a_variation_without_traffic_are_an_alarm() -> None:
    found = results_of(HALVES, cells={PASSWORD: (500, 400), PASSKEY: (500, 400), MAGIC_LINK: (9, 1)})

    assert code_of(found.health.sample_ratio) is MissingCode.UNPLANNED_UNITS
    assert code_of(comparison_in(found).judgement) is MissingCode.UNPLANNED_UNITS
    assert len(found.variations) == 3
    assert notes_of(found)[0] is NoteCode.SAMPLE_RATIO_MISMATCH


def test_a_single_unit_that_drifted_is_told_in_the_singular() -> None:
    house = House(HALVES)
    house.expose(PASSWORD, 500, 400)
    house.expose(PASSKEY, 500, 400)
    house.expose(PASSWORD, 1, 0, name="both")
    house.expose(PASSKEY, 1, 0, name="both")

    found = house.results()

    assert found.notes[0].message == "1 unit was exposed to more than one variation and left out."
    assert [v.drifted_units for v in found.variations] == [1, 0]
