"""Results for people, in a terminal of any width, with or without colour."""

from collections.abc import Iterator, Mapping

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.results import ArmResult, ComparisonResult, Decision, Judgement, MetricResult, Results
from signpost.cli.interval_plot import ASCII, UNICODE, draw_axis, draw_interval, lay_axis
from signpost.model.metrics import Role
from signpost.reports.words import (
    DECISIONS,
    say_difference,
    say_judgement,
    say_level,
    say_lift,
    say_p_value,
    say_period,
    say_plan,
    say_sample_ratio,
    say_value,
)

PLOT_COLUMNS_MAX = 64
INDENT = 2
STYLES = {
    Judgement.BETTER: "bold green",
    Judgement.HELD: "bold green",
    Judgement.WORSE: "bold red",
    Judgement.HARMED: "bold red",
}
VERDICTS = {Decision.SHIP: "bold green", Decision.BROKEN: "bold red", Decision.STOP: "bold yellow"}
ROLES = {Role.DECISION: "decides", Role.GUARDRAIL: "guardrail", Role.EXPLORATORY: "to look at"}
NARROW_COLUMNS = 80
"""Below this width variations stand under each other and not in a table."""


class ResultView:
    """Renders results; Rich asks it with the width and the encoding of the terminal."""

    def __init__(self, results: Results) -> None:
        self._results = results
        self._names: Mapping[str, str] = {
            arm.variation_id: (arm.name or arm.variation_id) for arm in results.variations
        }

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one block after another."""
        results, verdict = self._results, self._results.verdict
        yield Text.assemble((results.experiment_name, "bold"), f"  {results.experiment_id}  {results.status}")
        yield Text(say_period(results))
        yield Text(f"Plan: {say_plan(results.plan)}\n")
        yield Text(f"{DECISIONS[verdict.decision]}.", VERDICTS.get(verdict.decision, "bold"))
        for reason in verdict.reasons:
            yield _indent(reason)
        yield Text()
        yield from self._list_units() if options.max_width < NARROW_COLUMNS else (self._tabulate_units(),)
        columns = min(PLOT_COLUMNS_MAX, options.max_width - INDENT)
        for metric in results.metrics:
            yield from self._tell_metric(metric, columns, ascii_only=options.ascii_only)
        yield Text.assemble(("\nSample ratio: ", "bold"), say_sample_ratio(results.health.sample_ratio))
        for note in results.notes:
            yield Text.assemble(("Note: ", "bold"), note.message)

    def _tabulate_units(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
        table.add_column("Variation", overflow="fold")
        for title in ("Planned", "Units", "Drifted", "Automated", "Forced"):
            table.add_column(title, justify="right", no_wrap=True)
        for arm in self._results.variations:
            table.add_row(
                self._name(arm.variation_id),
                "–" if arm.planned_ratio is None else f"{100 * arm.planned_ratio:.4g} %",
                *(f"{count:,}" for count in (arm.units, arm.drifted_units, arm.automated_units, arm.forced_exposures)),
            )
        return table

    def _list_units(self) -> Iterator[RenderableType]:
        for arm in self._results.variations:
            planned = "" if arm.planned_ratio is None else f", {100 * arm.planned_ratio:.4g} % planned"
            yield self._name(arm.variation_id)
            yield _indent(f"{arm.units:,} units{planned}")

    def _tell_metric(self, result: MetricResult, columns: int, *, ascii_only: bool) -> Iterator[RenderableType]:
        metric = result.metric
        margin = f", may lose {100 * (metric.margin or 0):g} %" if metric.role is Role.GUARDRAIL else ""
        better = "more is better" if metric.direction == "increase" else "less is better"
        yield Text.assemble((f"\n{metric.name}", "bold"), f"  {ROLES[metric.role]}{margin}, {better}")
        for arm in result.arms:
            yield self._tell_arm(arm, result)
        differences = [c.absolute for c in result.comparisons if isinstance(c.absolute, Estimate)]
        glyphs = ASCII if ascii_only else UNICODE
        axis = lay_axis(differences, columns)
        for comparison in result.comparisons:
            yield self._tell(comparison, result)
            if isinstance(comparison.absolute, Estimate):
                yield _draw(draw_interval(comparison.absolute, axis, glyphs))
        if differences:
            yield from map(_draw, draw_axis(axis, glyphs, lambda value: _label(value, result)))

    def _tell_arm(self, arm: ArmResult, result: MetricResult) -> RenderableType:
        value = "–" if isinstance(arm.value, Missing) else say_level(arm.value, result.metric)
        of = f"{arm.total:,} of " if result.metric.is_proportion else ""
        return _indent(Text.assemble(self._name(arm.variation_id), f": {of}{arm.units:,} units, {value}"))

    def _tell(self, comparison: ComparisonResult, result: MetricResult) -> RenderableType:
        judgement = comparison.judgement
        style = "bold" if isinstance(judgement, Missing) else STYLES.get(judgement, "bold")
        numbers = []
        if isinstance(comparison.absolute, Estimate):
            numbers.append(say_difference(comparison.absolute, result.metric))
        if isinstance(comparison.relative, Estimate):
            numbers.append(f"relative {say_lift(comparison.relative)}")
        if isinstance(comparison.adjusted_p_value, PValue) and result.metric.role is not Role.GUARDRAIL:
            adjusted = " (adjusted)" if comparison.adjusted_p_value != comparison.p_value else ""
            numbers.append(say_p_value(comparison.adjusted_p_value) + adjusted)
        name = self._names[comparison.variation_id]
        said = Text.assemble(f"{name}: ", (say_judgement(judgement), style))
        return _indent(said.append(f"; {', '.join(numbers)}") if numbers else said)

    def _name(self, variation_id: str) -> Text:
        controls = {arm.variation_id for arm in self._results.variations if arm.is_control}
        name = self._names[variation_id]
        return Text(f"{name} (control)" if variation_id in controls else name)


def _label(value: float, result: MetricResult) -> str:
    if result.metric.is_proportion:
        return f"{100 * value:+.1f} pp"
    return ("−" if value < 0 else "+") + say_value(abs(value), result.metric)


def _indent(line: str | Text) -> RenderableType:
    return Padding(Text(line) if isinstance(line, str) else line, (0, 0, 0, INDENT), expand=False)


def _draw(line: str) -> RenderableType:
    return Padding(Text(line, no_wrap=True, overflow="crop"), (0, 0, 0, INDENT), expand=False)
