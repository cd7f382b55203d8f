"""What an import of logs has found, for people and for machines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from signpost.authlogs.tallies import Tally
from signpost.authlogs.units import NAMED, UnitField

TYPES_SHOWN = 20
EXPERIMENTS_SHOWN = 50
FIRST_WIDTH = 26
"""An id of ours fits."""


@dataclass(frozen=True, slots=True)
class ImportView:
    """An import. `names` are of the experiments that the tenant has; `skipped` the files that were read before."""

    tally: Tally
    unit_field: UnitField
    names: Mapping[str, str]
    skipped: tuple[str, ...]

    def __rich_console__(self, _: Console, __: ConsoleOptions) -> RenderResult:
        yield _numbers_of(self.tally)
        if self.tally.types:
            yield ""
            yield self._types()
        if self.tally.experiments:
            yield ""
            yield self._experiments()
        notes = [*self._notes()]
        if notes:
            yield ""
            yield from (Text(note) for note in notes)

    def _types(self) -> RenderableType:
        table = _table("type", "entries")
        for name, count in self.tally.types.most_common(TYPES_SHOWN):
            table.add_row(Text(name), f"{count:,}")
        if len(self.tally.types) > TYPES_SHOWN:
            table.add_row(f"and {len(self.tally.types) - TYPES_SHOWN:,} more types", "")
        return table

    def _experiments(self) -> RenderableType:
        table = _table("experiment", "assignments", "outcomes", "without unit", "name")
        for id_, found in [*self.tally.experiments.items()][:EXPERIMENTS_SHOWN]:
            numbers = (f"{number:,}" for number in (found.assignments, found.outcomes, found.without_unit))
            table.add_row(Text(id_), *numbers, Text(self.names.get(id_, "(not in this tenant)")))
        if len(self.tally.experiments) > EXPERIMENTS_SHOWN:
            table.add_row(f"and {len(self.tally.experiments) - EXPERIMENTS_SHOWN:,} more experiments", "", "", "", "")
        return table

    def _notes(self) -> Iterator[str]:
        for problem in self.tally.problems:
            yield f"{problem.source}, line {problem.line:,}: {problem.message}"
        further = self.tally.malformed + self.tally.warnings - len(self.tally.problems)
        if further:
            yield f"… and {further:,} more like these."
        for name in self.skipped:
            yield f"{name} was read to its end before; --from-start reads it again."
        if self.tally.read:
            yield f"The unit of an entry is its own `unit`, or else {_words_for(self.unit_field)} (--unit)."
        if self.tally.present:
            yield "Entries that were there already keep the unit with which they came first."
        taken = [id_ for id_, found in self.tally.experiments.items() if found.has_first_events]
        if taken:
            yield (
                f"No assignment entries of {', '.join(taken[:5])}{' …' if len(taken) > 5 else ''}: the first event of each"
                " unit counts as its exposure. Units that never came to an event are not in the log, so a treatment that"
                " loses people before it looks better than it is."
            )
        if any(found.without_unit for found in self.tally.experiments.values()):
            yield "Entries without a unit are kept, and count for no experiment: is there another field for --unit?"


def render_import(view: ImportView) -> dict[str, Any]:
    """Return an import as a JSON document."""
    tally = view.tally
    return {
        "entries": tally.read,
        "kept": tally.kept,
        "present": tally.present,
        "malformed": tally.malformed,
        "unit_field": view.unit_field.name,
        "skipped_files": list(view.skipped),
        "problems": [{"source": p.source, "line": p.line, "message": p.message} for p in tally.problems],
        "types": dict(tally.types.most_common()),
        "experiments": {
            id_: {
                "name": view.names.get(id_),
                "assignments": found.assignments,
                "outcomes": found.outcomes,
                "without_unit": found.without_unit,
                "exposures": "first-events" if found.has_first_events else "assignments",
            }
            for id_, found in tally.experiments.items()
        },
    }


def _numbers_of(tally: Tally) -> Text:
    return Text(
        f"{tally.read:,} entries read: {tally.kept:,} kept, {tally.present:,} there already. {tally.malformed:,} malformed."
    )


def _words_for(unit_field: UnitField) -> str:
    paths = " or ".join(f"`{'.'.join(path)}`" for path in unit_field.paths)
    return f"its {unit_field.name}, {paths}" if unit_field.name in NAMED else paths


def _table(first: str, *numbers: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    table.add_column(first, overflow="fold", min_width=FIRST_WIDTH)
    for name in numbers:
        table.add_column(name, justify="left" if name == "name" else "right", overflow="fold")
    return table
