"""An environment for each peer, with the versions that are written down beside it: `.venv-peers/NAME` from `NAME.txt`."""

import subprocess
import sys
from pathlib import Path

REQUIREMENTS = Path(__file__).parent
ROOT = REQUIREMENTS.parents[1]
UV = str(Path(sys.executable).with_name("uv"))


def python_of(name: str) -> Path:
    """Return the interpreter of a peer's environment, which is made first where it is not there as written down."""
    folder = ROOT / ".venv-peers" / name
    requirements = REQUIREMENTS / f"{name}.txt"
    python = folder / "bin" / "python"
    installed = folder / "installed.txt"
    if not installed.exists() or installed.read_text() != requirements.read_text():
        print(f"installing {name}", file=sys.stderr, flush=True)
        run("venv", "--clear", "--python", sys.executable, str(folder))
        run("pip", "sync", "--python", str(python), str(requirements))
        installed.write_text(requirements.read_text())
    return python


def run(*arguments: str) -> None:
    subprocess.run([UV, *arguments, "--quiet"], check=True)
