"""How long ten million ids of 36 characters take as a column, next to one by one: `python -m bench.batch`.

Every form is measured on one core, three times, and the fastest counts; the load of the machine is printed beside it.
"""

import os
from collections.abc import Callable
from timeit import repeat

import nanoarrow
import numpy as np
from numpy.typing import NDArray

from signpost.assignment import Candidate, prepare
from signpost.batch import Units, assign
from signpost.batch.ids import generate_ids
from signpost.model.experiments import ExperimentStatus
from signpost.testing.builders import a_flag, a_variation, an_experiment

WHOLE, PART = 10_000_000, 1_000_000
"""Lists and arrays of wide characters take gigabytes, so a part of them has to do."""
MARK_SECONDS = 1.0


def in_arrow(ids: NDArray[np.bytes_]) -> Units:
    offsets = np.arange(len(ids) + 1, dtype=np.int32) * 36
    column: Units = nanoarrow.c_array_from_buffers(nanoarrow.string(), len(ids), [None, offsets, ids.view(np.uint8)])
    return column


def decide_each(ids: list[str]) -> None:
    experiment = an_experiment(status=ExperimentStatus.ACTIVE)
    variations = {variation.id: variation for variation in map(a_variation, (1, 2))}
    decide = prepare([Candidate(experiment, a_flag(), variations, {})], revision=1).plan.decide
    for unit in ids:
        decide(experiment.flow, unit, {})


def time_best(call: Callable[[], object]) -> float:
    return min(repeat(call, number=1, repeat=3))


def main() -> None:
    experiment = an_experiment()
    whole = generate_ids("bench", 0, WHOLE)
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
