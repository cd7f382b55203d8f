"""What a server hands to whoever decides elsewhere: configurations as documents, overrides as tokens."""

from signpost.exchange.documents import FORMAT, DocumentInvalidError, read_document, write_document
from signpost.exchange.overrides import (
    OverrideProblem,
    format_override_key,
    open_override,
    parse_override_key,
    seal_override,
)

__all__ = [
    "FORMAT",
    "DocumentInvalidError",
    "OverrideProblem",
    "format_override_key",
    "open_override",
    "parse_override_key",
    "read_document",
    "seal_override",
    "write_document",
]
