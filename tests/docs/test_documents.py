"""README and guides do what they say, and who reads them is strict."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import miss
from tests.docs.documents import Command, DocumentError, File, Script, is_like, read_steps
from tests.docs.reader import SDK_PYTHON, Reader

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted(ROOT.glob("docs/guides/*.md"))]
SAMPLE = """
```console
$ NAME=Ada && mkdir here && cd here
$ echo "Hello, $NAME" && echo again
Hello, …
again
$ cat > greeting <<END
> Good morning
> END
$ cat greeting
Good morning
```

```python
# tour.py
print(8080)
```

1. In a list, too:

   ```console
   $ python ../tour.py
   8080
   ```

```python
from signpost.model.limits import SLOTS

print(SLOTS)
```

```output
1000000
```

```sh
this is shown, not run
```
"""


@pytest.fixture
def reader(tmp_path: Path) -> Iterator[Reader]:
    if not SDK_PYTHON.exists():
        miss("auth0-python 6.8.0 (run 'make sdks')")
    if shutil.which("curl") is None:
        miss("curl")
    reader = Reader(tmp_path)
    yield reader
    reader.close()


def write(folder: Path, text: str) -> Path:
    document = folder / "document.md"
    document.write_text(text)
    return document


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_a_document_does_what_it_says(reader: Reader, document: Path) -> None:
    steps = read_steps(document)

    assert steps
    for step in steps:
        reader.carry_out(step)


def test_steps_are_taken_in_one_shell(reader: Reader, tmp_path: Path) -> None:
    steps = read_steps(write(tmp_path, SAMPLE))

    assert [type(step) for step in steps] == [Command] * 4 + [File, Command, Script]
    for step in steps:
        reader.carry_out(step)


@pytest.mark.parametrize(
    "step",
    [
        Command("false", ""),
        Command("echo one", ""),
        Command("echo one; echo two", "one"),
        Command("echo (", ""),
        Command("exit 0", ""),
        Command("no-such-command", "…"),
        Script("print(1)", ""),
        Script("raise SystemExit(1)", ""),
        Script("import sys\nprint(1, file=sys.stderr)", ""),
    ],
    ids=lambda step: step.text,
)
def test_what_fails_or_prints_something_else_is_found(reader: Reader, step: Command | Script) -> None:
    with pytest.raises(AssertionError, match=r"ended|printed"):
        reader.carry_out(step)


def test_a_console_begins_with_a_command(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="begins with a command"):
        read_steps(write(tmp_path, "```console\necho hello\n```\n"))


@pytest.mark.parametrize("above", ["", "```console\n$ true\n```\n", "```python\n# tour.py\n```\n", "```sh\n\n```\n"])
def test_output_belongs_to_a_script(tmp_path: Path, above: str) -> None:
    with pytest.raises(DocumentError, match="no script above"):
        read_steps(write(tmp_path, f"{above}```output\n1\n```\n"))


@pytest.mark.parametrize(
    ("printed", "shown", "expected"),
    [
        ("a\nb\n", "a\nb", True),
        ("a  \nb", "a\nb", True),
        ("id exp_123 ok", "id exp_… ok", True),
        ("a\nx\ny\nb\n", "a\n…\nb", True),
        ("a\nx\ny", "a\n…", True),
        ("axb", "a.b", False),
        ("a\nb", "a", False),
        ("", "a", False),
        ("a", "", False),
    ],
)
def test_dots_stand_for_anything(printed: str, shown: str, *, expected: bool) -> None:
    assert is_like(printed, shown) is expected
