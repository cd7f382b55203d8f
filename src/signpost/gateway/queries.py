"""Queries as bytes: looked into, and passed on as they came."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote_from_bytes, unquote_to_bytes

QUERY_BYTES_MAX = 8_192
FIELDS_MAX = 100
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a query as it came, with its name and its value as they are meant."""

    raw: bytes
    name: str
    value: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query within limits. Whatever is done to it, the bytes of the fields that stay are the ones that came."""

    raw: bytes
    fields: tuple[Field, ...]

    @classmethod
    def read(cls, raw: bytes) -> Self | None:
        """Return the query, None where it is too long or has too many fields to be looked into."""
        if len(raw) > QUERY_BYTES_MAX or raw.count(b"&") >= FIELDS_MAX:
            return None
        return cls(raw, tuple(_read_field(part) for part in raw.split(b"&") if part))

    def find(self, name: str) -> str | None:
        """Return the first value of a name."""
        return next((field.value for field in self.fields if field.name == name), None)

    def words(self, name: str) -> list[str]:
        """Return the values of a name that are parted by blanks; none where it is not there."""
        return (self.find(name) or "").split()

    def has_any(self, names: Collection[str]) -> bool:
        """Return whether one of the names is there."""
        return any(field.name in names for field in self.fields)

    def without(self, names: Collection[str]) -> "Query":
        """Return the query without fields of these names; itself, where there are none."""
        if not self.has_any(names):
            return self
        kept = tuple(field for field in self.fields if field.name not in names)
        return Query(b"&".join(field.raw for field in kept), kept)


def make_visible(raw: bytes) -> bytes:
    """Return what came as it may stand in a header: bytes that no address has are written with a percent sign."""
    return quote_from_bytes(raw, safe=VISIBLE).encode()


def write_field(name: str, value: str) -> bytes:
    """Return a field, in which nothing but letters, digits and `-._~` stands for itself."""
    return f"{name}={quote_from_bytes(value.encode(errors='replace'), safe='')}".encode()


def join(address: bytes, queries: Iterable[bytes]) -> bytes:
    """Return an address with more in its query."""
    rest = b"&".join(query for query in queries if query)
    if not rest:
        return address
    return address + (b"&" if b"?" in address else b"?") + rest


def _read_field(raw: bytes) -> Field:
    name, _, value = raw.partition(b"=")
    return Field(raw, _decode(name), _decode(value))


def _decode(text: bytes) -> str:
    return unquote_to_bytes(text.replace(b"+", b" ")).decode(errors="replace")
