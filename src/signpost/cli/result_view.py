"""Results for people, in a terminal of any width, with or without colour."""

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from signpost.analysis.answers import Estimate, Missing, PValue
from signpost.analysis.comparison import Comparison, Conclusion
from signpost.cli.interval_plot import ASCII, UNICODE, draw_axis, draw_interval, lay_axis
from signpost.cli.result_words import (
    say_conclusion,
    say_difference,
    say_lift,
    say_p_value,
    say_period,
    say_rate,
    say_sample_ratio,
)
from signpost.usecases.results import Results, VariationResult

NARROW_COLUMNS = 80
"""Below this width the rates stand under each other and not in a table."""
PLOT_COLUMNS_MAX = 64
INDENT = 2
STYLES = {Conclusion.HIGHER: "bold green", Conclusion.LOWER: "bold red"}


class ResultView:
    """Renders results; Rich asks it with the width and the encoding of the terminal."""

    def __init__(self, results: Results) -> None:
        self._results = results

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one block after another."""
        results = self._results
        yield Text.assemble((results.experiment_name, "bold"), f"  {results.experiment_id}  {results.status}")
        yield Text(say_period(results) + "\n")
        narrow = options.max_width < NARROW_COLUMNS
        yield from _list_rates(results) if narrow else (_tabulate_rates(results),)
        yield from _compare(results, min(PLOT_COLUMNS_MAX, options.max_width - INDENT), ascii_only=options.ascii_only)
        yield Text.assemble(("\nSample ratio: ", "bold"), say_sample_ratio(results.sample_ratio))
        for note in results.notes:
            yield Text.assemble(("Note: ", "bold"), note.message)


def _tabulate_rates(results: Results) -> RenderableType:
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0), header_style="bold")
    table.add_column("Variation", overflow="fold")
    for title in ("Planned", "Units", "Successes", "Success rate (95 %)"):
        table.add_column(title, justify="right", no_wrap=True)
    for variation in results.variations:
        table.add_row(
            _name(variation),
            "–" if variation.planned_ratio is None else f"{100 * variation.planned_ratio:.4g} %",
            f"{variation.units:,}",
            f"{variation.successes:,}",
            "–" if isinstance(variation.success_rate, Missing) else say_rate(variation.success_rate),
        )
    return table


def _list_rates(results: Results) -> Iterator[RenderableType]:
    for variation in results.variations:
        yield _name(variation)
        yield _indent(f"{variation.successes:,} of {variation.units:,} units succeeded")
        if isinstance(variation.success_rate, Estimate):
            yield _indent(say_rate(variation.success_rate))


def _compare(results: Results, columns: int, *, ascii_only: bool) -> Iterator[RenderableType]:
    compared = [(v, v.comparison) for v in results.variations if v.comparison is not None]
    differences = [c.absolute for _, c in compared if isinstance(c.absolute, Estimate)]
    if not differences and not results.units:
        return
    glyphs = ASCII if ascii_only else UNICODE
    axis = lay_axis(differences, columns)
    yield Text("\nDifference to the control, with 95 % intervals", "bold")
    for variation, comparison in compared:
        yield from _tell(variation, comparison)
        if isinstance(comparison.absolute, Estimate):
            yield _draw(draw_interval(comparison.absolute, axis, glyphs))
    if differences:
        yield from map(_draw, draw_axis(axis, glyphs))


def _tell(variation: VariationResult, comparison: Comparison) -> Iterator[RenderableType]:
    conclusion = comparison.conclusion
    style = "bold" if isinstance(conclusion, Missing) else STYLES.get(conclusion, "bold")
    yield Text.assemble(_name(variation), ": ", (say_conclusion(conclusion), style))
    if isinstance(comparison.absolute, Missing):
        return
    numbers = [say_difference(comparison.absolute)]
    if isinstance(comparison.relative, Estimate):
        numbers.append(f"relative {say_lift(comparison.relative)}")
    if isinstance(comparison.adjusted_p_value, PValue):
        adjusted = " (adjusted)" if comparison.adjusted_p_value != comparison.p_value else ""
        numbers.append(say_p_value(comparison.adjusted_p_value) + adjusted)
    yield _indent(", ".join(numbers))


def _name(variation: VariationResult) -> Text:
    name = variation.name or variation.variation_id
    return Text.assemble(name, " (control)") if variation.is_control else Text(name)


def _indent(line: str) -> RenderableType:
    return Padding(Text(line), (0, 0, 0, INDENT), expand=False)


def _draw(line: str) -> RenderableType:
    return Padding(Text(line, no_wrap=True, overflow="crop"), (0, 0, 0, INDENT), expand=False)
