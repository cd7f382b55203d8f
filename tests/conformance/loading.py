"""From the vectors' JSON to the model, and from a decision back to JSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from signpost.assignment import Candidate, Decision, Override, Plan, Reason, prepare
from signpost.assignment.hashing import exposure_of, split_of
from signpost.model.experiments import (
    Allocation,
    DefaultConfig,
    ExclusionGroup,
    Experiment,
    ExperimentStatus,
    SlotRange,
    Span,
    Strategy,
)
from signpost.model.flags import Flag, FlagStatus, Origin, Parameter, ParameterType
from signpost.model.holdouts import Holdout
from signpost.model.segments import Condition, Operator, Rule, Segment, SegmentStatus
from signpost.model.variations import Variation

Json = Mapping[str, Any]

START = datetime(2026, 1, 1, tzinfo=UTC)
UNHASHED = {Reason.NO_EXPERIMENT, Reason.BAD_UNIT, Reason.BROKEN}


def load_plan(experiments: Sequence[Json], revision: int, holdout: Json | None = None) -> Plan:
    held = Holdout(**holdout, started_at=START) if holdout is not None else None
    return prepare([load_candidate(e) for e in experiments], revision=revision, holdout=held).plan


def decide(plan: Plan, ask: Json) -> dict[str, Any]:
    if "override" in ask:
        return dump(plan.decide_forced(ask["flow"], ask["unit"], ask["context"], Override(**ask["override"])))
    return dump(plan.decide(ask["flow"], ask["unit"], ask["context"]))


def dump(decision: Decision) -> dict[str, Any]:
    outcome, hashed = decision
    is_hashed = outcome.reason not in UNHASHED
    return {
        "reason": outcome.reason,
        "revision": outcome.revision,
        "experiment_id": outcome.experiment_id,
        "variation_id": outcome.variation_id,
        "variation_name": outcome.variation_name,
        "is_control": outcome.is_control,
        "config": outcome.config,
        "allocation_strategy": outcome.strategy,
        "segment_id": outcome.segment_id,
        "recipe_version": outcome.recipe_version,
        "is_forced": outcome.is_forced,
        "is_override_ignored": outcome.is_override_ignored,
        "declined_by": outcome.declined_by,
        "split": split_of(hashed) if is_hashed else None,
        "exposure": exposure_of(hashed) if is_hashed else None,
    }


def load_candidate(given: Json) -> Candidate:
    return Candidate(
        experiment=load_experiment(given),
        flag=load_flag(given["flag"]) if given["flag"] else None,
        variations={id_: load_variation(id_, v) for id_, v in given["variations"].items()},
        segments={id_: load_segment(id_, segment["rules"]) for id_, segment in given["segments"].items()},
    )


def load_experiment(given: Json) -> Experiment:
    created_at = START + timedelta(hours=given["created_at"])
    return Experiment(
        id=given["id"],
        name=given["id"],
        description=None,
        flag_id="flg",
        flow=given["authentication_flow"],
        strategy=Strategy(given["allocation_strategy"]),
        default_config=DefaultConfig(given["default_config"]) if given["default_config"] else None,
        status=ExperimentStatus(given["status"]),
        is_valid=True,
        allocations=tuple(Allocation(**allocation) for allocation in given["allocations"]),
        levels=tuple(given["levels"]),
        current_level=given["current_level"],
        salt=given["salt"],
        recipe_version=given["recipe_version"],
        slot_ranges=tuple(SlotRange(*piece) for piece in given["slot_ranges"]),
        flag_snapshot=None,
        started_at=None,
        ended_at=None,
        created_at=created_at,
        updated_at=created_at,
        exclusion_group=load_group(given.get("exclusion_group")),
    )


def load_group(given: Json | None) -> ExclusionGroup | None:
    if given is None:
        return None
    spans = tuple(Span(*span) for span in given["spans"])
    return ExclusionGroup(given["name"], sum(span.stop - span.start for span in spans), given["salt"], spans)


def load_flag(given: Json) -> Flag:
    parameters = {name: Parameter(type_of(value), value) for name, value in given["parameters"].items()}
    return Flag("flg", "flag", None, Origin(given["type"]), FlagStatus.ACTIVE, parameters, START, START)


def type_of(value: object) -> ParameterType:
    return next(type_ for type_ in ParameterType if type_.fits(value))


def load_variation(variation_id: str, given: Json) -> Variation:
    return Variation(variation_id, "flg", given["name"], None, given["overrides"], START, START)


def load_segment(segment_id: str, rules: Sequence[Json]) -> Segment:
    loaded = tuple(Rule(load_conditions(r.get("match", {})), load_conditions(r.get("not_match", {}))) for r in rules)
    return Segment(segment_id, segment_id, None, Origin.SELF, SegmentStatus.ACTIVE, loaded, START, START)


def load_conditions(given: Json) -> tuple[Condition, ...]:
    return tuple(load_condition(attribute, expression) for attribute, expression in given.items())


def load_condition(attribute: str, expression: Any) -> Condition:
    if isinstance(expression, list):
        return Condition(attribute, Operator.EQUALS, tuple(expression))
    [(operator, operand)] = expression.items()
    if operator == Operator.EXISTS:
        return Condition(attribute, Operator.EXISTS, exists=operand)
    return Condition(attribute, Operator(operator), tuple(operand))
