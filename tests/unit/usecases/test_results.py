"""Results from cells; the store here is a stand-in that knows one experiment and its audit trail."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.comparison import Conclusion
from signpost.analysis.sample_ratio import SampleRatio
from signpost.assignment.slots import ranges_for
from signpost.model.errors import Kind, NotFoundError
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.model.variations import Variation
from signpost.ports.events import Cell, ExperimentSums
from signpost.ports.ids import IdFactory
from signpost.ports.paging import Page
from signpost.ports.store import AuditEntry, Store, Workspace
from signpost.usecases.call import Call
from signpost.usecases.result_notes import NoteCode
from signpost.usecases.results import Results, VariationResult, get_results

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
NAMES = {"var_a": "Password first", "var_b": "Passkey first", "var_c": "Passkey only"}


def make_experiment(*weights: int | None, levels: tuple[int, ...] = (), level: int | None = None) -> Experiment:
    allocations = tuple(
        Allocation(variation_id=variation_id, is_control=variation_id == "var_a", weight_slots=weight)
        for variation_id, weight in zip(NAMES, weights, strict=False)
    )
    draft = Experiment(
        id="exp_1111111111111111111111",
        name="Passkeys first",
        description=None,
        flag_id="flg_1111111111111111111111",
        flow="authentication",
        strategy=Strategy.PERCENTAGE,
        default_config=None,
        status=ExperimentStatus.ACTIVE,
        is_valid=True,
        allocations=allocations,
        levels=levels,
        current_level=level,
        salt="1111111111111111111111",
        recipe_version=1,
        slot_ranges=(),
        flag_snapshot=None,
        started_at=NOW,
        ended_at=None,
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(draft, slot_ranges=ranges_for(draft))


@dataclass(frozen=True)
class StandIn:
    """A store with one experiment, the cells of its events, and its audit trail."""

    experiment: Experiment
    sums: ExperimentSums
    trail: tuple[AuditEntry, ...] = ()

    def results(self) -> Results:
        clock = SimpleNamespace(now=lambda: NOW)
        call = Call(cast("Store", self), clock, cast("IdFactory", None), tenant_id="tnt_1", actor="test")
        return get_results(call, self, self.experiment.id)

    @contextmanager
    def reading(self, tenant_id: str) -> Iterator[Workspace]:
        assert tenant_id == "tnt_1"
        rows = SimpleNamespace(
            get=lambda key: self.experiment if key == self.experiment.id else None,
            get_many=self._get_many,
            of_flag=lambda _: tuple(self._get_many(NAMES).values()),
            list=lambda _: Page(self.trail, None),
        )
        nothing = SimpleNamespace(get_many=lambda _: {})
        yield cast(
            "Workspace",
            SimpleNamespace(experiments=rows, variations=rows, flags=nothing, segments=nothing, audit=rows),
        )

    def sum_experiment(self, tenant_id: str, experiment_id: str) -> ExperimentSums:
        assert (tenant_id, experiment_id) == ("tnt_1", self.experiment.id)
        return self.sums

    def _get_many(self, keys: Collection[str]) -> Mapping[str, Variation]:
        return {key: Variation(key, "flg_1", NAMES[key], None, {}, NOW, NOW) for key in keys}


def sums(*cells: Cell, drifted_units: int = 0, forced_exposures: int = 0) -> ExperimentSums:
    first_ms = round(NOW.timestamp() * 1000)
    return ExperimentSums(cells, drifted_units, forced_exposures, first_ms, first_ms + 60_000)


def audit(experiment: Experiment, at: datetime = NOW) -> AuditEntry:
    ranges = [[piece.start, piece.stop, piece.variation_id] for piece in experiment.slot_ranges]
    return AuditEntry(at, "client", "update", Kind.EXPERIMENT, experiment.id, {}, {"slot_ranges": ranges}, revision=1)


def treatment_of(results: Results) -> VariationResult:
    return results.variations[1]


def code_of(answer: Any) -> MissingCode | None:
    return answer.code if isinstance(answer, Missing) else None


HALVES = make_experiment(500_000, 500_000)


def test_a_result_tells_each_variation_and_its_difference_to_the_control() -> None:
    found = StandIn(
        HALVES, sums(Cell("var_b", 5_010, 4_160), Cell("var_a", 4_990, 3_990), forced_exposures=2)
    ).results()

    control, treatment = found.variations
    assert (control.name, control.is_control, control.units, control.comparison) == (
        "Password first",
        True,
        4_990,
        None,
    )
    assert (treatment.name, treatment.units, treatment.successes) == ("Passkey first", 5_010, 4_160)
    assert (control.planned_ratio, treatment.planned_ratio) == (0.5, 0.5)
    assert treatment.comparison is not None
    assert treatment.comparison.conclusion is Conclusion.HIGHER
    assert isinstance(found.sample_ratio, SampleRatio)
    assert not found.sample_ratio.is_mismatch
    assert (found.units, found.forced_exposures) == (10_000, 2)
    assert (found.first_exposure_at, found.last_exposure_at) == (NOW, NOW + timedelta(minutes=1))
    assert [note.code for note in found.notes] == [NoteCode.ONE_LOOK]


def test_a_draft_has_an_empty_result_and_a_sentence() -> None:
    draft = replace(HALVES, status=ExperimentStatus.DRAFT, slot_ranges=(), started_at=None)

    found = StandIn(draft, ExperimentSums((), 0, 0, None, None)).results()

    assert [v.units for v in found.variations] == [0, 0]
    assert code_of(treatment_of(found).success_rate) is MissingCode.NO_UNITS
    assert code_of(found.sample_ratio) is MissingCode.NO_UNITS
    assert [note.code for note in found.notes] == [NoteCode.NOT_STARTED]


def test_an_experiment_that_is_not_there_has_no_result() -> None:
    stand_in = StandIn(HALVES, sums())
    call = Call(cast("Store", stand_in), SimpleNamespace(now=lambda: NOW), cast("IdFactory", None), "tnt_1", "test")

    with pytest.raises(NotFoundError):
        get_results(call, stand_in, "exp_2222222222222222222222")


def test_no_conclusion_is_drawn_when_the_sample_ratio_is_off() -> None:
    found = StandIn(HALVES, sums(Cell("var_a", 5_400, 4_320), Cell("var_b", 4_600, 3_900))).results()

    comparison = treatment_of(found).comparison
    assert comparison is not None
    assert not isinstance(comparison.absolute, Missing)
    assert code_of(comparison.conclusion) is MissingCode.SAMPLE_RATIO_MISMATCH
    assert found.notes[0].code is NoteCode.SAMPLE_RATIO_MISMATCH


def test_nothing_is_compared_after_a_rollout_was_raised() -> None:
    rollout = make_experiment(None, None, levels=(10, 50), level=50)

    found = StandIn(
        rollout, sums(Cell("var_a", 9_000, 7_000), Cell("var_b", 5_000, 4_300), drifted_units=800)
    ).results()

    comparison = treatment_of(found).comparison
    assert comparison is not None
    assert code_of(comparison.absolute) is MissingCode.RATIO_CHANGED
    assert code_of(found.sample_ratio) is MissingCode.RATIO_CHANGED
    assert not isinstance(treatment_of(found).success_rate, Missing)
    assert [note.code for note in found.notes] == [NoteCode.RATIO_CHANGED, NoteCode.DRIFTED_UNITS]


def test_nothing_is_compared_after_the_weights_were_changed() -> None:
    before = make_experiment(900_000, 100_000)

    found = StandIn(
        HALVES, sums(Cell("var_a", 900, 700), Cell("var_b", 500, 400)), (audit(HALVES), audit(before))
    ).results()

    assert code_of(found.sample_ratio) is MissingCode.RATIO_CHANGED


def test_a_pause_without_new_weights_changes_nothing() -> None:
    paused = replace(HALVES, status=ExperimentStatus.PAUSED)
    earlier = audit(make_experiment(900_000, 100_000), at=NOW - timedelta(hours=1))

    found = StandIn(paused, sums(Cell("var_a", 510, 400), Cell("var_b", 490, 400)), (audit(HALVES), earlier)).results()

    assert isinstance(found.sample_ratio, SampleRatio)


def test_segments_are_described_and_not_concluded_from() -> None:
    by_segment = replace(make_experiment(None, None), strategy=Strategy.SEGMENT)

    found = StandIn(by_segment, sums(Cell("var_a", 5_400, 4_320), Cell("var_b", 600, 540))).results()

    comparison = treatment_of(found).comparison
    assert comparison is not None
    assert not isinstance(comparison.absolute, Missing)
    assert code_of(comparison.conclusion) is MissingCode.NOT_RANDOMISED
    assert code_of(found.sample_ratio) is MissingCode.NO_PLANNED_RATIO
    assert treatment_of(found).planned_ratio is None


def test_several_treatments_are_noted_and_adjusted_for() -> None:
    thirds = make_experiment(400_000, 300_000, 300_000)
    cells = (Cell("var_a", 4_000, 3_200), Cell("var_b", 3_000, 2_490), Cell("var_c", 3_000, 2_400))

    found = StandIn(thirds, sums(*cells)).results()

    comparison = treatment_of(found).comparison
    assert comparison is not None
    assert comparison.p_value != comparison.adjusted_p_value
    assert [note.code for note in found.notes] == [NoteCode.SEVERAL_TREATMENTS, NoteCode.ONE_LOOK]


def test_units_of_a_variation_without_traffic_are_an_alarm() -> None:
    found = StandIn(HALVES, sums(Cell("var_a", 500, 400), Cell("var_b", 500, 400), Cell("var_c", 9, 1))).results()

    assert code_of(found.sample_ratio) is MissingCode.UNPLANNED_UNITS
    assert [v.name for v in found.variations] == ["Password first", "Passkey first", "Passkey only"]
    assert found.notes[0].code is NoteCode.SAMPLE_RATIO_MISMATCH
