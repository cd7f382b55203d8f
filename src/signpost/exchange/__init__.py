"""Configurations as documents, to be handed from a server to whoever decides elsewhere."""

from signpost.exchange.documents import FORMAT, DocumentInvalidError, read_document, write_document

__all__ = ["FORMAT", "DocumentInvalidError", "read_document", "write_document"]
