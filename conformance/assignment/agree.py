"""Hold the implementation against the naive twin: `python -m conformance.assignment.agree --cases 10000000 --processes 2`.

A case is one who asks in a random configuration: the whole decision has to be the same, and for percentage experiments the
column's (`signpost.batch`), too. The same seed gives the same cases. Ends with 1 when one differs, and prints it.
"""

import json
import sys
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from random import Random
from time import perf_counter
from typing import Any

import numpy as np

from conformance.assignment.cases import REVISION, Json, make_ask, make_configuration, make_holdout
from signpost.batch import NOBODY, assign
from tests.conformance.loading import decide, load_experiment, load_plan
from tests.conformance.twin.decisions import decide as decide_naively

ASKS = 200
"""Who asks in one configuration."""
BLOCK = 50
"""Configurations that are held against each other at once."""
SHOWN_MAX = 3


@dataclass(slots=True)
class Agreement:
    """What was found: how many cases there were of each reason, how many of them in columns, and which differ."""

    reasons: Counter[str] = field(default_factory=Counter)
    forced: int = 0
    in_columns: int = 0
    differing: list[Json] = field(default_factory=list)

    @property
    def cases(self) -> int:
        """How many decisions were compared."""
        return self.reasons.total()

    def add(self, other: "Agreement") -> None:
        """Take over what was found elsewhere."""
        self.reasons += other.reasons
        self.forced += other.forced
        self.in_columns += other.in_columns
        self.differing += other.differing


def compare(seed: int, configurations: int, asks: int = ASKS) -> Agreement:
    """Return what so many random configurations show, with so many who ask in each."""
    agreement = Agreement()
    random = Random(seed)
    for _ in range(configurations):
        configuration = make_configuration(random)
        asked = [make_ask(random) for _ in range(asks)]
        holdout = make_holdout(random)
        plan = load_plan(configuration, REVISION, holdout)
        expected = [decide_naively(configuration, REVISION, ask, holdout) for ask in asked]
        for ask, decision in zip(asked, expected, strict=True):
            agreement.reasons[decision["reason"]] += 1
            agreement.forced += decision["is_forced"]
            found = decide(plan, ask)
            if found != decision:
                agreement.differing.append(
                    {"experiments": configuration, "holdout": holdout, "ask": ask, "twin": decision, "found": found}
                )
        for experiment in configuration:
            compare_column(experiment, asked, expected, agreement)
    return agreement


def compare_column(experiment: Json, asked: list[Json], expected: list[dict[str, Any]], agreement: Agreement) -> None:
    """Hold the decisions that a percentage experiment made against those of a column of the same units."""
    mine = [
        (ask["unit"], decision)
        for ask, decision in zip(asked, expected, strict=True)
        if experiment["id"] in {decision["experiment_id"], decision["declined_by"]}
        and not decision["is_forced"]
        and decision["reason"] not in {"broken", "holdout"}
    ]
    if not mine or experiment["allocation_strategy"] != "percentage":
        return
    units = np.empty(len(mine), object)
    units[:] = [unit for unit, _ in mine]
    assigned = assign(load_experiment(experiment), units, keep_hashes=True)
    columns = zip(assigned.indices.tolist(), assigned.splits.tolist(), assigned.exposures.tolist(), strict=True)
    for (unit, decision), (index, split, exposure) in zip(mine, columns, strict=True):
        variation = None if index == NOBODY else assigned.variation_ids[index]
        agreement.in_columns += 1
        if (variation, split, exposure) != (decision["variation_id"], decision["split"], decision["exposure"]):
            found = {"variation_id": variation, "split": split, "exposure": exposure}
            agreement.differing.append({"experiment": experiment, "unit": unit, "twin": decision, "column": found})


def compare_block(seed: int) -> Agreement:
    """Return what one block shows."""
    return compare(seed, BLOCK)


def compare_blocks(first_seed: int, blocks: int, processes: int) -> Iterator[Agreement]:
    """Yield what each block shows, in order."""
    seeds = range(first_seed, first_seed + blocks)
    if processes == 1:
        yield from map(compare_block, seeds)
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(compare_block, seeds)


def main() -> None:
    """Compare, and say what was found."""
    parser = ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--cases", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=1)
    given = parser.parse_args()
    started = perf_counter()
    agreement = Agreement()
    for block in compare_blocks(given.seed, -(-given.cases // (BLOCK * ASKS)), given.processes):
        agreement.add(block)
        print(f"\r{agreement.cases:,} cases, {len(agreement.differing):,} differ", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    print(f"{agreement.cases:,} cases in {perf_counter() - started:,.0f} s: {len(agreement.differing):,} differ")
    print(f"{agreement.forced:,} of them forced by an override; {agreement.in_columns:,} decided in columns, too")
    for reason, count in agreement.reasons.most_common():
        print(f"  {reason:20}{count:12,}")
    for case in agreement.differing[:SHOWN_MAX]:
        print(json.dumps(case, ensure_ascii=True))
    sys.exit(bool(agreement.differing))


if __name__ == "__main__":
    main()
