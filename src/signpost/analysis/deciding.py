"""The decision rule: from what was judged to what to do next, in words."""

from collections.abc import Sequence
from dataclasses import dataclass

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.results import Decision, Judgement, Verdict


@dataclass(frozen=True, slots=True)
class Judged:
    """One comparison of a metric that counts: its metric, its treatment's name, and what was found."""

    metric: str
    treatment: str
    judgement: Judgement | Missing


@dataclass(frozen=True, slots=True)
class Situation:
    """What a decision is taken from.

    `faults` are reasons for which nothing can be concluded, in sentences. `is_final` says that no more data is planned: the planned
    size is reached, or the experiment is over. `may_conclude` says that the way of looking allows a conclusion now.
    """

    decisions: Sequence[Judged]
    guardrails: Sequence[Judged]
    faults: Sequence[str]
    may_conclude: bool
    is_final: bool


def decide(situation: Situation) -> Verdict:
    """Return what to do.

    Broken data comes first: nothing is ever shipped on it. Harm comes next. A treatment is shipped when every decision metric is
    better and every guardrail has held; with several treatments, one that does is enough.
    """
    if situation.faults:
        return Verdict(Decision.BROKEN, tuple(situation.faults))
    harmed = [g for g in situation.guardrails if g.judgement is Judgement.HARMED]
    treatments = dict.fromkeys(judged.treatment for judged in situation.decisions)
    alive = [name for name in treatments if name not in {g.treatment for g in harmed}]
    harm = tuple(f"{g.metric} is harmed beyond its margin with {g.treatment}." for g in harmed)
    if not treatments:
        return Verdict(Decision.KEEP_GOING, ("There is no treatment to compare with the control.",))
    if not alive:
        return Verdict(Decision.STOP, harm)
    if not situation.may_conclude:
        return _wait(situation, harm)
    for name in alive:
        if _is_winner(name, situation):
            better = _list([d.metric for d in situation.decisions if d.treatment == name])
            guardrails = [g for g in situation.guardrails if g.treatment == name]
            held = " and every guardrail has held" if guardrails else ""
            silent = tuple(
                f"{g.metric} says nothing: it is the same for every unit."
                for g in guardrails
                if _is_silent(g.judgement)
            )
            return Verdict(Decision.SHIP, (f"{name} is better in {better}{held}.", *silent, *harm))
    return _go_on_or_stop(situation, alive, harm)


def _wait(situation: Situation, harm: tuple[str, ...]) -> Verdict:
    allows = "and the plan allows no earlier conclusion."
    if situation.is_final:
        reason = f"It was ended before the planned number of units was there, {allows}"
        return Verdict(Decision.STOP, (*harm, reason))
    return Verdict(Decision.KEEP_GOING, (*harm, f"The planned number of units is not there yet, {allows}"))


def _is_winner(name: str, situation: Situation) -> bool:
    decisions = [d.judgement for d in situation.decisions if d.treatment == name]
    guardrails = [g.judgement for g in situation.guardrails if g.treatment == name]
    is_held = all(j is Judgement.HELD or _is_silent(j) for j in guardrails)
    return is_held and all(j is Judgement.BETTER for j in decisions)


def _is_silent(judgement: Judgement | Missing) -> bool:
    """Return whether a guardrail's metric is the same for all units: what never happens can't have been harmed."""
    return isinstance(judgement, Missing) and judgement.code is MissingCode.NO_VARIANCE


def _go_on_or_stop(situation: Situation, alive: Sequence[str], harm: tuple[str, ...]) -> Verdict:
    worse = [d for d in situation.decisions if d.judgement is Judgement.WORSE and d.treatment in alive]
    left = [name for name in alive if name not in {d.treatment for d in worse}]
    reasons = (*harm, *(f"{d.metric} is worse with {d.treatment}." for d in worse))
    if not left:
        return Verdict(Decision.STOP, reasons)
    open_ = tuple(sentence for name in left for sentence in _open_questions(name, situation))
    if situation.is_final:
        return Verdict(
            Decision.STOP,
            (
                *reasons,
                *open_,
                "Nothing more is planned for: the planned number of units is reached, or the experiment is over.",
            ),
        )
    return Verdict(Decision.KEEP_GOING, (*reasons, *open_))


def _open_questions(name: str, situation: Situation) -> list[str]:
    """Say what keeps a treatment from being shipped."""
    sentences = []
    for judged in situation.decisions:
        if judged.treatment == name and isinstance(judged.judgement, Missing):
            sentences.append(f"{judged.metric} with {name}: {judged.judgement.message}")
        elif judged.treatment == name and judged.judgement is not Judgement.BETTER:
            sentences.append(f"No difference is shown in {judged.metric} with {name}.")
    for judged in situation.guardrails:
        if judged.treatment != name or _is_silent(judged.judgement):
            continue
        if isinstance(judged.judgement, Missing):
            sentences.append(f"{judged.metric} with {name}: {judged.judgement.message}")
        elif judged.judgement is not Judgement.HELD:
            sentences.append(f"It is not shown yet that {judged.metric} is held with {name}.")
    return sentences


def _list(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
