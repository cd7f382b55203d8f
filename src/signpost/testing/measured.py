"""Measurements and results for tests: counts in, what the product makes of them out."""

from collections.abc import Mapping
from dataclasses import replace

from signpost.analysis.cells import Cell, Sums
from signpost.analysis.results import Results
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.model.metric_catalogue import SIGN_IN_SUCCESS
from signpost.model.metrics import Metric, Role
from signpost.ports.measurements import Health, Measurement, Measures, Question
from signpost.testing.repeatable import START
from signpost.usecases.conclusions import Subject, conclude

SUCCESS: Metric = replace(SIGN_IN_SUCCESS, role=Role.DECISION, covariate_days=0)
ONE_LOOK = AnalysisPlan((SUCCESS,), Looking.FIXED, planned_units=1)
AS_OF_MS = 1 << 52

Counts = Mapping[str, tuple[int, int]]
"""Units and successes by variation."""


def a_measurement(
    counts: Counts, metrics: int = 1, *, drifted: int = 0, forced: int = 0, phase: int = 0
) -> Measurement:
    """Return the measurement in which every metric has these units and successes."""
    first = next(iter(counts), "var_1")
    return Measurement(
        cells=tuple(
            Cell(key, phase, 0, is_automated=False, units=units, sums=(Sums(units, x, x),) * metrics)
            for key, (units, x) in counts.items()
        ),
        health=Health({first: drifted} if drifted else {}, {first: forced} if forced else {}, 0, 60_000, 1),
        breakdowns={},
        clusters={},
        histograms={},
        caps={},
        as_of_ms=AS_OF_MS,
    )


def a_subject(plan: AnalysisPlan = ONE_LOOK, names: Mapping[str, str] | None = None) -> Subject:
    """Return an experiment with these variations, in equal shares, the control first."""
    named = names or {"var_1": "Password", "var_2": "Passkey first"}
    return Subject(
        id="exp_1111111111111111111111",
        name="Passkeys first",
        status=ExperimentStatus.ACTIVE,
        strategy=Strategy.PERCENTAGE,
        flow="authentication",
        variations=named,
        control_id=next(iter(named)),
        shares=[dict.fromkeys(named, 1)],
        plan=plan,
        has_own_plan=True,
    )


def results_of(counts: Counts, plan: AnalysisPlan = ONE_LOOK, names: Mapping[str, str] | None = None) -> Results:
    """Return what these counts show, of every metric of the plan."""
    return conclude(a_subject(plan, names), a_measurement(counts, len(plan.metrics)), START)


def count(measures: Measures, tenant_id: str, experiment_id: str) -> dict[str, tuple[int, int]]:
    """Return units and successes by variation, as they are kept."""
    measured = measures.measure(tenant_id, Question(experiment_id, (SUCCESS,), AS_OF_MS))
    counts: dict[str, tuple[int, int]] = {}
    for cell in measured.cells:
        units, successes = counts.get(cell.variation_id, (0, 0))
        counts[cell.variation_id] = units + cell.units, successes + cell.sums[0].x
    return counts
