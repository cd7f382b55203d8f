"""The report: one page that needs nothing else, for a screen of any width and for paper."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.results import (
    ArmHealth,
    ComparisonResult,
    Decision,
    HealthResult,
    Judgement,
    MetricResult,
    Results,
)
from signpost.model.metrics import Direction, Metric, Role
from signpost.reports import words
from signpost.reports.plots import Bar, Line, draw_forest, draw_series
from signpost.usecases.result_notes import ALARM_MAX, RATIO_ALARM_MAX

TEMPLATES = Path(__file__).with_name("templates")
ROLES = {
    Role.DECISION: "What decides",
    Role.GUARDRAIL: "Guardrails",
    Role.EXPLORATORY: "To look at",
}
MARKS = {Judgement.BETTER: "▲", Judgement.WORSE: "▼", Judgement.HELD: "✓", Judgement.HARMED: "✗"}


@dataclass(frozen=True, slots=True)
class MetricView:
    """One metric as the page shows it."""

    name: str
    description: str
    better: str
    margin: str | None
    arms: Sequence[tuple[str, str, str]]
    """Name, units, value."""
    comparisons: Sequence[Mapping[str, str]]
    forest: str | None
    series: str | None
    segments: Sequence[Mapping[str, str]]
    heterogeneity: Sequence[tuple[str, str]]
    ages: Sequence[tuple[str, str, str, str]]
    """Days, variation, units, difference."""


def render_html(results: Results) -> str:
    """Return the page."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 only who reports pays for it

    templates = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return templates.get_template("report.html").render(_view(results))


def _view(results: Results) -> dict[str, Any]:
    names = {arm.variation_id: name_of(arm) for arm in results.variations}
    sections = []
    for role, title in ROLES.items():
        shown = [_view_metric(m, results, names) for m in results.metrics if m.metric.role is role]
        if shown:
            sections.append((title, shown))
    methods = {
        c.absolute.method: None
        for metric in results.metrics
        for c in metric.comparisons
        if isinstance(c.absolute, Estimate)
    }
    return {
        "results": results,
        "names": names,
        "decision": words.DECISIONS[results.verdict.decision],
        "mood": {Decision.SHIP: "good", Decision.BROKEN: "bad", Decision.STOP: "bad"}.get(
            results.verdict.decision, "open"
        ),
        "period": words.say_period(results),
        "plan": words.say_plan(results.plan),
        "sections": sections,
        "health": _view_health(results),
        "methods": list(methods),
        "time": words.TIME,
    }


def name_of(arm: ArmHealth) -> str:
    """Return what a variation is called."""
    return (arm.name or arm.variation_id) + (" (control)" if arm.is_control else "")


def _view_metric(result: MetricResult, results: Results, names: Mapping[str, str]) -> MetricView:
    metric = result.metric
    return MetricView(
        name=metric.name.replace("_", " "),
        description=metric.description,
        better="More is better." if metric.direction is Direction.INCREASE else "Less is better.",
        margin=f"May lose {100 * (metric.margin or 0):g} % of the control’s value."
        if metric.role is Role.GUARDRAIL
        else None,
        arms=[(names[arm.variation_id], f"{arm.units:,}", _say(arm.value, metric)) for arm in result.arms],
        comparisons=[_view_comparison(c, metric, names) for c in result.comparisons],
        forest=_draw_comparisons(result, results, names),
        series=_draw_days(result, names),
        segments=[
            {
                "segment": f"{s.dimension}: {'none' if s.value is None else s.value}",
                **_view_comparison(c, metric, names),
                "rest": "–"
                if isinstance(rest := s.against_rest[c.variation_id], Missing)
                else words.say_difference(rest, metric),
            }
            for s in result.segments
            for c in s.comparisons
            if not isinstance(c.absolute, Missing)
        ],
        heterogeneity=[
            (dimension, words.say_p_value(p) if isinstance(p, PValue) else p.message)
            for dimension, p in (result.heterogeneity or {}).items()
        ],
        ages=[
            (
                f"{p.from_day} to {p.to_day}",
                names[p.variation_id],
                f"{p.units:,}",
                p.absolute.message if isinstance(p.absolute, Missing) else words.say_difference(p.absolute, metric),
            )
            for p in result.ages
        ],
    )


def _view_comparison(comparison: ComparisonResult, metric: Metric, names: Mapping[str, str]) -> dict[str, str]:
    judgement, p_value = comparison.judgement, comparison.adjusted_p_value
    mark = "" if isinstance(judgement, Missing) else MARKS.get(judgement, "")
    chance = comparison.chance_to_be_better
    is_tested = metric.role is not Role.GUARDRAIL
    return {
        "name": names[comparison.variation_id],
        "judgement": f"{mark} {words.say_judgement(judgement)}".strip(),
        "absolute": "–"
        if isinstance(comparison.absolute, Missing)
        else words.say_difference(comparison.absolute, metric),
        "relative": "–" if isinstance(comparison.relative, Missing) else words.say_lift(comparison.relative),
        "p_value": words.say_p_value(p_value) if isinstance(p_value, PValue) and is_tested else "–",
        "chance": f"{100 * chance.value:.1f} %" if isinstance(chance, PValue) else "–",
        "mood": {"▲": "good", "✓": "good", "▼": "bad", "✗": "bad"}.get(mark, "open"),
    }


def _draw_comparisons(result: MetricResult, results: Results, names: Mapping[str, str]) -> str | None:
    metric = result.metric
    bars = [Bar(names[c.variation_id], c.absolute) for c in result.comparisons if isinstance(c.absolute, Estimate)]
    if not bars:
        return None
    controls = {arm.variation_id for arm in results.variations if arm.is_control}
    base = next(
        (a.value.value for a in result.arms if a.variation_id in controls and isinstance(a.value, Estimate)), None
    )
    margin = None
    if metric.role is Role.GUARDRAIL and metric.margin is not None and base is not None:
        margin = (-1 if metric.direction is Direction.INCREASE else 1) * metric.margin * base
    said = "; ".join(f"{bar.label}: {words.say_difference(bar.estimate, metric)}" for bar in bars)
    return draw_forest(bars, lambda v: _tick(v, metric), f"Difference to the control. {said}.", margin)


def _draw_days(result: MetricResult, names: Mapping[str, str]) -> str | None:
    metric = result.metric
    lines = []
    for variation_id in dict.fromkeys(point.variation_id for point in result.series):
        points = [
            (p.day, p.absolute)
            for p in result.series
            if p.variation_id == variation_id and isinstance(p.absolute, Estimate)
        ]
        if len(points) > 1:
            lines.append(Line(names[variation_id], points))
    if not lines:
        return None
    last = "; ".join(f"{line.label}: {words.say_difference(line.points[-1][1], metric)}" for line in lines)
    return draw_series(lines, lambda v: _tick(v, metric), f"Difference to the control day by day; on the last, {last}.")


def _view_health(results: Results) -> list[tuple[str, str, str]]:
    """Return what was checked, what was found, and in what mood."""
    health = results.health
    ratio = words.say_sample_ratio(health.sample_ratio)
    late = f"{health.late_events:,} of {health.events:,} came more than an hour late, {health.future_events:,} are dated in the future"
    checks = [
        ("Sample ratio", ratio, "bad" if "NOT AS PLANNED" in ratio else "good"),
        ("Sample ratio, at any moment", *_check(health.alarm, RATIO_ALARM_MAX)),
        *_check_segments(health),
        ("Drift out of each variation", *_check(health.drift)),
        ("Suspected automation in each variation", *_check(health.automation)),
        ("Events", late, "bad" if health.late_events * 100 > health.events or health.future_events else "good"),
    ]
    return [(what, found, "open" if found.startswith("not checked") else mood) for what, found, mood in checks]


def _check_segments(health: HealthResult) -> list[tuple[str, str, str]]:
    """Return one line on all segments: the one that is furthest from the plan."""
    known = [(s.alarm.value, s) for s in health.segments if isinstance(s.alarm, PValue)]
    if not known:
        return []
    smallest, worst = min(known, key=lambda pair: pair[0])
    adjusted = min(1.0, smallest * len(known))
    where = f"{worst.dimension} = {'none' if worst.value is None else worst.value}"
    found = (
        f"furthest off in {where}, {words.say_p_value(PValue(adjusted, worst.dimension))} over {len(known)} segments"
    )
    is_off = adjusted < RATIO_ALARM_MAX
    return [("Sample ratio by segment", f"{'NOT AS PLANNED: ' if is_off else ''}{found}", "bad" if is_off else "good")]


def _check(p_value: PValue | Missing, smallest: float = ALARM_MAX) -> tuple[str, str]:
    if isinstance(p_value, Missing):
        return f"not checked. {p_value.message}", "open"
    is_bad = p_value.value < smallest
    return (
        f"{'NOT AS IT SHOULD BE' if is_bad else 'nothing found'} ({words.say_p_value(p_value)})",
        "bad" if is_bad else "good",
    )


def _say(value: Estimate | Missing, metric: Metric) -> str:
    return value.message if isinstance(value, Missing) else words.say_level(value, metric)


def _tick(value: float, metric: Metric) -> str:
    if metric.is_proportion:
        return f"{100 * value:+.3g} pp" if value else "0"
    return ("−" if value < 0 else "+") + words.say_value(abs(value), metric) if value else "0"
