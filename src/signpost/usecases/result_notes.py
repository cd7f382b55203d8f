"""What a reader of results must know before believing them, in sentences."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from signpost.analysis.answers import Missing, MissingCode, PValue
from signpost.analysis.results import ComparisonResult, HealthResult, MetricResult, Note, NoteCode
from signpost.analysis.sample_ratio import SampleRatio
from signpost.model.alarms import Alarm, say_done
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.model.metrics import Role

ALARM_MAX = 0.001
"""Under this p-value a difference of drift or automation between variations is told as one."""
RATIO_ALARM_MAX = 0.01
"""Under this p-value the sequential alarm is raised: in one of a hundred sound experiments at most, however long they are watched."""
LATE_RATIO = 0.01
"""A share of late events above this is worth a sentence."""


def take_notes(
    *,
    status: ExperimentStatus,
    strategy: Strategy,
    plan: AnalysisPlan,
    has_own_plan: bool,
    plan_changed_at: datetime | None,
    units: int,
    drifted_units: int,
    automated_units: int,
    is_final: bool,
    health: HealthResult,
    metrics: Sequence[MetricResult],
    phases: int,
    overflown: Sequence[str],
    alarms: Sequence[Alarm],
    stragglers: int,
    ended_at: datetime | None,
) -> tuple[Note, ...]:
    """Return the notes on a result, the gravest first."""
    if status is ExperimentStatus.DRAFT:
        return (Note(NoteCode.NOT_STARTED, "The experiment is a draft: it has results once it has been active."),)
    if not units and not drifted_units and not automated_units:
        return (Note(NoteCode.NO_UNITS, "No unit has been exposed yet."),)
    return (
        *(Note(NoteCode.ALARM, _say(alarm)) for alarm in alarms),
        *_note_soundness(health, strategy, phases),
        *_note_left_out(drifted_units, automated_units, health),
        *_note_stragglers(stragglers),
        *_note_events(health, overflown),
        *_note_end(ended_at),
        *_note_plan(plan, metrics, has_own_plan=has_own_plan, changed_at=plan_changed_at, is_final=is_final),
    )


def is_alarm(p_value: PValue | Missing) -> bool:
    """Return whether a check of the data's soundness has failed."""
    return isinstance(p_value, PValue) and p_value.value < ALARM_MAX


def is_ratio_alarm(p_value: PValue | Missing, tests: int = 1) -> bool:
    """Return whether the sequential test, one of so many, says that the variations don't get their planned shares."""
    return isinstance(p_value, PValue) and p_value.value * tests < RATIO_ALARM_MAX


def _say(alarm: Alarm) -> str:
    return f"Found by the watch on {alarm.raised_at:%Y-%m-%d %H:%M} UTC: {alarm.message} {say_done(alarm.action)}"


def _note_soundness(health: HealthResult, strategy: Strategy, phases: int) -> Iterator[Note]:
    ratio = health.sample_ratio
    if isinstance(ratio, SampleRatio) and (ratio.is_mismatch or is_ratio_alarm(health.alarm)):
        message = (
            "The variations did not get the shares that were planned: something loses units of one variation "
            "more than of another. Find it before you read any difference."
        )
        yield Note(NoteCode.SAMPLE_RATIO_MISMATCH, message)
    if isinstance(ratio, Missing) and ratio.code is MissingCode.UNPLANNED_UNITS:
        yield Note(NoteCode.SAMPLE_RATIO_MISMATCH, ratio.message)
    off = [s for s in health.segments if is_ratio_alarm(s.alarm, len(health.segments))]
    if off:
        names = ", ".join(f"{s.dimension} = {'none' if s.value is None else s.value}" for s in off)
        yield Note(NoteCode.SEGMENT_RATIO, f"The variations did not get the planned shares among units with {names}.")
    if strategy is Strategy.SEGMENT:
        message = (
            "Segments decided who got what, not chance: the differences describe the segments' people as well as "
            "the variations, so no conclusion is drawn."
        )
        yield Note(NoteCode.NOT_RANDOMISED, message)
    if phases > 1:
        message = (
            f"The shares were changed while the experiment ran: its {phases} phases are analysed one by one and combined. A unit "
            "counts in the phase of its first exposure, and what it did after that phase is left out."
        )
        yield Note(NoteCode.RATIO_CHANGED, message)


def _note_left_out(drifted_units: int, automated_units: int, health: HealthResult) -> Iterator[Note]:
    if drifted_units:
        message = f"{_units_were(drifted_units)} exposed to more than one variation and left out."
        yield Note(NoteCode.DRIFTED_UNITS, message)
    if is_alarm(health.drift):
        message = (
            "More units drifted out of one variation than out of another: those who are left can't be compared safely."
        )
        yield Note(NoteCode.DRIFT_DIFFERS, message)
    if automated_units:
        message = f"{_units_were(automated_units)} suspected to be automated and left out."
        yield Note(NoteCode.AUTOMATION_LEFT_OUT, message)
    if is_alarm(health.automation):
        message = (
            "One variation has more units that are suspected to be automated than another: it changes either who attacks or what "
            "is detected, and leaving them out may favour it."
        )
        yield Note(NoteCode.AUTOMATION_DIFFERS, message)


def _note_events(health: HealthResult, overflown: Sequence[str]) -> Iterator[Note]:
    if health.late_events > LATE_RATIO * health.events:
        share = f"{100 * health.late_events / health.events:.1f} %"
        yield Note(
            NoteCode.LATE_EVENTS,
            f"{share} of the events came more than an hour late: the newest units look worse than they are.",
        )
    if health.future_events:
        message = (
            f"{health.future_events:,} events are dated in the future and not looked at yet: a sender's clock is wrong."
        )
        yield Note(NoteCode.FUTURE_EVENTS, message)
    for name in overflown:
        yield Note(NoteCode.OVERFLOWN, f"{name} has values too large to be summed exactly here: give it a cap.")


def _note_stragglers(units: int) -> Iterator[Note]:
    if units:
        message = f"{_units_were(units)} exposed to a variation just after its share was taken away, and left out."
        yield Note(NoteCode.STRAGGLERS, message)


def _note_end(ended_at: datetime | None) -> Iterator[Note]:
    if ended_at is not None:
        message = (
            f"The planned number of units was there on {ended_at:%Y-%m-%d}: what decides is read as of the end of that day, because "
            "reading it anew with every later unit would be looking more often than was planned."
        )
        yield Note(NoteCode.PLANNED_END, message)


def _note_plan(
    plan: AnalysisPlan,
    metrics: Sequence[MetricResult],
    *,
    has_own_plan: bool,
    changed_at: datetime | None,
    is_final: bool,
) -> Iterator[Note]:
    if changed_at is not None:
        yield Note(
            NoteCode.PLAN_CHANGED,
            f"The analysis plan was changed on {changed_at:%Y-%m-%d %H:%M} UTC, after the start: what was not planned for is a "
            "finding to be confirmed, not a proof.",
        )
    if not has_own_plan:
        yield Note(
            NoteCode.NO_PLAN,
            "The experiment has no analysis plan of its own, so its flow's usual metrics are watched with a confidence sequence, "
            "which may be looked at at any time. A plan with a size finds the same difference with fewer units.",
        )
    decisions = [comparison for m in metrics if m.metric.role is Role.DECISION for comparison in m.comparisons]
    tested = sum(isinstance(comparison.p_value, PValue) for comparison in decisions)
    if tested > 1:
        message = f"{tested} comparisons decide: they are judged by p-values adjusted for that, intervals hold for each by itself."
        yield Note(NoteCode.SEVERAL_TREATMENTS, message)
    if plan.looking is Looking.FIXED and not is_final and _has_numbers(decisions):
        message = (
            "The numbers hold for one look, when the planned number of units is there. Looking 14 times and stopping at "
            "the first p-value under 5 % finds a difference in 22 % of comparisons of equals."
        )
        yield Note(NoteCode.BEFORE_PLANNED_END, message)


def _has_numbers(comparisons: Sequence[ComparisonResult]) -> bool:
    return any(isinstance(comparison.p_value, PValue) for comparison in comparisons)


def _units_were(count: int) -> str:
    return "1 unit was" if count == 1 else f"{count:,} units were"
