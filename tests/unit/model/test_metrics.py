"""Every fault of a metric is found and said; what is at a limit is none."""

import math
from dataclasses import replace
from typing import Any

import pytest

from signpost.model import limits
from signpost.model.metrics import (
    DAY_MS,
    Aggregation,
    Direction,
    FieldCondition,
    Metric,
    Role,
    Selection,
    Window,
    find_faults,
)

CONVERSION = Metric("success", "", Aggregation.CONVERSION, Selection(("s",)), Direction.INCREASE)
SUM = replace(CONVERSION, aggregation=Aggregation.SUM, field="details.seconds")
DURATION = replace(CONVERSION, aggregation=Aggregation.DURATION)
QUANTILE = replace(CONVERSION, aggregation=Aggregation.QUANTILE, quantile=0.5)
RATIO = replace(CONVERSION, aggregation=Aggregation.RATIO, base=Selection(("f",)))
STEP = replace(RATIO, aggregation=Aggregation.FUNNEL_STEP)
RETENTION = replace(CONVERSION, aggregation=Aggregation.RETENTION, window=Window(0, DAY_MS))
LONGEST = limits.METRIC_DAYS_MAX * DAY_MS


def where(*conditions: FieldCondition) -> Selection:
    return Selection(("s",), conditions)


def conditions(number: int) -> tuple[FieldCondition, ...]:
    return tuple(FieldCondition(f"details.f{i}", ("x",)) for i in range(number))


@pytest.mark.parametrize(
    ("metric", "changes"),
    [
        (CONVERSION, {}),
        (CONVERSION, {"name": "ab"}),
        (CONVERSION, {"name": "a" * limits.METRIC_NAME_MAX}),
        (CONVERSION, {"name": "p90_of_2"}),
        (CONVERSION, {"description": "é" * limits.DESCRIPTION_MAX}),
        (CONVERSION, {"measure": "m" * limits.METRIC_NAME_MAX}),
        (CONVERSION, {"events": Selection(tuple(f"t{i}" for i in range(limits.METRIC_TYPES_MAX)))}),
        (CONVERSION, {"events": Selection(("t" * limits.NAME_MAX,))}),
        (CONVERSION, {"events": where(*conditions(limits.CONDITIONS_MAX))}),
        (CONVERSION, {"events": where(FieldCondition("a" * limits.NAME_MAX, ("x" * limits.NAME_MAX,)))}),
        (CONVERSION, {"events": where(FieldCondition("details.a-b.c_1", ("x",)))}),
        (CONVERSION, {"window": Window(LONGEST - 1, LONGEST)}),
        (CONVERSION, {"window": Window(LONGEST)}),
        (CONVERSION, {"covariate_days": limits.METRIC_DAYS_MAX}),
        (CONVERSION, {"role": Role.GUARDRAIL, "margin": 0.01}),
        (CONVERSION, {"margin": 0.999}),
        (SUM, {"cap": 1}),
        (SUM, {"cap": limits.METRIC_VALUE_MAX, "covariate_days": 1}),
        (SUM, {"cap_quantile": 0.5}),
        (DURATION, {"cap_quantile": 0.999, "base": Selection(("f",))}),
        (QUANTILE, {"quantile": 0.001}),
        (QUANTILE, {"base": Selection(("f",))}),
        (RATIO, {}),
        (STEP, {}),
        (RETENTION, {}),
        (replace(CONVERSION, aggregation=Aggregation.COUNT), {"cap": 5, "covariate_days": 3}),
    ],
)
def test_what_can_be_computed_has_no_fault(metric: Metric, changes: dict[str, Any]) -> None:
    assert find_faults(replace(metric, **changes)) == ()


@pytest.mark.parametrize(
    ("metric", "changes", "fault"),
    [
        (CONVERSION, {"name": ""}, "name: 2 to 64 lower-case letters"),
        (CONVERSION, {"name": "a"}, "name: "),
        (CONVERSION, {"name": "a" * 65}, "name: "),
        (CONVERSION, {"name": "Success"}, "name: "),
        (CONVERSION, {"name": "2nd_try"}, "name: "),
        (CONVERSION, {"name": "erfolg_ü"}, "name: "),
        (CONVERSION, {"name": "a-b"}, "name: "),
        (CONVERSION, {"description": "x" * 1025}, "description: at most 1,024 characters"),
        (CONVERSION, {"description": "a\0b"}, "description: "),
        (CONVERSION, {"measure": ""}, "measure: 1 to 64 characters"),
        (CONVERSION, {"measure": "m" * 65}, "measure: "),
        (CONVERSION, {"measure": "a\0"}, "measure: "),
        (CONVERSION, {"events": Selection(())}, "events.types: 1 to 20 log types"),
        (CONVERSION, {"events": Selection(("",))}, "events.types: "),
        (CONVERSION, {"events": Selection(("t" * 256,))}, "events.types: "),
        (CONVERSION, {"events": Selection(("s\0",))}, "events.types: "),
        (CONVERSION, {"events": Selection(tuple(f"t{i}" for i in range(21)))}, "events.types: "),
        (RATIO, {"base": Selection(())}, "base.types: "),
        (CONVERSION, {"events": where(*conditions(11))}, "events.where: at most 10 conditions."),
        (CONVERSION, {"events": where(*conditions(1), *conditions(1))}, "events.where: details.f0 is there twice."),
        (CONVERSION, {"events": where(FieldCondition("a..b", ("x",)))}, "events.where: 'a..b' is no path"),
        (CONVERSION, {"events": where(FieldCondition("", ("x",)))}, "events.where: '' is no path"),
        (CONVERSION, {"events": where(FieldCondition("a b", ("x",)))}, "events.where: 'a b' is no path"),
        (CONVERSION, {"events": where(FieldCondition("a" * 256, ("x",)))}, "events.where: "),
        (CONVERSION, {"events": where(FieldCondition("a", ()))}, "events.where.a: 1 to 20 texts"),
        (CONVERSION, {"events": where(FieldCondition("a", ("",)))}, "events.where.a: "),
        (RATIO, {"base": where(FieldCondition("a", ("x",) * 21))}, "base.where.a: "),
        (RATIO, {"base": None}, "base: a ratio needs a second selection"),
        (STEP, {"base": None}, "base: a funnel_step needs a second selection"),
        (CONVERSION, {"base": Selection(("f",))}, "base: a conversion has no second selection."),
        (SUM, {"field": None}, "field: a sum needs the field to sum."),
        (SUM, {"field": ""}, "field: '' is no path"),
        (SUM, {"field": "a."}, "field: 'a.' is no path"),
        (CONVERSION, {"field": "details.seconds"}, "field: a conversion reads none."),
        (QUANTILE, {"quantile": None}, "quantile: a quantile metric has one"),
        (DURATION, {"quantile": 0.5}, "quantile: a quantile metric has one"),
        (QUANTILE, {"quantile": 0.0}, "quantile: between 0 and 1"),
        (QUANTILE, {"quantile": 1.0}, "quantile: between 0 and 1"),
        (QUANTILE, {"quantile": math.nan}, "quantile: between 0 and 1"),
        (RETENTION, {"window": Window()}, "window: retention needs an end"),
        (CONVERSION, {"window": Window(-1)}, "window: begins 0 to 400 days"),
        (CONVERSION, {"window": Window(LONGEST + 1)}, "window: begins 0 to 400 days"),
        (CONVERSION, {"window": Window(5, 5)}, "window: ends after it begins"),
        (CONVERSION, {"window": Window(0, LONGEST + 1)}, "window: ends after it begins, within 400 days"),
        (CONVERSION, {"cap": 3}, "cap: a conversion has none."),
        (QUANTILE, {"cap_quantile": 0.9}, "cap: a quantile has none."),
        (SUM, {"cap": 3, "cap_quantile": 0.9}, "cap: a number or a quantile, not both."),
        (SUM, {"cap": 0}, "cap: 1 to 1,000,000,000,000."),
        (SUM, {"cap": 10**12 + 1}, "cap: 1 to 1,000,000,000,000."),
        (SUM, {"cap_quantile": 0.499}, "cap_quantile: at least 0.5"),
        (SUM, {"cap_quantile": 1.0}, "cap_quantile: at least 0.5"),
        (DURATION, {"covariate_days": 1}, "covariate_days: a duration has no covariate."),
        (CONVERSION, {"covariate_days": -1}, "covariate_days: 0 to 400."),
        (CONVERSION, {"covariate_days": 401}, "covariate_days: 0 to 400."),
        (CONVERSION, {"role": Role.GUARDRAIL}, "margin: a guardrail needs one"),
        (CONVERSION, {"margin": 0.0}, "margin: a share between 0 and 1"),
        (CONVERSION, {"margin": 1.0}, "margin: a share between 0 and 1"),
        (CONVERSION, {"margin": math.inf}, "margin: a share between 0 and 1"),
    ],
)
def test_a_fault_is_said_with_its_field(metric: Metric, changes: dict[str, Any], fault: str) -> None:
    (found,) = find_faults(replace(metric, **changes))

    assert found.startswith(fault)
    assert found.endswith(".")


def test_all_faults_are_said_at_once() -> None:
    broken = replace(CONVERSION, name="A", events=Selection(()), field="x", margin=2.0)

    assert [fault.partition(":")[0] for fault in find_faults(broken)] == ["name", "events.types", "field", "margin"]
