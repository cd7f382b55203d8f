"""Results from cells: a real store in memory, and sums that are given."""

from dataclasses import dataclass, replace
from typing import Any

import pytest

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.comparison import Comparison, Conclusion
from signpost.analysis.sample_ratio import SampleRatio
from signpost.assignment.slots import ranges_for
from signpost.model.errors import NotFoundError
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.ports.events import Cell, ExperimentSums
from signpost.storage.memory import MemoryStore
from signpost.testing.builders import a_tenant, a_variation, an_experiment
from signpost.testing.repeatable import START, SequentialIds, SteppingClock
from signpost.usecases.call import Call
from signpost.usecases.result_notes import NoteCode
from signpost.usecases.results import Results, get_results

PASSWORD, PASSKEY, MAGIC_LINK = (a_variation(number).id for number in (1, 2, 3))
START_MS = round(START.timestamp() * 1000)


@dataclass(frozen=True)
class GivenSums:
    """Aggregates that are known beforehand."""

    sums: ExperimentSums

    def sum_experiment(self, tenant_id: str, experiment_id: str) -> ExperimentSums:
        assert (tenant_id, experiment_id) == (a_tenant().id, an_experiment().id)
        return self.sums

    def sum_holdout(self, tenant_id: str, since_ms: int) -> ExperimentSums:
        raise NotImplementedError


def running(*weights: int | None, **changes: Any) -> Experiment:
    allocations = tuple(
        Allocation(a_variation(number).id, is_control=number == 1, weight_slots=weight)
        for number, weight in enumerate(weights, start=1)
    )
    experiment = an_experiment(
        status=ExperimentStatus.ACTIVE, started_at=START, **{"allocations": allocations, **changes}
    )
    return replace(experiment, slot_ranges=experiment.slot_ranges or ranges_for(experiment))


HALVES = running(500_000, 500_000)


def results_of(
    *lives: Experiment, cells: dict[str, tuple[int, int]], drifted_units: int = 0, forced_exposures: int = 0
) -> Results:
    """Store one experiment in each state of its life, and return its results."""
    clock = SteppingClock()
    store = MemoryStore(clock)
    store.add_tenant(a_tenant(), "test")
    with store.writing(a_tenant().id, "test") as tenant:
        for number, name in enumerate(("Password", "Passkey", "Magic link"), start=1):
            tenant.variations.add(a_variation(number, name=name))
        tenant.experiments.add(lives[0])
    for later in lives[1:]:
        with store.writing(a_tenant().id, "test") as tenant:
            tenant.experiments.replace(later)
    call = Call(store, clock, SequentialIds(), a_tenant().id, "test")
    summed = tuple(Cell(variation_id, *counts) for variation_id, counts in cells.items())
    stamps = (START_MS, START_MS + 60_000) if cells else (None, None)
    return get_results(call, GivenSums(ExperimentSums(summed, drifted_units, forced_exposures, *stamps)), HALVES.id)


def comparison_in(results: Results) -> Comparison:
    comparison = results.variations[1].comparison
    assert comparison is not None
    return comparison


def code_of(answer: object) -> MissingCode | None:
    return answer.code if isinstance(answer, Missing) else None


def notes_of(results: Results) -> list[NoteCode]:
    return [note.code for note in results.notes]


def test_a_result_tells_each_variation_and_its_difference_to_the_control() -> None:
    found = results_of(HALVES, cells={PASSKEY: (5_010, 4_160), PASSWORD: (4_990, 3_990)}, forced_exposures=2)

    control, treatment = found.variations
    assert (control.name, control.is_control, control.units, control.comparison) == ("Password", True, 4_990, None)
    assert (treatment.name, treatment.units, treatment.successes) == ("Passkey", 5_010, 4_160)
    assert (control.planned_ratio, treatment.planned_ratio) == (0.5, 0.5)
    assert comparison_in(found).conclusion is Conclusion.HIGHER
    assert isinstance(found.sample_ratio, SampleRatio)
    assert not found.sample_ratio.is_mismatch
    assert (found.units, found.forced_exposures) == (10_000, 2)
    assert found.first_exposure_at == START
    assert notes_of(found) == [NoteCode.ONE_LOOK]


def test_a_draft_has_an_empty_result_and_a_sentence() -> None:
    found = results_of(an_experiment(), cells={})

    assert [v.units for v in found.variations] == [0, 0]
    assert code_of(found.variations[1].success_rate) is MissingCode.NO_UNITS
    assert code_of(found.sample_ratio) is MissingCode.NO_UNITS
    assert code_of(comparison_in(found).conclusion) is MissingCode.NO_UNITS
    assert found.first_exposure_at is None
    assert notes_of(found) == [NoteCode.NOT_STARTED]


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
    clock = SteppingClock()
    store = MemoryStore(clock)
    store.add_tenant(a_tenant(), "test")
    call = Call(store, clock, SequentialIds(), a_tenant().id, "test")

    with pytest.raises(NotFoundError):
        get_results(call, GivenSums(ExperimentSums((), 0, 0, None, None)), HALVES.id)


def test_no_conclusion_is_drawn_when_the_sample_ratio_is_off() -> None:
    found = results_of(HALVES, cells={PASSWORD: (5_400, 4_320), PASSKEY: (4_600, 3_900)})

    assert not isinstance(comparison_in(found).absolute, Missing)
    assert code_of(comparison_in(found).conclusion) is MissingCode.SAMPLE_RATIO_MISMATCH
    assert notes_of(found)[0] is NoteCode.SAMPLE_RATIO_MISMATCH


def test_a_rollout_at_its_first_level_is_checked_against_the_level() -> None:
    rollout = running(None, None, levels=(10, 50), current_level=10)

    found = results_of(rollout, cells={PASSWORD: (9_010, 7_000), PASSKEY: (990, 800)})

    assert isinstance(found.sample_ratio, SampleRatio)
    assert not found.sample_ratio.is_mismatch
    assert [v.planned_ratio for v in found.variations] == [0.9, 0.1]


def test_nothing_is_compared_after_a_rollout_was_raised() -> None:
    rollout = running(None, None, levels=(10, 50), current_level=50)

    found = results_of(rollout, cells={PASSWORD: (9_000, 7_000), PASSKEY: (5_000, 4_300)}, drifted_units=800)

    assert code_of(comparison_in(found).absolute) is MissingCode.RATIO_CHANGED
    assert code_of(found.sample_ratio) is MissingCode.RATIO_CHANGED
    assert not isinstance(found.variations[1].success_rate, Missing)
    assert notes_of(found) == [NoteCode.RATIO_CHANGED, NoteCode.DRIFTED_UNITS]


def test_nothing_is_compared_after_the_weights_were_changed() -> None:
    before = running(900_000, 100_000)
    reweighted = replace(HALVES, slot_ranges=ranges_for(replace(HALVES, slot_ranges=before.slot_ranges)))

    found = results_of(before, reweighted, cells={PASSWORD: (900, 700), PASSKEY: (500, 400)})

    assert code_of(found.sample_ratio) is MissingCode.RATIO_CHANGED


def test_a_pause_without_new_weights_changes_nothing() -> None:
    draft = replace(HALVES, status=ExperimentStatus.DRAFT, slot_ranges=(), started_at=None)
    paused = replace(HALVES, status=ExperimentStatus.PAUSED)

    found = results_of(draft, HALVES, paused, HALVES, cells={PASSWORD: (510, 400), PASSKEY: (490, 400)})

    assert isinstance(found.sample_ratio, SampleRatio)


def test_segments_are_described_and_not_concluded_from() -> None:
    by_segment = running(None, None, strategy=Strategy.SEGMENT)

    found = results_of(by_segment, cells={PASSWORD: (5_400, 4_320), PASSKEY: (600, 540)})

    assert not isinstance(comparison_in(found).absolute, Missing)
    assert code_of(comparison_in(found).conclusion) is MissingCode.NOT_RANDOMISED
    assert code_of(found.sample_ratio) is MissingCode.NO_PLANNED_RATIO
    assert found.variations[1].planned_ratio is None
    assert notes_of(found) == [NoteCode.NOT_RANDOMISED, NoteCode.ONE_LOOK]


def test_several_treatments_are_noted_and_adjusted_for() -> None:
    uneven = running(400_000, 300_000, 300_000)

    found = results_of(uneven, cells={PASSWORD: (4_000, 3_200), PASSKEY: (3_000, 2_490), MAGIC_LINK: (3_000, 2_400)})

    assert comparison_in(found).p_value != comparison_in(found).adjusted_p_value
    assert notes_of(found) == [NoteCode.SEVERAL_TREATMENTS, NoteCode.ONE_LOOK]


def test_units_of_a_variation_without_traffic_are_an_alarm() -> None:
    found = results_of(HALVES, cells={PASSWORD: (500, 400), PASSKEY: (500, 400), MAGIC_LINK: (9, 1)})

    assert code_of(found.sample_ratio) is MissingCode.UNPLANNED_UNITS
    assert code_of(comparison_in(found).conclusion) is MissingCode.UNPLANNED_UNITS
    assert [v.name for v in found.variations] == ["Password", "Passkey", "Magic link"]
    assert notes_of(found)[0] is NoteCode.SAMPLE_RATIO_MISMATCH


def test_a_single_unit_that_drifted_is_told_in_the_singular() -> None:
    found = results_of(HALVES, cells={PASSWORD: (500, 400), PASSKEY: (500, 400)}, drifted_units=1)

    assert found.notes[0].message == "1 unit was exposed to more than one variation and left out."
