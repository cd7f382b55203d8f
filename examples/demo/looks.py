"""How the estimate settled: one line for each look at the results on the way."""

from typing import Any

from rich.console import Console

from signpost.analysis.answers import Estimate
from signpost.cli.interval_plot import ASCII, UNICODE, Axis, draw_axis, draw_interval, lay_axis

LABEL = 10
COLUMNS_MAX = 66


def draw_looks(console: Console, looks: list[dict[str, Any]], truth: float) -> None:
    """Draw the difference between the variations with its interval, look by look, and where the truth is."""
    glyphs = ASCII if console.options.ascii_only else UNICODE
    estimates = [(look["units"], find_effect(look)) for look in looks]
    shown = [(units, effect) for units, effect in estimates if effect is not None]
    axis = lay_axis([effect for _, effect in shown], min(COLUMNS_MAX, console.width - LABEL - 4))
    for units, effect in shown:
        line(console, f"{units:,}", draw_interval(effect, axis, glyphs))
    ruler, labels = draw_axis(axis, glyphs, lambda value: f"{100 * value:+.1f} pp")
    line(console, "", ruler)
    line(console, "devices", labels)
    line(console, "", point_at(truth, axis, f"the truth, {100 * truth:+.1f}"))


def find_effect(look: dict[str, Any]) -> Estimate | None:
    """Return the difference of the one treatment, as the server gives it."""
    effect = look["metrics"][0]["comparisons"][0]["absolute_effect"]
    return Estimate(**effect) if "value" in effect else None


def point_at(value: float, axis: Axis, label: str) -> str:
    column = axis.column_of(value)
    return f"{'':{column}}▲ {label}" if column + len(label) + 2 < axis.columns else f"{label + ' ▲':>{column + 1}}"


def line(console: Console, label: str, drawing: str) -> None:
    console.print(f"  {label:>{LABEL}} {drawing}", markup=False, no_wrap=True, overflow="crop")
