"""Entities as JSON documents: how they are stored, and how the audit trail shows them."""

from typing import Any, TypeVar

import msgspec

from signpost.model.log_streams import LogStream
from signpost.model.tenants import Client

T = TypeVar("T")


def encode_document(entity: object) -> str:
    """Return a frozen dataclass of the model as JSON text; the order of keys and the form of numbers stay."""
    return msgspec.json.encode(entity).decode()


def decode_document(text: str, kind: type[T]) -> T:
    """Return the entity that the text was made of."""
    return msgspec.json.decode(text, type=kind)


def describe(entity: object) -> dict[str, Any]:
    """Return the entity as the audit trail shows it: plain JSON values, and no secret, not even hashed."""
    document: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(entity))
    if isinstance(entity, Client):
        del document["secret_hash"]
    if isinstance(entity, LogStream) and document["http"] is not None:
        del document["http"]["authorization"]
    return document
