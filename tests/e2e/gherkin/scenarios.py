"""Feature files as scenarios: outlines spread out, backgrounds put in front."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gherkin.parser import Parser
from gherkin.pickles.compiler import Compiler

Row = Mapping[str, str]


@dataclass(frozen=True)
class Step:
    """What is to be done or to be found, and the rows of its table by their heads."""

    text: str
    rows: Sequence[Row] = ()


@dataclass(frozen=True)
class Scenario:
    """One scenario; those of an outline have their example in the name."""

    name: str
    steps: Sequence[Step]


def read_scenarios(path: Path) -> list[Scenario]:
    """Return a feature's scenarios in the order of the file."""
    document: Any = Parser().parse(path.read_text(encoding="utf-8"))
    examples = dict(_list_examples(document["feature"]["children"]))
    document["uri"] = str(path)
    pickles: Any = Compiler().compile(document)
    return [
        Scenario(
            pickle["name"] + examples.get(pickle["astNodeIds"][-1], ""),
            [Step(step["text"], _read_rows(step)) for step in pickle["steps"]],
        )
        for pickle in pickles
    ]


def _list_examples(children: Sequence[Any]) -> Iterator[tuple[str, str]]:
    for child in children:
        for table in child.get("scenario", {}).get("examples", ()):
            for row in table["tableBody"]:
                yield row["id"], f" [{', '.join(cell['value'] for cell in row['cells'])}]"


def _read_rows(step: Any) -> list[Row]:
    rows = [
        [cell["value"] for cell in row["cells"]]
        for row in step.get("argument", {}).get("dataTable", {"rows": ()})["rows"]
    ]
    return [dict(zip(rows[0], row, strict=True)) for row in rows[1:]]
