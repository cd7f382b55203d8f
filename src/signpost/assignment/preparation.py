"""Preparing experiments into a plan: everything that can be worked out before anybody asks."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from signpost.assignment.arms import Arms, Candidate
from signpost.assignment.decisions import Outcome, Reason
from signpost.assignment.evaluation import Evaluate, always
from signpost.assignment.flags import KnownFlag, list_keys
from signpost.assignment.groups import Member, decide_in_group, merge_spans
from signpost.assignment.hashing import RECIPE_VERSION
from signpost.assignment.holdouts import hold_out
from signpost.assignment.overrides import Forcible
from signpost.assignment.plans import Plan, Running
from signpost.assignment.strategies import force_percentage, force_segments, run_percentage, run_segments
from signpost.model.experiments import ALL_FLOWS, Experiment, ExperimentStatus, Span, Strategy, Subject
from signpost.model.holdouts import HOLDOUT, Holdout
from signpost.model.ids import ALPHABET, RANDOM_LENGTH, is_salt

UNPREPARABLE = (AttributeError, LookupError, TypeError, ValueError)
"""What a configuration raises that does not fit together, or holds values of types that it may not have."""

NO_UNITS = {Subject.ACCOUNT: Reason.NO_ACCOUNT, Subject.FIRST_TOUCH: Reason.LINK_UNKNOWN}
"""Why the unit may not be known."""


@dataclass(frozen=True, slots=True)
class PlanWarning:
    """What could not be prepared as it stands, and what happens instead."""

    experiment_id: str
    problem: str


@dataclass(frozen=True, slots=True)
class Prepared:
    """A plan, and what is to be logged about it."""

    plan: Plan
    warnings: tuple[PlanWarning, ...]


@dataclass(frozen=True, slots=True)
class _Active:
    experiment: Experiment
    running: Running
    spans: tuple[Span, ...] = ()
    """Of its exclusion group."""


def prepare(
    candidates: Iterable[Candidate],
    *,
    revision: int,
    flags: Iterable[KnownFlag] = (),
    holdout: Holdout | None = None,
) -> Prepared:
    """Return the plan of these experiments, of whatever status, and of the flags that can be asked by name.

    Never raises for what is configured: an active experiment that can't be prepared enrols nobody, and a warning says why.
    Where two active experiments claim a flow that are not of one exclusion group, the older one has it, and a warning says
    so.
    """
    warnings: list[PlanWarning] = []
    experiments: dict[str, Forcible] = {}
    active: list[_Active] = []
    is_by_device = True
    for candidate in candidates:
        experiment = candidate.experiment
        is_by_device = is_by_device and experiment.subject is Subject.DEVICE
        is_active = experiment.status is ExperimentStatus.ACTIVE
        spans: tuple[Span, ...] = ()
        try:
            spans = merge_spans(experiment.exclusion_group.spans) if experiment.exclusion_group else ()
            arms = _arm(candidate, revision)
            experiments[experiment.id] = forced = _force(candidate, arms)
            running = _start(experiment, forced.attributes, _run(candidate, arms), revision) if is_active else None
        except UNPREPARABLE as error:
            if not is_active:
                continue  # a draft need not be complete, and what does not run enrols nobody anyway
            warnings.append(PlanWarning(experiment.id, f"nobody is enrolled: {error}"))
            broken = always(Outcome(Reason.BROKEN, revision, declined_by=experiment.id))
            running = _start(experiment, frozenset(), broken, revision)
        if running is not None:
            active.append(_Active(experiment, running, spans))
    active.sort(key=lambda a: (a.experiment.created_at, a.experiment.id))
    by_flow = _share_flows(active, revision)
    warnings += _warn_of_rivals(active, by_flow)
    warnings += _warn_of_groups(active)
    if holdout is not None and not is_salt(holdout.salt):
        warnings.append(PlanWarning(HOLDOUT, "nobody is held out: the salt of the holdout is none"))
    elif holdout is not None and holdout.slots > 0:
        by_flow = _hold_out(holdout, by_flow, revision)
    nobody = Running((), frozenset(), always(Outcome(Reason.NO_EXPERIMENT, revision)))
    plan = Plan(
        revision=revision,
        running=by_flow,
        running_elsewhere=by_flow.get(ALL_FLOWS, nobody),
        experiments=experiments,
        bad_unit=Outcome(Reason.BAD_UNIT, revision),
        flags=list_keys(flags, [a.experiment for a in active]),
        is_by_device=is_by_device,
    )
    return Prepared(plan=plan, warnings=tuple(warnings))


def check_recipe(experiment: Experiment) -> None:
    """Check that the experiment is one that this recipe can decide.

    Raises:
        ValueError: its recipe is not known here, or its salt is none.
    """
    if experiment.recipe_version != RECIPE_VERSION:
        raise ValueError(f"recipe version {experiment.recipe_version} is not known here")
    if len(experiment.salt) != RANDOM_LENGTH or not set(experiment.salt) <= set(ALPHABET):
        raise ValueError(f"the salt is not {RANDOM_LENGTH} base58 characters")


def _arm(candidate: Candidate, revision: int) -> Arms:
    check_recipe(candidate.experiment)
    return Arms.of(candidate, revision)


def _start(experiment: Experiment, attributes: frozenset[str], evaluate: Evaluate, revision: int) -> Running:
    reason = NO_UNITS.get(experiment.subject)
    no_unit = None if reason is None else Outcome(reason, revision, declined_by=experiment.id)
    return Running((experiment.id,), attributes, evaluate, experiment.subject, no_unit)


def _force(candidate: Candidate, arms: Arms) -> Forcible:
    experiment = candidate.experiment
    is_percentage = experiment.strategy is Strategy.PERCENTAGE
    forcible = force_percentage(experiment, arms) if is_percentage else force_segments(candidate, arms)
    return forcible if experiment.subject is Subject.DEVICE else replace(forcible, subject=experiment.subject)


def _run(candidate: Candidate, arms: Arms) -> Evaluate:
    if candidate.experiment.strategy is Strategy.PERCENTAGE:
        return run_percentage(candidate.experiment, arms)
    return run_segments(candidate, arms)


def _share_flows(active: Sequence[_Active], revision: int) -> dict[str, Running]:
    """Give each flow that is named to the oldest experiment that claims it, or to that one's exclusion group."""
    claiming: dict[str, list[_Active]] = {a.experiment.flow: [] for a in active}
    for each in active:
        for flow in claiming if each.experiment.flow == ALL_FLOWS else (each.experiment.flow,):
            claiming[flow].append(each)
    return {flow: _run_flow(claims, revision) for flow, claims in claiming.items()}


def _run_flow(claiming: Sequence[_Active], revision: int) -> Running:
    oldest = claiming[0]
    group = oldest.experiment.exclusion_group
    if group is None:
        return oldest.running
    members = [
        a
        for a in claiming
        if a.experiment.exclusion_group is not None
        and (a.experiment.exclusion_group.name, a.experiment.exclusion_group.salt) == (group.name, group.salt)
        and a.experiment.subject is oldest.experiment.subject
    ]
    seats = [Member(a.spans, a.running.evaluate) for a in members]
    if is_salt(group.salt):
        evaluate = decide_in_group(group.salt, seats, Outcome(Reason.EXCLUDED, revision))
    else:
        evaluate = always(Outcome(Reason.BROKEN, revision, declined_by=oldest.experiment.id))
    return Running(
        tuple(a.experiment.id for a in members),
        frozenset().union(*(a.running.attributes for a in members)),
        evaluate,
        oldest.experiment.subject,
        oldest.running.no_unit,
    )


def _hold_out(holdout: Holdout, by_flow: Mapping[str, Running], revision: int) -> dict[str, Running]:
    ids = {experiment_id for running in by_flow.values() for experiment_id in running.experiment_ids}
    held = {experiment_id: Outcome(Reason.HOLDOUT, revision, declined_by=experiment_id) for experiment_id in ids}
    return {
        flow: replace(running, evaluate=hold_out(holdout, running.evaluate, held)) for flow, running in by_flow.items()
    }


def _warn_of_rivals(active: Sequence[_Active], by_flow: Mapping[str, Running]) -> Iterable[PlanWarning]:
    for rival in active:
        for flow in by_flow if rival.experiment.flow == ALL_FLOWS else (rival.experiment.flow,):
            winner = by_flow[flow]
            if rival.experiment.id not in winner.experiment_ids:
                yield PlanWarning(
                    rival.experiment.id,
                    f"nobody is enrolled in the flow {flow}: the older experiment {winner.experiment_ids[0]} is active there",
                )


def _warn_of_groups(active: Sequence[_Active]) -> Iterable[PlanWarning]:
    for each in active:
        group = each.experiment.exclusion_group
        if group is not None and not is_salt(group.salt):
            yield PlanWarning(each.experiment.id, f"nobody is enrolled: the salt of the group {group.name} is none")
        elif group is not None and not each.spans:
            yield PlanWarning(each.experiment.id, f"nobody is enrolled: it has no slots in the group {group.name}")
