"""One configuration as one JSON document, with the number of its format first."""

import msgspec

from signpost.assignment import Configuration
from signpost.model.experiments import Subject

FORMAT = 1
"""Grows when an older reader would misunderstand a document. What a reader does not know of its format, it ignores."""
WITH_SUBJECTS = 2
"""The format of documents with experiments on accounts, which an older reader would take for experiments on devices."""
FORMATS = (FORMAT, WITH_SUBJECTS)


class DocumentInvalidError(Exception):
    """A document that can't be read: what is wrong with it, and what to do."""


class _Head(msgspec.Struct):
    format: int


class _Document(msgspec.Struct):
    format: int
    configuration: Configuration


_encode = msgspec.json.Encoder().encode
_head = msgspec.json.Decoder(_Head)
_document = msgspec.json.Decoder(_Document)


def write_document(configuration: Configuration) -> bytes:
    """Return the configuration as JSON; equal configurations give equal bytes."""
    is_plain = all(experiment.subject is Subject.DEVICE for experiment in configuration.experiments)
    return _encode(_Document(FORMAT if is_plain else WITH_SUBJECTS, configuration))


def read_document(text: bytes) -> Configuration:
    """Return the configuration that a document holds.

    Raises:
        DocumentInvalidError: it is cut short, of another kind, or of a format that this version does not know.
    """
    try:
        found = _head.decode(text).format
        if found not in FORMATS:
            raise DocumentInvalidError(
                f"The configuration has format {found}, this version reads up to {WITH_SUBJECTS}: use the same version of Signpost."
            )
        return _document.decode(text).configuration
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise DocumentInvalidError(f"This is no configuration that Signpost has exported: {error}.") from error
