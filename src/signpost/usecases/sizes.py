"""Sizes: how many units a comparison takes, what so many units find, and how many days that is, for each way of looking."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from signpost.analysis.planning import Design, find_effect, find_units
from signpost.model.analysis_plans import Looking
from signpost.model.metrics import Metric
from signpost.ports.measurements import Measures, Question
from signpost.usecases.call import Call
from signpost.usecases.experiment_lives import find_experiment
from signpost.usecases.results import to_ms

DAYS = (7, 14, 28)


@dataclass(frozen=True, slots=True)
class Traffic:
    """What is known of a metric: its value and one unit's standard deviation, and how many new units come in a day."""

    baseline: float
    deviation: float
    daily_units: float | None


@dataclass(frozen=True, slots=True)
class Size:
    """One way of looking.

    `units` in all arms find the effect, in so many `days`; None where that is beyond reason, or the traffic is not known. `effects` are
    the least relative effects that are found after so many days.
    """

    looking: Looking
    units: int | None
    days: int | None
    effects: Sequence[tuple[int, float]]


class NoTrafficError(Exception):
    """There is nothing to plan with; the message says why."""


def measure_traffic(call: Call, measures: Measures, experiment_id: str, metric: Metric) -> Traffic:
    """Return what an experiment's units have shown until now, all variations together.

    Raises:
        NotFoundError: the tenant has no such experiment.
        NoTrafficError: it has too few units to know anything.
        MeasurementUnavailableError: the events can't be read now.
    """
    with call.reading() as tenant:
        randomised = find_experiment(tenant, experiment_id).subject
    question = Question(experiment_id, (metric,), to_ms(call.clock.now()), subject=randomised)
    measured = measures.measure(call.tenant_id, question)
    cells = [cell for cell in measured.cells if not cell.is_automated and cell.sums[0].n]
    n, x, xx = (sum(getattr(cell.sums[0], name) for cell in cells) for name in ("n", "x", "xx"))
    if n < 100 or n * xx == x * x:
        raise NoTrafficError(
            f"{n:,} units have a value of {metric.name}: too few, or all the same. Name --baseline and --daily."
        )
    days = len({cell.day_ms for cell in cells})
    units = sum(cell.units for cell in cells)
    return Traffic(x / n, math.sqrt((n * xx - x * x) / (n * (n - 1))), units / days)


def plan_sizes(traffic: Traffic, effect: float, design: Design, arms: int) -> tuple[Size, ...]:
    """Return what each way of looking takes to find a relative effect, with equal shares for so many arms."""
    sizes = []
    for looking in Looking:
        own = Design(
            baseline=traffic.baseline,
            deviation=traffic.deviation,
            looking=looking,
            alpha=design.alpha / max(1, arms - 1),
            power=design.power,
            guardrails=design.guardrails,
        )
        pair = find_units(own, effect * traffic.baseline)
        units = None if pair is None else math.ceil(pair * arms / 2)
        daily = traffic.daily_units
        sizes.append(
            Size(
                looking=looking,
                units=units,
                days=None if units is None or not daily else math.ceil(units / daily),
                effects=[(days, find_effect(own, days * daily * 2 / arms) / traffic.baseline) for days in DAYS]
                if daily
                else [],
            )
        )
    return tuple(sizes)
