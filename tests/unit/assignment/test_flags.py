"""Flags asked by key."""

from typing import Any

from signpost.assignment import Configuration, FlagReason, Plan, Reason
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, SlotRange, Strategy
from signpost.model.flags import Flag, FlagStatus, Parameter, ParameterType
from signpost.model.limits import SLOTS
from signpost.model.segments import Condition, Operator, Rule
from signpost.testing.builders import a_flag, a_segment, a_variation, an_experiment

ON_MOBILE = a_segment(rules=(Rule((Condition("device_type", Operator.EQUALS, ("mobile",)),)),))
BASELINE = a_variation(id="base", name="as it is", overrides={})
BRAVE = a_variation(id="brave", name="brave", overrides={"value": "passkeys"})


def flag(**changes: Any) -> Flag:
    parameters = {
        "value": Parameter(ParameterType.STRING, "password"),
        "rows": Parameter(ParameterType.NUMBER, 3),
        "links": Parameter(ParameterType.ARRAY, ["help"]),
    }
    return a_flag(**{"name": "login", "status": FlagStatus.ACTIVE, "parameters": parameters} | changes)


def experiment(**changes: Any) -> Experiment:
    fields: dict[str, Any] = {
        "status": ExperimentStatus.ACTIVE,
        "allocations": (Allocation("base", is_control=True, weight_slots=0), Allocation("brave", is_control=False)),
        "slot_ranges": (SlotRange(0, SLOTS, "brave"),),
    }
    return an_experiment(**fields | changes)


def plan(*experiments: Experiment, flags: tuple[Flag, ...] | None = None) -> Plan:
    configuration = Configuration("ten", 7, flags or (flag(),), (BRAVE, BASELINE), (ON_MOBILE,), experiments)
    return configuration.prepare().plan


def test_a_flag_that_no_experiment_varies_has_its_defaults_and_the_name_of_the_baseline() -> None:
    found = plan().evaluate("login.rows", "device", {})

    assert found is not None
    assert found.decision is None
    assert (found.resolution.value, found.resolution.reason, found.resolution.variant) == (3, "STATIC", "as it is")
    assert found.resolution.metadata == {}


def test_a_bare_name_is_the_parameter_called_value_and_the_other_scalars_are_metadata() -> None:
    found = plan().evaluate("login", "device", {})

    assert found is not None
    assert found.resolution.value == "password"
    assert found.resolution.metadata == {"rows": 3}


def test_a_bare_name_without_such_a_parameter_is_an_object_of_all() -> None:
    parameters = {"rows": Parameter(ParameterType.NUMBER, 3), "wide": Parameter(ParameterType.BOOLEAN, False)}

    found = plan(flags=(flag(parameters=parameters),)).evaluate("login", "device", {})

    assert found is not None
    assert found.resolution.value == {"rows": 3, "wide": False}


def test_an_experiment_varies_its_flag_and_says_so() -> None:
    running = experiment()

    found = plan(running).evaluate("login", "device", {})

    assert found is not None
    assert (found.resolution.value, found.resolution.reason, found.resolution.variant) == ("passkeys", "SPLIT", "brave")
    assert found.resolution.metadata == {
        "experiment_id": running.id,
        "variation_id": "brave",
        "is_control": False,
        "reason": "split",
        "revision": 7,
    }
    assert found.flow == running.flow
    assert found.decision is not None


def test_an_unknown_key_is_nothing() -> None:
    assert plan().evaluate("login.columns", "device", {}) is None
    assert plan().evaluate("", "device", {}) is None


def test_a_flag_whose_name_has_a_dot_goes_before_anothers_parameter() -> None:
    named = flag(id="flg_other", name="login.rows", parameters={"value": Parameter(ParameterType.STRING, "mine")})

    found = plan(flags=(named, flag())).evaluate("login.rows", "device", {})

    assert found is not None
    assert found.resolution.value == "mine"


def test_a_flag_that_is_not_active_is_disabled() -> None:
    found = plan(flags=(flag(status=FlagStatus.ARCHIVED),)).evaluate("login", "device", {})

    assert found is not None
    assert (found.resolution.value, found.resolution.reason) == (None, FlagReason.DISABLED)


def test_the_flow_that_the_context_names_decides_which_experiment_counts() -> None:
    here = experiment(flow="authentication")
    resets = plan(here)

    named = resets.evaluate("login", "device", {"flow": "authentication"})
    elsewhere = resets.evaluate("login", "device", {"flow": "password_reset"})

    assert named is not None
    assert elsewhere is not None
    assert named.resolution.value == "passkeys"
    assert (elsewhere.resolution.value, elsewhere.resolution.reason) == ("password", "STATIC")


def test_an_experiment_in_all_flows_counts_in_any() -> None:
    found = plan(experiment(flow="all")).evaluate("login", "device", {"flow": "password_reset"})

    assert found is not None
    assert found.resolution.value == "passkeys"


def test_a_unit_outside_the_covered_share_has_the_defaults_by_split() -> None:
    allocations = (
        Allocation("base", is_control=True, weight_slots=SLOTS // 2),
        Allocation("brave", is_control=False, weight_slots=SLOTS // 2),
    )
    covered = experiment(levels=(0, 50), current_level=0, allocations=allocations)

    found = plan(covered).evaluate("login", "device", {})

    assert found is not None
    assert (found.resolution.value, found.resolution.reason) == ("password", "SPLIT")
    assert found.resolution.metadata["reason"] == Reason.NOT_EXPOSED


def test_segments_give_targeting_match_and_their_fallback_default() -> None:
    targeted = experiment(
        strategy=Strategy.SEGMENT,
        slot_ranges=(),
        allocations=(
            Allocation("brave", is_control=False, segment_id=ON_MOBILE.id, priority=1),
            Allocation("base", is_control=True, is_fallback=True),
        ),
    )

    matched = plan(targeted).evaluate("login", "device", {"device_type": "Mobile"})
    fallen_back = plan(targeted).evaluate("login", "device", {})

    assert matched is not None
    assert fallen_back is not None
    assert (matched.resolution.value, matched.resolution.reason) == ("passkeys", "TARGETING_MATCH")
    assert (fallen_back.resolution.value, fallen_back.resolution.reason) == ("password", "DEFAULT")


def test_a_broken_experiment_leaves_the_defaults() -> None:
    found = plan(experiment(slot_ranges=(SlotRange(5, 6, "brave"),))).evaluate("login", "device", {})

    assert found is not None
    assert (found.resolution.value, found.resolution.reason) == ("password", "UNKNOWN")


def test_a_unit_that_cannot_be_gets_the_defaults() -> None:
    found = plan(experiment()).evaluate("login", "", {})

    assert found is not None
    assert (found.resolution.value, found.resolution.reason) == ("password", "UNKNOWN")
