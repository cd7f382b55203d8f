"""The inside stays pure: what `model`, `assignment` and `ports` may import is a short list."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "signpost"
PURE = {"collections.abc", "dataclasses", "datetime", "enum", "operator", "re", "typing"}
ALLOWED = {
    "model": PURE | {"json"},
    "assignment": PURE | {"bisect", "functools", "itertools", "types", "xxhash"},
    "ports": PURE | {"concurrent.futures", "contextlib"},
}


def imports_of(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize("package", ALLOWED)
def test_a_pure_package_imports_nothing_that_acts(package: str) -> None:
    found = {name for path in (SOURCE / package).rglob("*.py") for name in imports_of(path)}

    assert {name for name in found if not name.startswith("signpost.")} <= ALLOWED[package]


def test_a_file_can_be_read_in_one_go() -> None:
    lines = {str(path.relative_to(SOURCE)): len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py")}

    assert {path: count for path, count in lines.items() if count > 400} == {}
