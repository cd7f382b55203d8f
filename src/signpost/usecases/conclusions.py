"""From what was measured of an experiment to its results; nothing is read here."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from signpost.analysis.answers import Missing, MissingCode
from signpost.analysis.cells import Cell, sum_phases
from signpost.analysis.deciding import Judged, Situation, decide
from signpost.analysis.judging import ArmData, Setting, adjust, compare_arms, contrast_arms, describe_arm, refuse
from signpost.analysis.results import (
    ArmHealth,
    ComparisonResult,
    DayPoint,
    HealthResult,
    Judgement,
    MetricResult,
    Results,
    SegmentHealth,
)
from signpost.analysis.sample_ratio import SampleRatio, check_phases, sound_alarm
from signpost.analysis.shares import compare_shares
from signpost.model import experiments
from signpost.model.alarms import Alarm
from signpost.model.analysis_plans import AnalysisPlan, Looking
from signpost.model.experiments import ExperimentStatus, Strategy
from signpost.model.metrics import Metric, Role
from signpost.ports.measurements import Measurement
from signpost.usecases.breakdowns import Arms, break_down, check_segments
from signpost.usecases.looking import choose_look, find_end, until
from signpost.usecases.novelty import follow_ages
from signpost.usecases.result_notes import is_alarm, is_ratio_alarm, take_notes

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MISMATCH = Missing(
    MissingCode.SAMPLE_RATIO_MISMATCH,
    "The variations did not get their planned shares; a difference may come from the units that are missing.",
)
NOT_RANDOMISED = Missing(
    MissingCode.NOT_RANDOMISED,
    "Segments decided who got what, so a difference may be one between people and not between variations.",
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is concluded about: an experiment, a holdout, or somebody else's data.

    `variations` are ids with their names (None: gone), in the order in which they are shown, the control first; `control_id` is None
    where there is none. `shares` are the planned ones of each phase, the oldest first.
    """

    id: str
    name: str
    status: ExperimentStatus
    strategy: Strategy
    flow: str
    variations: Mapping[str, str | None]
    control_id: str | None
    shares: Sequence[Mapping[str, int] | Missing]
    plan: AnalysisPlan
    has_own_plan: bool
    plan_changed_at: datetime | None = None
    alarms: tuple[Alarm, ...] = ()
    randomised: experiments.Subject = experiments.Subject.DEVICE
    """Whose ids the units are."""


def conclude(subject: Subject, measured: Measurement, now: datetime) -> Results:
    """Return what the measurement shows."""
    measured, stragglers = _leave_out_stragglers(subject, measured)
    subject = replace(subject, variations=_all_variations(subject, measured))
    arms = _describe_health(subject, measured)
    health = _check_health(subject, measured, arms)
    units = sum(arm.units for arm in arms)
    end_ms = find_end(subject.plan, measured.cells)
    is_final = subject.plan.planned_units is not None and units >= subject.plan.planned_units
    is_over = is_final or subject.status in {ExperimentStatus.COMPLETED, ExperimentStatus.ARCHIVED}
    metrics = _judge_metrics(subject, measured, _find_doubt(subject, health), end_ms)
    notes = take_notes(
        status=subject.status,
        strategy=subject.strategy,
        plan=subject.plan,
        has_own_plan=subject.has_own_plan,
        plan_changed_at=subject.plan_changed_at,
        units=units,
        drifted_units=sum(arm.drifted_units for arm in arms),
        automated_units=sum(arm.automated_units for arm in arms),
        is_final=is_final,
        health=health,
        metrics=metrics,
        phases=len(subject.shares),
        overflown=sorted(measured.overflown),
        alarms=subject.alarms,
        stragglers=stragglers,
        ended_at=_to_datetime(end_ms) if len(until(measured.cells, end_ms)) < len(measured.cells) else None,
    )
    situation = Situation(
        decisions=_judged(metrics, subject, Role.DECISION),
        guardrails=_judged(metrics, subject, Role.GUARDRAIL),
        faults=_find_faults(subject, health, is_over=is_over),
        may_conclude=is_final or subject.plan.looking is not Looking.FIXED,
        is_final=is_over,
    )
    return Results(
        experiment_id=subject.id,
        experiment_name=subject.name,
        status=subject.status,
        strategy=subject.strategy,
        flow=subject.flow,
        computed_at=now,
        first_exposure_at=_to_datetime(measured.health.first_exposure_ms),
        last_exposure_at=_to_datetime(measured.health.last_exposure_ms),
        plan=subject.plan,
        plan_changed_at=subject.plan_changed_at,
        phases=len(subject.shares),
        variations=arms,
        health=health,
        metrics=metrics,
        verdict=decide(situation),
        notes=notes,
    )


def _leave_out_stragglers(subject: Subject, measured: Measurement) -> tuple[Measurement, int]:
    """Return the measurement without units of a variation that had a share before and has none in their phase; and their number.

    They are those who were decided for moments before a ramp was set back to 0 was known everywhere. So few would stand for the
    treatment in a phase of many.
    """
    shares = [{} if isinstance(phase, Missing) else phase for phase in subject.shares]
    planned = {key for phase in shares for key, share in phase.items() if share}

    def is_straggler(cell: Cell) -> bool:
        of_phase = shares[cell.phase] if cell.phase < len(shares) else {}
        return bool(of_phase) and cell.variation_id in planned and not of_phase.get(cell.variation_id, 0)

    left_out = sum(cell.units for cell in measured.cells if is_straggler(cell))
    if not left_out:
        return measured, 0
    return replace(measured, cells=tuple(cell for cell in measured.cells if not is_straggler(cell))), left_out


def _all_variations(subject: Subject, measured: Measurement) -> Mapping[str, str | None]:
    """Return the variations that are planned or have units or were forced, the planned ones first."""
    health = measured.health
    seen = sorted({cell.variation_id for cell in measured.cells} | {*health.drifted} | {*health.forced})
    return dict(subject.variations) | {key: None for key in seen if key not in subject.variations}


def _describe_health(subject: Subject, measured: Measurement) -> tuple[ArmHealth, ...]:
    people, automated = Counter[str](), Counter[str]()
    for cell in measured.cells:
        (automated if cell.is_automated else people)[cell.variation_id] += cell.units
    shares = subject.shares[-1] if subject.shares else {}
    planned = {} if isinstance(shares, Missing) or len(subject.shares) > 1 else shares
    total = sum(planned.values())
    return tuple(
        ArmHealth(
            variation_id=variation_id,
            name=name,
            is_control=variation_id == subject.control_id,
            planned_ratio=planned.get(variation_id, 0) / total if total else None,
            units=people[variation_id],
            drifted_units=measured.health.drifted.get(variation_id, 0),
            forced_exposures=measured.health.forced.get(variation_id, 0),
            automated_units=automated[variation_id],
        )
        for variation_id, name in subject.variations.items()
    )


def _check_health(subject: Subject, measured: Measurement, arms: Sequence[ArmHealth]) -> HealthResult:
    refusal = next((shares for shares in subject.shares if isinstance(shares, Missing)), None)
    counts: dict[int, Counter[str]] = defaultdict(Counter)
    for cell in measured.cells:
        counts[cell.phase][cell.variation_id] += cell.units
    phases = [
        ([counts[i][key] for key in subject.variations], [shares.get(key, 0) for key in subject.variations])
        for i, shares in enumerate(subject.shares)
        if not isinstance(shares, Missing)
    ]
    totals = [arm.units + arm.automated_units for arm in arms]
    health = measured.health
    return HealthResult(
        sample_ratio=refusal or check_phases(phases),
        alarm=refusal or sound_alarm(phases),
        drift=compare_shares(
            [arm.drifted_units for arm in arms], [n + arm.drifted_units for n, arm in zip(totals, arms, strict=True)]
        ),
        automation=compare_shares([arm.automated_units for arm in arms], totals),
        events=health.events,
        late_events=health.late_events,
        future_events=health.future_events,
        segments=_check_segments(subject, measured),
    )


def _check_segments(subject: Subject, measured: Measurement) -> tuple[SegmentHealth, ...]:
    """Return each segment's health; none of an experiment whose shares were changed, as segments know no phases."""
    (shares, *later) = subject.shares or [NOT_RANDOMISED]
    if later or isinstance(shares, Missing):
        return ()
    return check_segments(tuple(subject.variations), measured.breakdowns, shares)


def _find_doubt(subject: Subject, health: HealthResult) -> Missing | None:
    """Why no conclusion may be drawn from differences that can be computed."""
    if subject.strategy is Strategy.SEGMENT:
        return NOT_RANDOMISED
    ratio = health.sample_ratio
    if isinstance(ratio, SampleRatio):
        return MISMATCH if ratio.is_mismatch or is_ratio_alarm(health.alarm) else None
    return ratio if ratio.code is MissingCode.UNPLANNED_UNITS else None


def _find_faults(subject: Subject, health: HealthResult, *, is_over: bool) -> tuple[str, ...]:
    """Why nothing may be decided before something is repaired; that segments decide is no fault.

    A running experiment is broken by the alarm, which may be looked at at any moment; the χ² of one that is over by itself.
    """
    doubt = _find_doubt(subject, health)
    is_passing = doubt is MISMATCH and not is_over and not is_ratio_alarm(health.alarm)
    fault = None if doubt is NOT_RANDOMISED or is_passing else doubt
    drift = "Units drift out of one variation more than out of another, so those who are left can't be compared."
    return (*([fault.message] if fault else []), *([drift] if is_alarm(health.drift) else []))


def _judge_metrics(
    subject: Subject, measured: Measurement, doubt: Missing | None, end_ms: int | None
) -> tuple[MetricResult, ...]:
    """Return every metric judged: by what decides as of the planned end, by what guards or is looked at as of now."""
    plan, metrics = subject.plan, subject.plan.metrics
    cells = [cell for cell in measured.cells if not cell.is_automated]
    now = _View(cells, _setting_of(plan, cells, doubt))
    end = now if end_ms is None else _View(until(cells, end_ms), _setting_of(plan, until(cells, end_ms), doubt))
    views = [end if metric.role is Role.DECISION else now for metric in metrics]
    data = [_arms_of(subject, measured, view.cells, i, metrics[i]) for i, view in enumerate(views)]
    raw = [_compare(subject, metrics[i], data[i], view.setting, measured) for i, view in enumerate(views)]
    for i, metric in enumerate(metrics):
        if metric.role is Role.GUARDRAIL and end is not now:
            then = _compare(subject, metric, _arms_of(subject, measured, end.cells, i, metric), end.setting, measured)
            raw[i] = [_keep_harm(one, other) for one, other in zip(raw[i], then, strict=True)]
    judged = adjust(metrics, raw, plan.alpha)
    arms = Arms(tuple(subject.variations), subject.control_id)
    parts = [break_down(arms, measured.breakdowns, i, metric, now.setting) for i, metric in enumerate(metrics)]
    return tuple(
        MetricResult(
            metric=metric,
            arms=tuple(describe_arm(key, metric, arm) for key, arm in data[i].items()),
            comparisons=judged[i],
            series=_follow(subject, metric, cells, i, now.setting) if metric.role is not Role.EXPLORATORY else (),
            segments=tuple(part for broken in parts[i].values() for part in broken.segments),
            heterogeneity={dimension: broken.heterogeneity for dimension, broken in parts[i].items()},
            ages=follow_ages(arms, metrics, metric, cells, now.setting),
            cap=measured.caps.get(metric.name),
        )
        for i, metric in enumerate(metrics)
    )


@dataclass(frozen=True, slots=True)
class _View:
    """The cells that are looked at, and how."""

    cells: Sequence[Cell]
    setting: Setting


def _setting_of(plan: AnalysisPlan, cells: Sequence[Cell], doubt: Missing | None) -> Setting:
    return Setting(choose_look(plan, cells, sum(cell.units for cell in cells)), plan.alpha, doubt)


def _keep_harm(now: ComparisonResult, then: ComparisonResult) -> ComparisonResult:
    """Return a guardrail's comparison as of now; that it has held is judged as of the planned end, and harm at any moment."""
    return now if now.judgement is Judgement.HARMED else replace(now, judgement=then.judgement)


def _compare(
    subject: Subject, metric: Metric, arms: Mapping[str, ArmData], setting: Setting, measured: Measurement
) -> list[ComparisonResult]:
    treatments = {key: arm for key, arm in arms.items() if key != subject.control_id}
    if metric.name in measured.overflown:
        reason = Missing(MissingCode.OVERFLOWN, "Values are too large to be summed exactly: give the metric a cap.")
        return [refuse(key, reason) for key in treatments]
    return compare_arms(metric, arms.get(subject.control_id or ""), treatments, setting)


def _arms_of(
    subject: Subject, measured: Measurement, cells: Iterable[Cell], i: int, metric: Metric
) -> dict[str, ArmData]:
    phases = sum_phases(cells, i)
    histograms = measured.histograms.get(metric.name, {})
    clusters = measured.clusters
    return {
        key: ArmData(phases[key], histograms.get(key), clusters[key][i] if key in clusters else None)
        for key in subject.variations
    }


def _follow(subject: Subject, metric: Metric, cells: Sequence[Cell], i: int, setting: Setting) -> tuple[DayPoint, ...]:
    """Return how the comparisons stood at the end of each day, by the day of the units' exposure."""
    points: list[DayPoint] = []
    if subject.control_id is None or metric.name in {m.name for m in subject.plan.metrics if m.quantile is not None}:
        return ()
    for day_ms in sorted({cell.day_ms for cell in cells}):
        until = sum_phases((cell for cell in cells if cell.day_ms <= day_ms), i)
        control = ArmData(until.get(subject.control_id, {}))
        for key in subject.variations:
            if key == subject.control_id:
                continue
            arm = ArmData(until.get(key, {}))
            found = contrast_arms(metric, control, arm)
            shown = found if isinstance(found, Missing) else setting.look.interval(found.absolute())
            day = _EPOCH + timedelta(milliseconds=day_ms)
            points.append(DayPoint(day, key, control.total.n + arm.total.n, shown))
    return tuple(points)


def _judged(metrics: Iterable[MetricResult], subject: Subject, role: Role) -> list[Judged]:
    return [
        Judged(result.metric.name, subject.variations[c.variation_id] or c.variation_id, c.judgement)
        for result in metrics
        if result.metric.role is role
        for c in result.comparisons
    ]


def _to_datetime(stamp_ms: int | None) -> datetime | None:
    return None if stamp_ms is None else _EPOCH + timedelta(milliseconds=stamp_ms)
