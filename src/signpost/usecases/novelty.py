"""Whether an effect wears off: the decision metrics by how long units have been exposed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from signpost.analysis.answers import Missing
from signpost.analysis.cells import Cell, Sums, sum_phases
from signpost.analysis.judging import ArmData, Setting, contrast_arms
from signpost.analysis.results import AgePoint
from signpost.model.metrics import DAY_MS, Aggregation, Metric, Role, Window
from signpost.usecases.breakdowns import Arms

AGES = ((0, 1), (1, 7), (7, 28))
"""Days since the exposure, from and to."""


def derive_ages(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """Return what is measured beside the metrics: each conversion that decides, in each age that its window reaches into.

    A unit has a value once the age is over for it, so that old and new units are not mixed.
    """
    return tuple(aged for metric in metrics for aged in _age(metric))


def follow_ages(
    arms: Arms, metrics: Sequence[Metric], metric: Metric, cells: Sequence[Cell], setting: Setting
) -> tuple[AgePoint, ...]:
    """Return each treatment's effect by age; none where ages were not measured, as sums behind those of the metrics."""
    derived = derive_ages(metrics)
    if arms.control_id is None or not cells or len(cells[0].sums) < len(metrics) + len(derived):
        return ()
    points: list[AgePoint] = []
    for place, aged in enumerate(derived, start=len(metrics)):
        if aged not in _age(metric):
            continue
        phases = sum_phases(cells, place)
        control = ArmData(phases.get(arms.control_id, {}))
        points += [_point(aged, key, control, phases, setting) for key in arms.treatment_ids]
    return tuple(points)


def _point(
    aged: Metric, key: str, control: ArmData, phases: Mapping[str, Mapping[int, Sums]], setting: Setting
) -> AgePoint:
    treatment = ArmData(phases.get(key, {}))
    found = contrast_arms(aged, control, treatment)
    return AgePoint(
        from_day=aged.window.start_ms // DAY_MS,
        to_day=(aged.window.stop_ms or 0) // DAY_MS,
        variation_id=key,
        units=control.total.n + treatment.total.n,
        absolute=found if isinstance(found, Missing) else setting.look.interval(found.absolute()),
    )


def _age(metric: Metric) -> tuple[Metric, ...]:
    if metric.role is not Role.DECISION or metric.aggregation is not Aggregation.CONVERSION or metric.window.start_ms:
        return ()
    end_ms = metric.window.stop_ms
    return tuple(
        replace(
            metric,
            name=f"{metric.name}, days {start} to {stop}",
            aggregation=Aggregation.RETENTION,
            role=Role.EXPLORATORY,
            window=Window(start * DAY_MS, stop * DAY_MS),
            covariate_days=0,
        )
        for start, stop in AGES
        if end_ms is None or stop * DAY_MS <= end_ms
    )
