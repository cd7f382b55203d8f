"""Reading Arrow's strings where they lie, through its C data interface; no Arrow library is needed.

Source: https://arrow.apache.org/docs/format/CDataInterface.html. Whoever made the array frees it when its capsule is no
longer referred to, so what is returned here holds on to the capsule.
"""

import ctypes
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

OFFSETS: Mapping[bytes, np.dtype[Any]] = {b"u": np.dtype(np.int32), b"U": np.dtype(np.int64)}
"""The formats of string arrays, with the type of their offsets."""


@runtime_checkable
class ArrowColumn(Protocol):
    """An array that speaks Arrow's PyCapsule interface, as those of pyarrow and nanoarrow do."""

    def __arrow_c_array__(self, requested_schema: object | None = None) -> tuple[Any, Any]: ...


class _Schema(ctypes.Structure):
    """The beginning of `ArrowSchema`."""

    _fields_ = (("format", ctypes.c_char_p),)


class _Array(ctypes.Structure):
    """The beginning of `ArrowArray`."""

    _fields_ = (
        ("length", ctypes.c_int64),
        ("null_count", ctypes.c_int64),
        ("offset", ctypes.c_int64),
        ("n_buffers", ctypes.c_int64),
        ("n_children", ctypes.c_int64),
        ("buffers", ctypes.POINTER(ctypes.c_void_p)),
    )


class _Memory:
    """Memory that belongs to a capsule, in the form in which NumPy takes it."""

    def __init__(self, address: int, size: int, owner: object) -> None:
        self.owner = owner
        self.__array_interface__ = {"version": 3, "shape": (size,), "typestr": "|u1", "data": (address, True)}


@dataclass(frozen=True, slots=True)
class Strings:
    """Arrow's strings where they lie: row i is `data[offsets[i] : offsets[i + 1]]`."""

    data: NDArray[np.uint8]
    offsets: NDArray[np.int32] | NDArray[np.int64]
    is_there: NDArray[np.bool_] | None
    """Whether each row is no null; None where none is."""


def read_arrow(column: ArrowColumn) -> Strings:
    """Return an Arrow array's strings, without a copy.

    Raises:
        ValueError: it is no array of utf8 or large_utf8.
    """
    schema_capsule, array_capsule = column.__arrow_c_array__()
    format_ = _at(schema_capsule, b"arrow_schema", _Schema).format
    if format_ not in OFFSETS:
        raise ValueError(
            f"Arrow's strings are utf8 or large_utf8, and not of the format {format_.decode()!r}: cast them"
        )
    array = _at(array_capsule, b"arrow_array", _Array)
    first, count, width = array.offset, array.length, OFFSETS[format_]
    if not count:
        return Strings(np.empty(0, np.uint8), np.zeros(1, np.int64), None)
    validity, offsets_at, data_at = array.buffers[:3]
    offsets = _view(offsets_at, (first + count + 1) * width.itemsize, array_capsule).view(width)[first:]
    is_there = None
    if validity and array.null_count:
        bits = _view(validity, (first + count + 7) // 8, array_capsule)
        is_there = np.unpackbits(bits, bitorder="little")[first : first + count].astype(np.bool_)
    return Strings(_view(data_at, int(offsets[-1]), array_capsule), offsets, is_there)


def _at(capsule: object, name: bytes, kind: type[Any]) -> Any:
    find = ctypes.pythonapi.PyCapsule_GetPointer
    find.restype, find.argtypes = ctypes.c_void_p, (ctypes.py_object, ctypes.c_char_p)
    return kind.from_address(find(capsule, name))


def _view(address: int | None, size: int, owner: object) -> NDArray[np.uint8]:
    return np.asarray(_Memory(address, size, owner)) if address and size else np.empty(0, np.uint8)
