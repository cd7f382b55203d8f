"""Addresses that a tenant asks the server to call."""

from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from signpost.api.wire.common import said
from signpost.edge.foreign import is_acceptable_uri
from signpost.model import limits


def is_acceptable_endpoint(uri: str) -> bool:
    """Return whether an address is https or on this machine, without a name or a password in it."""
    if not uri.isascii() or not uri.isprintable() or len(uri) > limits.URI_MAX or {" ", "@", "#", "\\"} & set(uri):
        return False
    try:
        return is_acceptable_uri(uri) and urlsplit(uri).port != 0
    except ValueError:
        return False


def _check(uri: str) -> str:
    if not is_acceptable_endpoint(uri):
        raise said("Expected an https address, or one on this machine, without a name or a password in it")
    return uri


Endpoint = Annotated[str, Field(max_length=limits.URI_MAX), AfterValidator(_check)]
