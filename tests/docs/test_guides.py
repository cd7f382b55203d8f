"""Guides run as written: every `python` block of a guide is a script, and an `output` block after it is what it prints."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(
    r"^```python\n(?P<script>.*?)^```\n(?:\n```output\n(?P<output>.*?)^```\n)?", re.MULTILINE | re.DOTALL
)


def scripts() -> list[object]:
    """Return every script of every guide with what it is to print."""
    return [
        pytest.param(block["script"], block["output"] or "", id=f"{guide.stem}-{number}")
        for guide in sorted(ROOT.glob("docs/guides/*.md"))
        for number, block in enumerate(BLOCK.finditer(guide.read_text()), start=1)
    ]


@pytest.mark.parametrize(("script", "output"), scripts())
def test_a_script_of_a_guide_prints_what_the_guide_says(script: str, output: str, tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", script], check=False, capture_output=True, text=True, cwd=tmp_path)

    assert (done.stderr, done.stdout) == ("", output)


def test_guides_have_scripts() -> None:
    assert scripts()
