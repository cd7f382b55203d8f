"""How long ten million ids of 36 characters take as a column, next to one by one: `python -m bench.batch`.

Every form is measured on one core, three times, and the fastest counts; the load of the machine is printed beside it.
"""

import os
from collections.abc import Callable
from timeit import repeat

import nanoarrow
import numpy as np
from numpy.typing import NDArray

from bench.assignment import FLOW, split
from signpost.batch import Units, assign
from signpost.testing.builders import an_experiment

WHOLE, PART = 10_000_000, 1_000_000
"""Lists and arrays of wide characters take gigabytes, so a part of them has to do."""
MARK_SECONDS = 1.0
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)


def make_ids(count: int) -> NDArray[np.bytes_]:
    """Return ids that look like UUIDs, always the same ones."""
    numbers = np.random.default_rng(1).integers(0, 1 << 64, (count, 2), np.uint64)
    shifts = np.arange(0, 64, 4, dtype=np.uint64)
    characters = np.full((count, 36), ord("-"), np.uint8)
    places = [i for i in range(36) if i not in {8, 13, 18, 23}]
    for half in range(2):
        for i, place in enumerate(places[half * 16 : half * 16 + 16]):
            characters[:, place] = HEX[(numbers[:, half] >> shifts[i]) & np.uint64(15)]
    return characters.view("S36").reshape(-1)


def in_arrow(ids: NDArray[np.bytes_]) -> Units:
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * 36
    column: Units = nanoarrow.c_array_from_buffers(nanoarrow.string(), len(ids), [None, offsets, ids.view(np.uint8)])
    return column


def decide_each(ids: list[str]) -> None:
    decide = split().decide
    for unit in ids:
        decide(FLOW, unit, {})


def time_best(call: Callable[[], object]) -> float:
    return min(repeat(call, number=1, repeat=3))


def main() -> None:
    experiment = an_experiment()
    whole = make_ids(WHOLE)
    part = whole[:PART].astype("U")
    texts: list[str] = part.tolist()
    columns: dict[str, Units] = {
        "NumPy, bytes (S36)": whole,
        "Arrow, utf8": in_arrow(whole),
        "NumPy, characters (U36)": part,
        "list of str": texts,
        "list of str, lengths from 17 to 36": [unit[: 17 + i % 20] for i, unit in enumerate(texts)],
    }
    print(f"Ten million ids through a two-way split, on one core; load {os.getloadavg()[0]:.2f}")
    print(f"{'':36}{'measured':>12}{'seconds':>9}{'mark':>6}")
    for name, units in columns.items():
        count = WHOLE if units is whole or name.startswith("Arrow") else PART
        seconds = time_best(lambda units=units: assign(experiment, units)) * WHOLE / count  # type: ignore[misc]
        print(f"{name:36}{count:12,}{seconds:9.2f}{MARK_SECONDS if count == WHOLE else '':>6}")
    seconds = time_best(lambda: decide_each(texts)) * WHOLE / PART
    print(f"{'one by one, Plan.decide':36}{PART:12,}{seconds:9.2f}")


if __name__ == "__main__":
    main()
