"""Alarms: what the watch has found of an experiment, and what it did about it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from signpost.model.analysis_plans import OnBreach

SAMPLE_RATIO = "sample_ratio"
"""The subject of an alarm that is about the shares of the variations, and so about the experiment as a whole."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong: `subject` is a guardrail's name or `SAMPLE_RATIO`; `variation_id` the treatment that does harm.

    `action` is what the experiment's plan wants to be done about it.
    """

    subject: str
    variation_id: str | None
    message: str
    action: OnBreach


@dataclass(frozen=True, slots=True)
class Alarm:
    """A finding that was acted on at a moment; `action` is what was done.

    `told_at` is when it was in the log and with whom it is reported to; until then it is told again.
    """

    subject: str
    variation_id: str | None
    message: str
    action: OnBreach
    raised_at: datetime
    told_at: datetime | None = None


def find_new(findings: Iterable[Finding], alarms: Iterable[Alarm]) -> tuple[Finding, ...]:
    """Return the findings for which no alarm has been raised.

    One is raised once: whoever resumes an experiment that was paused has seen it, and is not to be stopped by it again. One
    that was only told is raised again where the plan has come to ask for more.
    """
    known = {(alarm.subject, alarm.variation_id): alarm.action for alarm in alarms}
    return tuple(
        found
        for found in findings
        if (raised := known.get((found.subject, found.variation_id))) is None
        or (raised is OnBreach.NOTIFY and found.action is not OnBreach.NOTIFY)
    )


def say_done(action: OnBreach) -> str:
    """Return what was done about an alarm, as a sentence."""
    match action:
        case OnBreach.NOTIFY:
            return "Nothing was done about it."
        case OnBreach.PAUSE:
            return "The experiment was paused."
        case OnBreach.STEP_BACK:
            return "Its ramp was set back: everybody gets the control."
