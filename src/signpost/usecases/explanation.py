"""Explaining a decision: recomputed from the configuration of its revision, step by step, and held against the log."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from signpost.assignment import Outcome, Override, Reason
from signpost.ports.events import EventLog
from signpost.ports.store import RevisionUnknownError
from signpost.usecases.call import Call
from signpost.usecases.explanation_log import Difference, LoggedDecision, compare, read_decision
from signpost.usecases.explanation_segments import Known
from signpost.usecases.explanation_steps import Coordinates, Step
from signpost.usecases.history import recall_experiment, recall_override
from signpost.usecases.recomputation import Question, Recomputed, recompute

Given = Mapping[str, str | None]
"""Attributes of a request as somebody knows them; None for one that was not there."""


class Verdict(StrEnum):
    """What comes of an explanation."""

    AGREES = "agrees"
    """The log says what is recomputed."""
    DIFFERS = "differs"
    """The log says something else."""
    UNTOLD = "untold"
    """The variation can't be told, because attributes that segments ask for are not known; all else agrees."""
    NOT_LOGGED = "not_logged"
    """There was no log entry to hold it against."""
    CONTRADICTED = "contradicted"
    """The steps and the code that decides come to different ends: a fault of Signpost's."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A decision with its steps."""

    experiment_id: str
    unit: str
    flow: str
    revision: int
    steps: tuple[Step, ...]
    verdict: Verdict
    logged: LoggedDecision | None = None
    differences: tuple[Difference, ...] = ()
    outcome: Outcome | None = None
    """By the code that decides; None where it can't be told, or there is nothing to ask."""
    coordinates: Coordinates | None = None
    missing: tuple[str, ...] = ()
    """Attributes that segments ask for and that are not known."""


@dataclass(eq=False)
class ExperimentUnknownError(Exception):
    """There was no such experiment at the revision."""

    experiment_id: str
    revision: int


@dataclass(eq=False)
class AttributesKeptError(Exception):
    """Attributes were given for a log entry that has its own."""

    log_id: str


def explain_unit(call: Call, experiment_id: str, unit: str, revision: int | None, given: Given) -> Explanation:
    """Explain what the experiment decides for a unit at a revision (None: the newest); what is not given is not there.

    Raises:
        RevisionUnknownError: the tenant has no such revision.
        ExperimentUnknownError: it had no such experiment.
    """
    with call.reading() as tenant:
        revision = tenant.revision if revision is None else revision
        configuration = recall_experiment(tenant, revision, experiment_id)
    if configuration is None:
        raise ExperimentUnknownError(experiment_id, revision)
    question = Question(unit, configuration.experiments[0].flow, Known(given, is_complete=True))
    found = recompute(configuration, question)
    return _explain(question, found, Verdict.CONTRADICTED if found.is_contradicted else Verdict.NOT_LOGGED)


def explain_exposure(call: Call, log: EventLog, log_id: str, given: Given) -> Explanation:
    """Explain a decision that was logged, and say whether the log agrees.

    `given` are attributes that the entry has not, for those that were written before attributes were kept.

    Raises:
        LogEntryNotFoundError: the tenant's log has no such entry.
        NoExposureError: there is no decision behind it.
        ExposureUnreadableError: it is not as exposures are.
        AttributesKeptError: attributes were given, and the entry has its own.
    """
    logged = read_decision(log, call.tenant_id, log_id)
    if given and logged.attributes is not None:
        raise AttributesKeptError(log_id)
    signed: Override | None = None
    try:
        with call.reading() as tenant:
            configuration = recall_experiment(tenant, logged.revision, logged.held_out_of or logged.experiment_id)
            if logged.override_id is not None:
                signed = recall_override(tenant, logged.override_id)
    except RevisionUnknownError as error:
        step = Step("revision", "is not known", f"the newest one is {error.newest}")
        return _refute(logged, step, Difference("revision", logged.revision, None))
    if configuration is None:
        step = Step("experiment", "is not known", f"at revision {logged.revision} there was none of this id")
        return _refute(logged, step, Difference("experiment_id", logged.experiment_id, None))
    known = Known(given, is_complete=False) if logged.attributes is None else Known(logged.attributes, is_complete=True)
    question = Question(logged.unit, logged.flow, known)
    if logged.is_forced or logged.reason == Reason.FORCED:
        # Where only signed overrides are obeyed, a plain one was ignored.
        plain = Override(logged.experiment_id, logged.variation_id) if configuration.plain_overrides else None
        question = replace(question, override=signed or plain, about_override=_say_override(logged, signed))
    found = recompute(configuration, question)
    differences = tuple(compare(logged, found, is_override_known=signed is not None))
    if logged.override_id is not None and signed is None:
        differences = (*differences, Difference("override_id", logged.override_id, None))
    explanation = _explain(question, found, _judge(found, differences))
    return replace(explanation, logged=logged, differences=differences)


def _judge(found: Recomputed, differences: tuple[Difference, ...]) -> Verdict:
    if found.is_contradicted:
        return Verdict.CONTRADICTED
    if differences:
        return Verdict.DIFFERS
    return Verdict.AGREES if found.is_told else Verdict.UNTOLD


def _say_override(logged: LoggedDecision, signed: Override | None) -> str:
    if signed is None:
        return "it named the experiment, the variation or a segment: the log does not say which"
    named = [named for named in (signed.experiment_id, signed.variation_id, signed.segment_id) if named is not None]
    return f"{logged.override_id}, which the audit trail has, named {', '.join(named)}"


def _explain(question: Question, found: Recomputed, verdict: Verdict) -> Explanation:
    return Explanation(
        experiment_id=found.candidate.experiment.id,
        unit=question.unit,
        flow=question.flow,
        revision=found.decision[0].revision,
        steps=found.steps,
        verdict=verdict,
        outcome=found.decision[0] if found.is_told else None,
        coordinates=found.coordinates,
        missing=found.missing,
    )


def _refute(logged: LoggedDecision, step: Step, difference: Difference) -> Explanation:
    """Return the explanation of an entry that names what never was."""
    return Explanation(
        experiment_id=logged.experiment_id,
        unit=logged.unit,
        flow=logged.flow,
        revision=logged.revision,
        steps=(step,),
        verdict=Verdict.DIFFERS,
        logged=logged,
        differences=(difference,),
    )
