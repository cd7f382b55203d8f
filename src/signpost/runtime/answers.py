"""What a route answers with, when it is more than a JSON body."""

from collections.abc import AsyncGenerator, Awaitable
from typing import NamedTuple

from signpost.edge.errors import Headers

JSON: Headers = [(b"content-type", b"application/json; charset=utf-8")]


class Answer(NamedTuple):
    """A whole reply."""

    body: bytes
    status: int = 200
    headers: Headers = JSON


class Stream(NamedTuple):
    """A reply that goes on until the caller hangs up."""

    chunks: AsyncGenerator[bytes]
    headers: Headers


Answered = bytes | Answer | Stream
Eventual = Answered | Awaitable[Answered]
