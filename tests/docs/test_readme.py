"""The README runs as written.

A `console` block is typed into one shell, line by line: `$ ` begins a command, what follows is its output, where `…` stands for
anything. A `python` block whose first line is a comment with a name is written into a file of that name.
"""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from examples.demo.server import find_free_port
from tests.conftest import miss

ROOT = Path(__file__).parents[2]
SDK_PYTHON = ROOT / ".venv-auth0-6.8.0" / "bin" / "python"
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Shell:
    """A bash that stays, as a person's does."""

    def __init__(self, folder: Path, path: str) -> None:
        environment = {"PATH": path, "HOME": str(folder), "LANG": "C.UTF-8", "COLUMNS": "160"}
        self._process = subprocess.Popen(
            ["bash", "--norc"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=folder,
            env=environment,
        )

    def type(self, command: str) -> str:
        """Run a command and return what it printed."""
        mark = secrets.token_hex(8)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{command}\necho; echo {mark}\n")
        self._process.stdin.flush()
        lines: list[str] = []
        for line in self._process.stdout:
            if line.strip() == mark:
                break
            lines.append(line)
        return "".join(lines).strip()

    def close(self) -> None:
        self._process.communicate("kill $(jobs -p) 2>/dev/null; wait\n")


def commands_of(block: str) -> Iterator[tuple[str, str]]:
    """Return each command of a console block with the output that is expected."""
    for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
        command, _, output = part.partition("\n")
        yield command, output.strip()


def fits(expected: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(piece.strip(" ")) for piece in expected.split("…"))
    return re.fullmatch(pattern, printed, re.DOTALL) is not None


def test_the_readme_runs_as_written(tmp_path: Path) -> None:
    if not SDK_PYTHON.exists():
        miss("auth0-python 6.8.0 (run 'make sdks')")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "signpost").symlink_to(Path(sys.executable).with_name("signpost"))
    text = (ROOT / "README.md").read_text().replace("8080", str(find_free_port()))
    shell = Shell(tmp_path, f"{tools}:{SDK_PYTHON.parent}:{os.environ['PATH']}")
    ran = 0

    try:
        for kind, block in BLOCK.findall(text):
            if kind == "python":
                (tmp_path / block.partition("\n")[0].removeprefix("# ")).write_text(block)
                continue
            for command, expected in commands_of(block):
                printed = shell.type(command)
                ran += 1
                if expected or "&" not in command:
                    assert fits(expected, printed), f"$ {command}\n{printed}\n-- expected --\n{expected}"
    finally:
        shell.close()

    assert ran > 10


@pytest.mark.parametrize(
    ("expected", "printed", "is_fit"),
    [("a…c", "abc", True), ("a…c", "a\nb\nc", True), ("abc", "abd", False), ("a…", "b", False), ("", "", True)],
)
def test_an_ellipsis_stands_for_anything(expected: str, printed: str, *, is_fit: bool) -> None:
    assert fits(expected, printed) is is_fit
