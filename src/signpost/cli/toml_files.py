"""TOML files that commands read and write: checked as the bodies of the API are, with everything that is wrong in them."""

import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Never, TypeVar

from pydantic import BaseModel, ValidationError

from signpost.api.validation import locate_problem
from signpost.cli.options import CommandError
from signpost.model.limits import BODY_BYTES_MAX

B = TypeVar("B", bound=BaseModel)

BARE = re.compile(r"[A-Za-z0-9_-]+")


def read_file(path: Path, body: type[B]) -> B:
    """Return what a file holds.

    Raises:
        OSError: it can't be read.
        CommandError: it is too large, no TOML, or not what the body may be; with the place of every fault.
    """
    with path.open("rb") as file:
        content = file.read(BODY_BYTES_MAX + 1)
    if len(content) > BODY_BYTES_MAX:
        raise CommandError(f"{path} is over {BODY_BYTES_MAX // 1024:,} KB.")
    try:
        return body.model_validate(tomllib.loads(content.decode()))
    except UnicodeDecodeError as error:
        raise CommandError(f"{path} is not UTF-8.") from error
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{path} is no TOML: {error}.") from error
    except RecursionError as error:
        raise CommandError(f"{path} is nested too deeply.") from error
    except ValidationError as error:
        refuse_file(path, (": ".join(locate_problem(problem)) + "." for problem in error.errors()))


def refuse_file(path: Path, faults: Iterable[str]) -> Never:
    """Refuse a file for its faults.

    Raises:
        CommandError: always.
    """
    raise CommandError(" ".join([f"{path}:", *faults]))


def write_toml(document: Mapping[str, Any], tables: str) -> str:
    """Return a document as TOML; the list under the name `tables` as an array of tables at the end."""
    lines = [f"{_key(name)} = {_value(value)}" for name, value in document.items() if name != tables]
    for table in document[tables]:
        lines += ["", f"[[{tables}]]", *(f"{_key(name)} = {_value(value)}" for name, value in table.items())]
    return "\n".join(lines).lstrip("\n")


def _key(name: str) -> str:
    return name if BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key(name)} = {_value(item)}" for name, item in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:_}"
    return json.dumps(value)


def _text(text: str) -> str:
    """Return a basic string; what JSON escapes TOML escapes alike, and DEL on top."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
