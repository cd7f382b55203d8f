"""A preview of a metric for people."""

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from signpost.model.metrics import Aggregation
from signpost.usecases.metric_previews import Preview

BAR = 40
"""Characters of the longest bar."""


class PreviewView:
    """Renders a preview; Rich asks it with the width of the terminal."""

    def __init__(self, preview: Preview) -> None:
        self._preview = preview

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one block after another."""
        preview = self._preview
        yield Text.assemble((preview.metric.name, "bold"), f"  {preview.metric.description}")
        yield Text(
            f"{preview.units:,} units exposed since {preview.since:%Y-%m-%d %H:%M} UTC, {preview.units_with_events:,} of them"
            f" with such an event, {preview.units_with_value:,} with a value"
        )
        yield Text(_say_value(preview))
        if preview.buckets:
            yield _tabulate(preview)


def _say_value(preview: Preview) -> str:
    metric, value = preview.metric, preview.value
    measure = "" if metric.measure is None else f" {metric.measure}"
    if preview.has_overflown:
        return "The values are too large to be summed exactly: give the metric a cap."
    if value is None:
        return "There is no value."
    if metric.is_proportion:
        return f"{100 * value:.2f} % of those with a value"
    if metric.quantile is not None:
        return f"{value:,.0f}{measure} at the quantile {metric.quantile:g}"
    if metric.aggregation is Aggregation.RATIO:
        return f"{value:,.4f}{measure} for each"
    deviation = "" if preview.standard_deviation is None else f", standard deviation {preview.standard_deviation:,.4f}"
    capped = "" if preview.cap is None else f", capped at {preview.cap:,}"
    return f"{value:,.4f}{measure} on average{deviation}{capped}"


def _tabulate(preview: Preview) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False, padding=(0, 2, 0, 0))
    table.add_column(justify="right")
    table.add_column(justify="right")
    table.add_column()
    largest = max(bucket.units for bucket in preview.buckets)
    for bucket in preview.buckets:
        is_single = bucket.stop == bucket.start + 1
        label = f"{bucket.start:,}" if is_single else f"{bucket.start:,} to {bucket.stop:,}"
        table.add_row(label, f"{bucket.units:,}", "#" * round(BAR * bucket.units / max(1, largest)))
    return table
