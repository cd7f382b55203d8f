"""Country and region of an address, from a MaxMind-format file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import maxminddb


@dataclass(frozen=True, slots=True)
class Place:
    """Codes of ISO 3166: `country` such as `CA`, and `region` the subdivision within it, such as `QC`; None where unknown."""

    country: str | None
    region: str | None


NOWHERE = Place(None, None)


class Places(Protocol):
    """Tells where an address is."""

    def find(self, ip: str) -> Place:
        """Return the place; `NOWHERE` for an address that is not in the file, or is none."""
        ...


class NoPlaces:
    """Knows no place."""

    def find(self, ip: str) -> Place:  # noqa: ARG002
        """Return `NOWHERE`."""
        return NOWHERE


class PlacesFile:
    """Reads a file such as GeoLite2 City or Country.

    Raises:
        OSError, maxminddb.InvalidDatabaseError: the file can't be read, or is of another format.
    """

    def __init__(self, path: Path) -> None:
        self._reader = maxminddb.open_database(str(path))

    def find(self, ip: str) -> Place:
        """Return the place; `NOWHERE` for an address that is not in the file, or is none."""
        try:
            record = self._reader.get(ip)
        except (TypeError, ValueError, maxminddb.InvalidDatabaseError):  # TypeError: a NUL in it
            return NOWHERE
        if not isinstance(record, dict):
            return NOWHERE
        subdivisions = record.get("subdivisions")
        region = subdivisions[0] if isinstance(subdivisions, list) and subdivisions else None
        return Place(_code_of(record.get("country")), _code_of(region))


def _code_of(part: object) -> str | None:
    code = part.get("iso_code") if isinstance(part, dict) else None
    return code if isinstance(code, str) else None
