"""Names say what a thing is or does: words that fit anything are left out, and so are reminders of things undone."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "signpost"
FILES = sorted(path for folder in ("src", "tests", "examples", "bench") for path in (ROOT / folder).rglob("*.py"))
EMPTY_MODULE = re.compile(r"^_?(base|common|core|helpers?|misc|shared|stuff|tools?|utils?)$")
EMPTY_CLASS = re.compile(r"(^_?Base[A-Z]|^_?I[A-Z][a-z]|^_?Abstract[A-Z]|(Manager|Helper|Util|Utils|Impl|Info)$)")
REMINDER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
ALLOWED_MODULES = {"api/wire/common.py"}  # what the bodies of all resources have in common


def class_names(path: Path) -> Iterator[str]:
    return (node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef))


def test_a_module_has_a_name_of_its_own() -> None:
    found = {str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py") if EMPTY_MODULE.match(path.stem)}

    assert found <= ALLOWED_MODULES


def test_a_class_is_called_after_what_it_is() -> None:
    found = {f"{path}: {name}" for path in FILES for name in class_names(path) if EMPTY_CLASS.search(name)}

    assert found == set()


def test_nothing_is_left_to_be_remembered() -> None:
    found = {path for path in FILES if path != Path(__file__) and REMINDER.search(path.read_text())}

    assert found == set()
