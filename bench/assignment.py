"""How long a decision takes in-process, as a ratio to one `hashlib.blake2b` of the same id: `python -m bench.assignment`."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from timeit import Timer

from bench.timing import compare
from signpost.assignment import Candidate, Plan, prepare
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.model.flags import Flag, FlagStatus, Origin, Parameter, ParameterType
from signpost.model.segments import Condition, Operator, Rule, Segment, SegmentStatus
from signpost.model.variations import Variation

AT = datetime(2026, 1, 1, tzinfo=UTC)
FLOW = "authentication"
UNIT = "5a8b6aae-7b62-4c65-8d89-442e4e47c53d"
CONTEXT = {
    "client_id": "tYz0fGk3Bq",
    "connection": "con_9dR2",
    "connection_type": "social",
    "organization_id": "org_k1",
    "device_type": "mobile",
    "browser": "Safari",
    "platform": "iOS",
    "country": "FR",
}
SPLIT = "two-way split"
TARGETING = "three rules, eight attributes"
MARKS = {SPLIT: "1.0", TARGETING: "1.2"}

FLAG = Flag(
    id="flg_1",
    name="sign-in",
    description=None,
    type=Origin.SELF,
    status=FlagStatus.ACTIVE,
    parameters={name: Parameter(ParameterType.STRING, "as it is") for name in ("title", "button", "layout", "hint")},
    created_at=AT,
    updated_at=AT,
)
VARIATIONS = {
    name: Variation(name, FLAG.id, name, None, {} if name == "var_a" else {"title": name}, AT, AT)
    for name in ("var_a", "var_b", "var_c", "var_d")
}


def equals(attribute: str, *values: str) -> Condition:
    return Condition(attribute, Operator.EQUALS, values)


RULES = {
    "seg_1": Rule((equals("client_id", "c3QXm0bLs1"),)),
    "seg_2": Rule((equals("device_type", "desktop"), equals("country", "de"))),
    "seg_3": Rule((equals("platform", "ios", "android"), equals("country", "fr", "be"))),
}
"""The usual kind: the first and the second fail at their first condition, the third holds."""
LONG_RULES = {
    "seg_1": Rule((equals("device_type", "desktop"), equals("browser", "chrome", "edge"), equals("country", "de"))),
    "seg_2": Rule((equals("connection_type", "enterprise"), equals("client_id", "c3QXm0bLs1"))),
    "seg_3": Rule(
        (
            equals("device_type", "mobile", "tablet"),
            equals("platform", "ios", "android"),
            equals("country", "fr", "be"),
        ),
        (equals("organization_id", "org_internal"), equals("connection", "con_test")),
    ),
}
"""Rules that name every attribute; seven conditions are asked until the third holds."""


def plan_of(strategy: Strategy, rules: Mapping[str, Rule], *allocations: Allocation) -> Plan:
    segments = {
        name: Segment(name, name, None, Origin.SELF, SegmentStatus.ACTIVE, (rule,), AT, AT)
        for name, rule in rules.items()
    }
    experiment = Experiment(
        id="exp_1",
        name="experiment",
        description=None,
        flag_id=FLAG.id,
        flow=FLOW,
        strategy=strategy,
        default_config=None,
        status=ExperimentStatus.ACTIVE,
        is_valid=True,
        allocations=allocations,
        levels=(),
        current_level=None,
        salt="7Fh2mVq9ZtXc4KdPnR8sWy",
        recipe_version=1,
        slot_ranges=(),
        flag_snapshot=None,
        started_at=AT,
        ended_at=None,
        created_at=AT,
        updated_at=AT,
    )
    prepared = prepare([Candidate(experiment, FLAG, VARIATIONS, segments)], revision=1)
    assert not prepared.warnings
    return prepared.plan


def split() -> Plan:
    return plan_of(
        Strategy.PERCENTAGE,
        {},
        Allocation("var_a", is_control=True, weight_slots=500_000),
        Allocation("var_b", is_control=False, weight_slots=500_000),
    )


def target(rules: Mapping[str, Rule]) -> Plan:
    plan = plan_of(
        Strategy.SEGMENT,
        rules,
        Allocation("var_a", is_control=True, is_fallback=True),
        Allocation("var_b", is_control=False, segment_id="seg_1", priority=1),
        Allocation("var_c", is_control=False, segment_id="seg_2", priority=2),
        Allocation("var_d", is_control=False, segment_id="seg_3", priority=3),
    )
    assert plan.decide(FLOW, UNIT, CONTEXT)[0].segment_id == "seg_3"
    return plan


def timer_of(plan: Plan, context: Mapping[str, str]) -> Timer:
    names = {"decide": plan.decide, "flow": FLOW, "unit": UNIT, "context": context}
    return Timer("decide(flow, unit, context)", globals=names)


def main() -> None:
    usual = target(RULES)
    without_country = {name: value for name, value in CONTEXT.items() if name != "country"}
    timings = compare(
        {
            "one hashlib.blake2b(id).digest()": Timer(
                "h(b).digest()", globals={"h": hashlib.blake2b, "b": UNIT.encode()}
            ),
            SPLIT: timer_of(split(), CONTEXT),
            TARGETING: timer_of(usual, CONTEXT),
            "… an attribute is missing": timer_of(usual, without_country),
            "… rules that name all attributes": timer_of(target(LONG_RULES), CONTEXT),
        }
    )
    print("A decision in-process, with a config of four keys, next to one hash of the same id")
    print(f"{'':36}{'ns':>8}{'ratio':>8}{'mark':>8}")
    for timing in timings:
        print(f"{timing.name:36}{timing.seconds * 1e9:8.0f}{timing.ratio:8.2f}{MARKS.get(timing.name, ''):>8}")


if __name__ == "__main__":
    main()
