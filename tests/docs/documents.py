"""Documents that run: what a Markdown file tells its reader to type is typed, and has to do what the file says.

A `console` block: `$ ` begins a command, `> ` goes on with it, and below stands what it prints. A `python` block whose first
line is a comment with a name (`# tour.py`) is that file; any other is a script, and the `output` block after it is what it
prints. `…` stands for anything. Whatever runs has to succeed. Blocks in other languages are there to be read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from markdown_it import MarkdownIt

FILE = re.compile(r"# (\w+\.py)\n")


@dataclass(frozen=True)
class Command:
    """What is typed, and what comes out."""

    text: str
    output: str


@dataclass(frozen=True)
class File:
    """What stands in the reader's folder from here on."""

    name: str
    text: str


@dataclass(frozen=True)
class Script:
    """A Python script, and what comes out."""

    text: str
    output: str


Step = Command | File | Script


class DocumentError(Exception):
    """A document that can't be run as it stands."""


def read_steps(document: Path) -> list[Step]:
    """Return what a reader does, in order.

    Raises:
        DocumentError: output stands where nothing prints it.
    """
    steps: list[Step] = []
    above = ""
    for token in MarkdownIt("commonmark").parse(document.read_text()):
        if token.type != "fence":
            continue
        language = token.info.strip()
        if language == "console":
            steps.extend(read_commands(token.content))
        elif language == "python" and (name := FILE.match(token.content)):
            steps.append(File(name[1], token.content))
        elif language == "python":
            steps.append(Script(token.content, ""))
        elif language == "output":
            if above != "python" or not isinstance(steps[-1], Script):
                raise DocumentError(f"{document.name}: no script above prints {token.content!r}")
            steps[-1] = Script(steps[-1].text, token.content)
        above = language
    return steps


def read_commands(console: str) -> Iterator[Command]:
    """Split a console into its commands.

    Raises:
        DocumentError: it begins with something that nobody typed.
    """
    before, *parts = re.split(r"^\$ ", console, flags=re.MULTILINE)
    if before.strip():
        raise DocumentError(f"a console begins with a command, not with {before!r}")
    for part in parts:
        first, *rest = part.splitlines()
        typed = [first]
        while rest and rest[0].startswith("> "):
            typed.append(rest.pop(0)[2:])
        yield Command("\n".join(typed), "\n".join(rest))


def is_like(printed: str, shown: str) -> bool:
    """Return whether what was printed is what the document shows, blanks at the ends of lines apart."""
    pattern = ".*".join(re.escape(piece) for piece in trim(shown).split("…"))
    return re.fullmatch(pattern, trim(printed), re.DOTALL) is not None


def trim(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
