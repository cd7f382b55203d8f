"""Which field of a log entry names the unit, where the entry has no `unit` of its own."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from signpost.model.limits import UNIT_MAX

SESSION = "session"
NAMED = {
    SESSION: (("session_id",), ("details", "session_id")),
    "user": (("user_id",),),
    "device": (("device_id",), ("details", "device_id")),
}
"""Names for the usual ones, each with the places where it is looked for."""

_PATH = re.compile(r"[\w$-]{1,64}(\.[\w$-]{1,64}){0,4}", re.ASCII)


class UnitFieldInvalidError(ValueError):
    """Nothing that could name a field."""


@dataclass(frozen=True, slots=True)
class UnitField:
    """A field that names the unit."""

    name: str
    paths: tuple[tuple[str, ...], ...]

    def find(self, entry: Mapping[str, object]) -> str | None:
        """Return the unit of an entry; None where the field is not there, or can't be an id."""
        return next((unit for path in self.paths if (unit := _find(entry, path)) is not None), None)


def parse_unit_field(text: str) -> UnitField:
    """Return the field that is meant: `session`, `user`, `device`, or a path such as `details.account_id`.

    Raises:
        UnitFieldInvalidError: it is neither.
    """
    if text in NAMED:
        return UnitField(text, NAMED[text])
    if not _PATH.fullmatch(text):
        raise UnitFieldInvalidError(text)
    return UnitField(text, (tuple(text.split(".")),))


def _find(entry: Mapping[str, object], path: tuple[str, ...]) -> str | None:
    value: object = entry
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) and 0 < len(value) <= UNIT_MAX else None
