"""Explanations for people and for machines."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from signpost.assignment import Outcome
from signpost.usecases.explanation import Explanation, Verdict
from signpost.usecases.explanation_steps import Coordinates

INDENT = 2
STYLES = {Verdict.AGREES: "bold green", Verdict.NOT_LOGGED: "bold"}
WORDS = {
    Verdict.AGREES: "The log agrees: it says in everything what is recomputed.",
    Verdict.DIFFERS: "The log differs from what is recomputed.",
    Verdict.UNTOLD: "What can be told agrees, but the variation can't be told:",
    Verdict.NOT_LOGGED: "Recomputed. Give the id of a log entry to hold it against the log.",
    Verdict.CONTRADICTED: "The steps and the code that decides come to different ends. Please report this.",
}


class ExplanationView:
    """Renders an explanation; Rich asks it with the width and the encoding of the terminal."""

    def __init__(self, explanation: Explanation) -> None:
        self._explanation = explanation

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one block after another."""
        shown = self._explanation
        logged = shown.logged
        entry = f", log entry {logged.log_id} of {logged.date}" if logged is not None else ""
        yield Text.assemble(("Unit ", "bold"), _plain(shown.unit), f", revision {shown.revision}{_plain(entry)}\n")
        yield _tabulate_steps(shown, mark="<" if options.ascii_only else "◀")
        yield Text.assemble("\n", (WORDS[shown.verdict], STYLES.get(shown.verdict, "bold red")))
        yield from _tell_more(shown)


def document_explanation(explanation: Explanation) -> dict[str, Any]:
    """Return the explanation as JSON values."""
    return {
        "log_id": explanation.logged.log_id if explanation.logged is not None else None,
        "experiment_id": explanation.experiment_id,
        "unit": explanation.unit,
        "flow": explanation.flow,
        "revision": explanation.revision,
        "steps": [
            {"title": s.title, "value": s.value, "note": s.note, "depth": s.depth, "is_hit": s.is_hit}
            for s in explanation.steps
        ],
        "decision": _document_outcome(explanation.outcome) if explanation.outcome is not None else None,
        "coordinates": _document_coordinates(explanation.coordinates) if explanation.coordinates is not None else None,
        "missing_attributes": list(explanation.missing),
        "verdict": explanation.verdict,
        "differences": [
            {"field": d.field, "logged": d.logged, "recomputed": d.recomputed} for d in explanation.differences
        ],
    }


def _document_outcome(outcome: Outcome) -> dict[str, Any]:
    return {
        "experiment_id": outcome.experiment_id,
        "variation_id": outcome.variation_id,
        "variation_name": outcome.variation_name,
        "is_control": outcome.is_control,
        "segment_id": outcome.segment_id,
        "reason": outcome.reason,
        "is_forced": outcome.is_forced,
        "config": outcome.config,
    }


def _document_coordinates(found: Coordinates) -> dict[str, Any]:
    return {
        "hash": f"{found.hashed:#018x}",  # as text: JSON readers that hold numbers as floats would round it
        "split": found.split,
        "exposure": found.exposure,
        "slot": found.slot,
    }


def _tabulate_steps(explanation: Explanation, mark: str) -> RenderableType:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    for _ in range(3):
        table.add_column(overflow="fold")
    for step in explanation.steps:
        value = Text(_plain(step.value), "bold" if step.is_hit else "")
        if step.is_hit:
            value.append(f" {mark}")
        title = Padding(Text(_plain(step.title)), (0, 0, 0, INDENT * step.depth), expand=False)
        table.add_row(title, value, Text(_plain(step.note), "dim"))
    return table


def _tell_more(explanation: Explanation) -> Iterator[RenderableType]:
    for difference in explanation.differences:
        logged, recomputed = _plain(str(difference.logged)), _plain(str(difference.recomputed))
        yield Text(f"  {difference.field}: the log says {logged}, recomputed is {recomputed}")
    if explanation.verdict is Verdict.UNTOLD:
        for name in explanation.missing:
            yield Text(_plain(f"  {name} is not known; say what it was with --context {name}=…, or {name} alone"))


def _plain(text: str) -> str:
    """Return the text with everything escaped that a terminal would not show but obey."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
