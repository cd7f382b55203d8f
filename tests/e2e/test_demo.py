"""The demo, with fewer people."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import miss

ROOT = Path(__file__).parents[2]


def test_the_demo_runs_to_its_end_and_loses_nothing() -> None:
    if not (ROOT / ".venv-auth0-6.8.0" / "bin" / "python").exists():
        miss("auth0-python 6.8.0 (run 'make sdks')")

    done = subprocess.run(
        [sys.executable, "-m", "examples.demo", "--people", "500"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=150,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    for sentence in (
        "feature_flag_not_active",
        "is_valid: True",
        "kill -9, after",
        "all of them are among the",
        "Units and successes are exactly what the client counted",
        "says the same",
        "make demo KEEP=--keep",
    ):
        assert sentence in done.stdout
