"""Recipe v1 for a column: the same hash as `assignment.hashing`, of millions of units."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from xxhash import xxh3_64_intdigest

from signpost.batch.columns import Column, Units, read_columns
from signpost.batch.xxh3 import LONGEST, SHORTEST, hash_rows

CHUNK = 8_192
"""Rows that are hashed at once: each step of the hash then finds the numbers of the step before in the processor's cache."""


def hash_units(salt: str, units: Units) -> NDArray[np.uint64]:
    """Return the 64-bit hash of each unit in an experiment; 0 for what is no unit (empty, null, no text, no UTF-8 form).

    Raises:
        TypeError, ValueError: the units are nothing that is known here.
    """
    pieces = [hash_column(salt, column) for column in read_columns(units)]
    return np.concatenate(pieces) if pieces else np.empty(0, np.uint64)


def hash_column(salt: str, column: Column) -> NDArray[np.uint64]:
    """Return the 64-bit hash of each row; 0 for what is no unit."""
    prefix = salt.encode()
    hashes = np.zeros(len(column), np.uint64)
    for length, rows in _group_by_length(column.lengths):
        if length == 0:
            continue
        starts = column.starts[rows]
        if SHORTEST <= len(prefix) + length <= LONGEST:
            hashes[rows] = _hash_group(prefix, column.data, starts, length)
        else:
            data = column.data.data
            hashes[rows] = [xxh3_64_intdigest(prefix + data[at : at + length]) for at in starts.tolist()]
    return hashes


def _group_by_length(lengths: NDArray[np.int64]) -> Iterator[tuple[int, NDArray[np.int64] | slice]]:
    """Yield each length there is, with the rows that have it."""
    if len(lengths) and (lengths == lengths[0]).all():
        yield int(lengths[0]), slice(None)
        return
    found, counts = np.unique(lengths, return_counts=True)
    by_length = np.split(np.argsort(lengths, kind="stable"), np.cumsum(counts)[:-1])
    yield from zip(found.tolist(), by_length, strict=True)


def _hash_group(prefix: bytes, data: NDArray[np.uint8], starts: NDArray[np.int64], length: int) -> NDArray[np.uint64]:
    """Return the hashes of rows of one length."""
    units = np.ndarray((len(data) - length + 1,), f"V{length}", data.data, strides=(1,))  # one at every byte there is
    messages = np.empty((min(CHUNK, len(starts)), len(prefix) + length), np.uint8)
    messages[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    hashes = np.empty(len(starts), np.uint64)
    for at in range(0, len(starts), CHUNK):
        chunk = units[starts[at : at + CHUNK]]
        filled = messages[: len(chunk)]
        filled[:, len(prefix) :] = chunk.view(np.uint8).reshape(len(chunk), length)
        hashes[at : at + CHUNK] = hash_rows(filled)
    return hashes
