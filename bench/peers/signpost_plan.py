"""Signpost: `plan.decide`, as it is inside the server and the client. It makes no exposures."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from bench.peers.jobs import ARMS, SETTINGS, Job, Question, Rule, Settings
from signpost.assignment import Configuration, Decision, Plan
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.model.flags import Flag, FlagStatus, Origin, Parameter, ParameterType
from signpost.model.segments import Condition, Operator, Segment, SegmentStatus
from signpost.model.segments import Rule as SegmentRule
from signpost.model.variations import Variation

AT = datetime(2026, 1, 1, tzinfo=UTC)
FLOW = "authentication"
SLOTS_PER_PERCENT = 10_000
FLAG = Flag(
    id="flg_1",
    name="sign-in",
    description=None,
    type=Origin.SELF,
    status=FlagStatus.ACTIVE,
    parameters={name: Parameter(ParameterType.STRING, value) for name, value in SETTINGS.items()},
    created_at=AT,
    updated_at=AT,
)


def prepare(jobs: Sequence[Job], *, exposures: bool) -> Mapping[str, Question]:
    if exposures:
        raise NotImplementedError("a plan makes no exposures")
    return {
        job.name: Question("decide(flow, unit, attributes)", {"decide": plan_of(job).decide, "flow": FLOW}, settings_of)
        for job in jobs
    }


def plan_of(job: Job) -> Plan:
    prepared = configuration_of(job).prepare()
    assert not prepared.warnings
    return prepared.plan


def settings_of(decision: Decision) -> Settings:
    return {name: str(setting["value"]) for name, setting in decision[0].config.items()}


def configuration_of(job: Job, *, experiments: int = 1) -> Configuration:
    """Return a tenant with the job as so many experiments, each in a flow of its own."""
    return Configuration(
        tenant_id="ten_1",
        revision=1,
        flags=(FLAG,),
        variations=tuple(
            Variation(arm, FLAG.id, arm, None, {k: v for k, v in ARMS[arm].items() if v != SETTINGS[k]}, AT, AT)
            for arm in job.arms
        ),
        segments=tuple(
            Segment(f"to {rule.arm}", rule.arm, None, Origin.SELF, SegmentStatus.ACTIVE, (rule_of(rule),), AT, AT)
            for rule in job.rules
        ),
        experiments=tuple(experiment_of(job, number) for number in range(experiments)),
    )


def experiment_of(job: Job, number: int) -> Experiment:
    return Experiment(
        id=f"exp_{number}",
        name="experiment",
        description=None,
        flag_id=FLAG.id,
        flow=f"{FLOW}-{number}" if number else FLOW,
        strategy=Strategy.SEGMENT if job.rules else Strategy.PERCENTAGE,
        default_config=None,
        status=ExperimentStatus.ACTIVE,
        is_valid=True,
        allocations=tuple(target(job) if job.rules else split(job)),
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


def split(job: Job) -> list[Allocation]:
    return [
        Allocation(arm, is_control=arm == "var_a", weight_slots=weight * SLOTS_PER_PERCENT)
        for arm, weight in job.weights.items()
    ]


def target(job: Job) -> list[Allocation]:
    (fallback,) = job.weights
    return [
        Allocation(fallback, is_control=True, is_fallback=True),
        *(
            Allocation(rule.arm, is_control=False, segment_id=f"to {rule.arm}", priority=priority)
            for priority, rule in enumerate(job.rules, start=1)
        ),
    ]


def rule_of(rule: Rule) -> SegmentRule:
    return SegmentRule(match=conditions_of(rule.match), not_match=conditions_of(rule.not_match))


def conditions_of(wanted: Mapping[str, tuple[str, ...]]) -> tuple[Condition, ...]:
    return tuple(Condition(name, Operator.EQUALS, values) for name, values in wanted.items())
