"""Bodies as values, and what is wrong with them in words."""

import re
from typing import Protocol, TypeVar

import msgspec

T_co = TypeVar("T_co", covariant=True)

_FIELD = re.compile(r" - at `\$\.?(?P<path>.*)`$")
_MISSING = re.compile(r"Object missing required field `(?P<name>.*?)`")
_UNKNOWN = re.compile(r"Object contains unknown field `(?P<name>.*?)`")
_LENGTH = re.compile(r"Expected `(?P<kind>\w+)` of length (?P<bound>[<>]=) (?P<size>\d+)")
_TYPES = re.compile(r"Expected `(?P<expected>.*?)`, got `(?P<got>.*?)`")
_BYTE = re.compile(r"\(byte (\d+)\)")
_NAMES = {"str": "string", "int": "integer", "float": "number", "bool": "boolean"}
_UNITS = {"str": "characters", "array": "items", "object": "entries"}


class Decoder(Protocol[T_co]):
    """What turns bytes into a value."""

    def decode(self, buf: bytes, /) -> T_co:
        """Return the value."""
        ...


class BodyInvalidError(Exception):
    """A body that can't be taken; the text says what is wrong, and where."""


def parse_json(decoder: Decoder[T_co], body: bytes) -> T_co:
    """Decode a body.

    Raises:
        BodyInvalidError: it is no JSON, or not what the decoder takes.
    """
    try:
        return decoder.decode(body)
    except msgspec.ValidationError as error:
        raise BodyInvalidError(_in_words(str(error))) from error
    except msgspec.DecodeError as error:
        byte = _BYTE.search(str(error))
        raise BodyInvalidError(f"not valid JSON{f', at byte {byte[1]}' if byte else ''}") from error
    except UnicodeDecodeError as error:
        raise BodyInvalidError("not valid UTF-8") from error
    except RecursionError as error:
        raise BodyInvalidError("nested too deeply") from error


def _in_words(text: str) -> str:
    """Say a decoder's complaint as the rest of the API says it."""
    at = _FIELD.search(text)
    path = at["path"] if at else ""
    if unknown := _UNKNOWN.match(text):
        return f"'Unknown property' on property {_join(path, unknown['name'])}"
    if missing := _MISSING.match(text):
        return f"'Required property is missing' on property {_join(path, missing['name'])}"
    where = f" on property {path}" if path else ""
    if length := _LENGTH.match(text):
        bound = "at least" if length["bound"] == ">=" else "at most"
        return f"'Must have {bound} {length['size']} {_UNITS.get(length['kind'], 'items')}'{where}"
    if types := _TYPES.match(text):
        return f"'Expected {_names(types['expected'])}, got {_names(types['got'])}'{where}"
    return f"'Invalid value'{where}"


def _join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _names(types: str) -> str:
    return " or ".join(_NAMES.get(name, name) for name in types.split(" | "))
