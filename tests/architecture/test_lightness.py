"""Deciding in one's own process needs little: none of what only the server is made of."""

import subprocess
import sys

import pytest

ALONE = ["signpost.client", "signpost.middleware.asgi", "signpost.middleware.wsgi"]
SERVER = [
    "alembic",
    "cryptography",
    "duckdb",
    "fastapi",
    "jwt",
    "numpy",
    "pydantic",
    "rich",
    "scipy",
    "sqlalchemy",
    "starlette",
    "typer",
    "uvicorn",
]
CODE = """
import sys

class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {server}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Refuse())
{code}
"""


def run(code: str) -> "subprocess.CompletedProcess[str]":
    """Run code as it would without the server's dependencies."""
    return subprocess.run(
        [sys.executable, "-c", CODE.format(server=SERVER, code=code)], check=False, capture_output=True, text=True
    )


@pytest.mark.parametrize("module", ALONE)
def test_it_is_imported_without_what_the_server_needs(module: str) -> None:
    done = run(f"import {module}, signpost; signpost.Client().decide('authentication', 'device-1')")

    assert (done.returncode, done.stderr) == (0, "")


def test_importing_the_package_imports_nothing_else() -> None:
    done = run("import signpost\nprint([n for n in sys.modules if n.startswith('signpost.')])")

    assert done.stdout == "[]\n"


def test_the_commands_say_what_to_install() -> None:
    done = run("from signpost.cli import main\nmain()")

    assert done.returncode == 1
    assert "pip install 'signpost[server]'" in done.stderr
