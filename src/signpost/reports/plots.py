"""Plots, as SVG that can stand in a page: legible without colour, with a text for those who can't see them."""

import io
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from signpost.analysis.answers import Estimate

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = ("o", "s", "D", "^", "v", "P", "X", "*")
LINES = ("-", "--", ":", "-.")
WIDTH = 6.4
SETTINGS = {
    "svg.fonttype": "none",
    "svg.hashsalt": "signpost",
    "font.family": "sans-serif",
    "font.size": 10,
    "text.parse_math": False,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


@dataclass(frozen=True, slots=True)
class Bar:
    """One interval of a forest plot."""

    label: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Line:
    """One series: a point with its band for each day."""

    label: str
    points: Sequence[tuple[datetime, Estimate]]


def draw_forest(bars: Sequence[Bar], write: Callable[[float], str], title: str, margin: float | None = None) -> str:
    """Return the intervals one under the other, with a line at 0 and, dashed, at the margin that may be lost."""

    def draw(axes: "Axes") -> None:
        for row, bar in enumerate(bars):
            estimate = bar.estimate
            axes.plot(
                [estimate.ci_lower, estimate.ci_upper], [row, row], color="black", linewidth=2, solid_capstyle="butt"
            )
            for end in (estimate.ci_lower, estimate.ci_upper):
                axes.plot([end], [row], marker="|", markersize=10, color="black")
            axes.plot([estimate.value], [row], marker=MARKERS[row % len(MARKERS)], markersize=8, color="black")
        axes.axvline(0, color="black", linewidth=1)
        if margin is not None:
            axes.axvline(margin, color="black", linewidth=1, linestyle="--")
        axes.set_yticks(range(len(bars)), [_shorten(bar.label) for bar in bars])
        axes.set_ylim(len(bars) - 0.5, -0.5)
        axes.spines["left"].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.locator_params(axis="x", nbins=5)
        axes.xaxis.set_major_formatter(lambda value, _: write(value))

    return _draw(draw, 0.7 + 0.45 * len(bars), title)


def draw_series(lines: Sequence[Line], write: Callable[[float], str], title: str) -> str:
    """Return the estimates day by day with their bands, and a line at 0."""

    def draw(axes: "Axes") -> None:
        for number, line in enumerate(lines):
            days = [day for day, _ in line.points]
            found = [estimate for _, estimate in line.points]
            axes.plot(
                days,  # type: ignore[arg-type]
                [e.value for e in found],
                color="black",
                linestyle=LINES[number % len(LINES)],
                marker=MARKERS[number % len(MARKERS)],
                markersize=4,
                label=_shorten(line.label),
            )
            lower, upper = [e.ci_lower for e in found], [e.ci_upper for e in found]
            axes.fill_between(days, lower, upper, color="black", alpha=0.12, linewidth=0)  # type: ignore[arg-type]
        axes.axhline(0, color="black", linewidth=1)
        axes.yaxis.set_major_formatter(lambda value, _: write(value))
        axes.figure.autofmt_xdate()
        if len(lines) > 1:
            axes.legend(frameon=False)

    return _draw(draw, 2.6, title)


def _draw(draw: "Callable[[Axes], None]", height: float, title: str) -> str:
    from matplotlib import rc_context  # noqa: PLC0415 only who draws pays for it
    from matplotlib.backends.backend_svg import FigureCanvasSVG  # noqa: PLC0415
    from matplotlib.figure import Figure  # noqa: PLC0415

    settings: Any = SETTINGS
    with rc_context(settings), warnings.catch_warnings():
        # The text stays text: the reader's fonts draw it, ours are only asked for its width.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        FigureCanvasSVG(figure)
        draw(figure.add_subplot())
        return _write_svg(figure, title)


def _write_svg(figure: "Figure", title: str) -> str:
    """Return the drawing as an element of a page, with nothing in it that changes from time to time."""
    file = io.StringIO()
    figure.savefig(file, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    text = file.getvalue()
    svg = text[text.index("<svg") :]
    head, rest = svg.split(">", 1)
    return f'{head} role="img" aria-label="{_escape(title)}">{rest}'


def _shorten(label: str) -> str:
    short = label if len(label) <= 32 else f"{label[:31]}…"
    return "".join(c if c.isprintable() else " " for c in short)


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")
