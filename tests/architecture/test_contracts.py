"""The import contracts bite: an import that breaks one is found."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINT_IMPORTS = str(Path(sys.executable).with_name("lint-imports"))
WRONG = [
    ("model/ids.py", "import signpost.usecases.flags", "Imports point down BROKEN"),
    ("storage/memory.py", "import signpost.usecases.flags", "Adapters don't know use cases BROKEN"),
    ("usecases/flags.py", "import fastapi", "The inside knows no framework BROKEN"),
    ("api/app.py", "import signpost.runtime", "Imports point down BROKEN"),
    ("edge/gate.py", "import pydantic", "Hot routes are plain ASGI BROKEN"),
    ("api/app.py", "import sqlalchemy", "Only the store speaks SQL to the control plane BROKEN"),
    ("cli/app.py", "import signpost.storage.memory", "Concrete adapters are named in one place BROKEN"),
    ("model/flags.py", "import signpost.model.readiness", "No cycles between siblings BROKEN"),
    ("middleware/asgi.py", "import django", "Each framework is met at its own door BROKEN"),
    ("nowhere.py", "", "signpost.nowhere"),
]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [LINT_IMPORTS, "--no-cache", "--config", str(ROOT / "pyproject.toml")],
        check=False,
        capture_output=True,
        text=True,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(folder)},
    )


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the package, to do wrong in."""
    return shutil.copytree(
        ROOT / "src" / "signpost", tmp_path / "signpost", ignore=shutil.ignore_patterns("__pycache__", ".*")
    )


def test_the_copy_is_right_to_begin_with(source: Path) -> None:
    assert lint_imports(source.parent).returncode == 0


@pytest.mark.parametrize(("path", "line", "complaint"), WRONG, ids=[f"{path}: {line}" for path, line, _ in WRONG])
def test_a_wrong_import_is_found(source: Path, path: str, line: str, complaint: str) -> None:
    with (source / path).open("a") as module:
        module.write(f"\n{line}\n")

    done = lint_imports(source.parent)

    assert done.returncode == 1
    assert complaint in done.stdout
