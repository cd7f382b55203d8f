"""A decision computed anew, twice: by the code that decides, and by the published recipe step by step."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from signpost.assignment import Candidate, Configuration, Decision, Outcome, Override, Reason
from signpost.model.experiments import ALL_FLOWS, Experiment, ExperimentStatus, Strategy
from signpost.model.ids import is_salt
from signpost.usecases.explanation_groups import has_slot, walk_group
from signpost.usecases.explanation_holdouts import find_holdout, walk_holdout
from signpost.usecases.explanation_segments import Known, attributes_asked, walk_segments
from signpost.usecases.explanation_steps import Answer, Coordinates, Step, walk_coordinates, walk_slots

UNTOLD = Step("decision", "can't be told", "it depends on attributes that are not known")
NO_HASH = Step("unit", "can't be hashed", "it is empty, or has no UTF-8 form")


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks in which flow, what is known of the request, and the override that decided, if one did."""

    unit: str
    flow: str
    known: Known
    override: Override | None = None
    about_override: str = ""
    """What is known of the override, in words."""


@dataclass(frozen=True, slots=True)
class Recomputed:
    """What came out, and how."""

    candidate: Candidate
    steps: tuple[Step, ...]
    decision: Decision
    """By the code that decides."""
    coordinates: Coordinates | None
    """By the steps; None for a unit that has none."""
    missing: tuple[str, ...]
    """Attributes that segments ask for and that are not known."""
    is_told: bool
    """Whether what is known is enough to tell the variation."""
    is_contradicted: bool
    """Whether the steps and the code come to different ends: never, unless one of them is wrong."""


def recompute(configuration: Configuration, question: Question) -> Recomputed:
    """Decide in a configuration that holds one experiment."""
    (candidate,) = configuration.candidates()
    experiment = candidate.experiment
    active = _activate(experiment)
    as_active = replace(configuration, experiments=(active,), holdout=None).prepare()
    problems = [warning.problem for warning in as_active.warnings]
    walked, answer, found = _walk(replace(candidate, experiment=active), question, problems)
    would_be = as_active.plan.decide(experiment.flow, question.unit, question.known.attributes)
    decision = _decide(configuration, question)
    outcome = decision[0]
    held = find_holdout(configuration.holdout, question.unit) if question.override is None else None
    without = _decide(replace(configuration, holdout=None), question)
    expected = (Reason.HOLDOUT, held.hashed) if held and without[0].is_enrolled else (without[0].reason, without[1])
    is_contradicted = not _is_same(answer, would_be, found) or (outcome.reason, decision[1]) != expected
    asks = experiment.strategy is Strategy.SEGMENT and not problems
    missing = tuple(name for name in attributes_asked(candidate) if question.known.lacks(name)) if asks else ()
    if question.override is not None:
        is_told = not missing or question.override.variation_id is not None
    else:
        is_told = answer.reason is not None or not outcome.is_enrolled
    steps = [*_introduce(experiment, question), *walked]
    if configuration.holdout is not None and question.override is None and without[0].is_enrolled:
        steps += walk_holdout(configuration.holdout, question.unit)
    steps += _conclude(outcome) if is_told else [UNTOLD]
    if outcome.reason is Reason.NO_EXPERIMENT:
        steps += _conclude(would_be[0], "if it were active here") if answer.reason is not None else [UNTOLD]
    steps.append(_tell_code(would_be[0], is_contradicted=is_contradicted))
    return Recomputed(
        candidate=candidate,
        steps=tuple(steps),
        decision=decision,
        coordinates=Coordinates.of(experiment.salt, question.unit),
        missing=missing,
        is_told=is_told,
        is_contradicted=is_contradicted,
    )


def _decide(configuration: Configuration, question: Question) -> Decision:
    plan = configuration.prepare().plan
    if question.override is None:
        return plan.decide(question.flow, question.unit, question.known.attributes)
    return plan.decide_forced(question.flow, question.unit, question.known.attributes, question.override)


def _activate(experiment: Experiment) -> Experiment:
    """Return the experiment as if it were active; without its group where no slots of that are claimed yet."""
    group = experiment.exclusion_group
    is_waiting = experiment.status is not ExperimentStatus.ACTIVE and group is not None and not group.spans
    return replace(experiment, status=ExperimentStatus.ACTIVE, exclusion_group=None if is_waiting else group)


def _walk(
    candidate: Candidate, question: Question, problems: list[str]
) -> tuple[list[Step], Answer, Coordinates | None]:
    """Go through the recipe; return the steps, what they lead to, and where the unit is by the hash that decides."""
    experiment, group = candidate.experiment, candidate.experiment.exclusion_group
    steps: list[Step] = []
    if group is not None and is_salt(group.salt):
        seat = Coordinates.of(group.salt, question.unit)
        if seat is None:
            return [NO_HASH], Answer(Reason.BAD_UNIT), None
        steps += walk_group(group, question.unit, seat)
        if not has_slot(group, seat):
            return steps, Answer(Reason.EXCLUDED), seat
    if problems:
        steps += (Step("experiment", "can't run", problem) for problem in problems)
        return steps, Answer(Reason.BROKEN), None
    found = Coordinates.of(experiment.salt, question.unit)
    if found is None:
        return [NO_HASH], Answer(Reason.BAD_UNIT), None
    steps += walk_coordinates(experiment.salt, question.unit, found)
    if experiment.strategy is Strategy.PERCENTAGE:
        further, answer = walk_slots(candidate, found)
    else:
        steps.append(Step("strategy", "segment", "the coordinates decide nothing; the first segment that matches does"))
        further, answer = walk_segments(candidate, question.known)
    return steps + further, answer, found


def _introduce(experiment: Experiment, question: Question) -> Iterator[Step]:
    yield Step("experiment", experiment.name, f"{experiment.id}, {experiment.strategy}, flow {experiment.flow}")
    if question.override is not None:
        yield Step("override", "decided", f"{question.about_override}; below is what goes without one")
    elif experiment.status is not ExperimentStatus.ACTIVE:
        yield Step("status", experiment.status, "nobody is enrolled; below is what would be if it were active")
    elif experiment.flow not in {question.flow, ALL_FLOWS}:
        yield Step("status", experiment.status, f"but not in the flow {question.flow}")
    else:
        yield Step("status", experiment.status, f"asked in the flow {question.flow}")
    group = experiment.exclusion_group
    if group is not None and _activate(experiment).exclusion_group is None:
        note = "it has no slots of the group, which it gets when it is activated; below is what is after that"
        yield Step("exclusion group", group.name, note)


def _conclude(outcome: Outcome, title: str = "decision") -> Iterator[Step]:
    if not outcome.is_enrolled:
        yield Step(title, "not enrolled: the baseline", f"reason {outcome.reason}")
        return
    control = ", the control" if outcome.is_control else ""
    yield Step(title, str(outcome.variation_name), f"{outcome.variation_id}{control}, reason {outcome.reason}", 0, True)
    config = json.dumps({name: entry["value"] for name, entry in outcome.config.items()}, ensure_ascii=False)
    yield Step("config", config, "the flag's parameters, with what the variation overrides")


def _tell_code(outcome: Outcome, *, is_contradicted: bool) -> Step:
    title = "the code that decides"
    if not is_contradicted:
        return Step(title, "comes to the same", "asked on the same configuration, it has to")
    found = f"reason {outcome.reason}, variation {outcome.variation_id}, segment {outcome.segment_id}"
    return Step(title, "COMES TO SOMETHING ELSE", f"{found}: one of the two is wrong, which should be reported")


def _is_same(answer: Answer, decision: Decision, found: Coordinates | None) -> bool:
    outcome, hashed = decision
    if hashed != (found.hashed if found is not None else 0):
        return False
    said = (outcome.reason, outcome.variation_id, outcome.segment_id)
    return answer.reason is None or said == (answer.reason, answer.variation_id, answer.segment_id)
