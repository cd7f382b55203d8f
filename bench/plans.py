"""How long a plan of 1,000 experiments takes to prepare, and what swapping such plans does to those who decide meanwhile."""

import threading
from statistics import median
from time import perf_counter, perf_counter_ns

from bench.peers.jobs import SPLIT, TARGETING, unit_of
from bench.peers.signpost_plan import FLOW, configuration_of
from signpost import Client

EXPERIMENTS = 1_000
ROUNDS = 5
DECISIONS = 2_000_000
SWAP_SECONDS = 0.25
"""As often as a server can learn of changes."""
MARK_SECONDS = 1.0


def main() -> None:
    print(f"a plan of {EXPERIMENTS:,} experiments")
    for job in (SPLIT, TARGETING):
        seconds = median(prepare_seconds(job.name) for _ in range(ROUNDS))
        print(f"  prepared, {job.name:<12} {seconds:6.3f} s (mark {MARK_SECONDS})")
    still, swapping = latencies(is_swapping=False), latencies(is_swapping=True)
    for name, ratio in (("p50", 0.5), ("p99", 0.99), ("p99.9", 0.999)):
        print(
            f"  {name:<5} of a decision: {at(still, ratio):7.2f} µs, while plans are swapped {at(swapping, ratio):7.2f} µs"
        )


def prepare_seconds(name: str) -> float:
    job = SPLIT if name == SPLIT.name else TARGETING
    configuration = configuration_of(job, experiments=EXPERIMENTS)
    began = perf_counter()
    configuration.prepare()
    return perf_counter() - began


def latencies(*, is_swapping: bool) -> list[int]:
    """Return the nanoseconds of each decision, shortest first."""
    configuration = configuration_of(SPLIT, experiments=EXPERIMENTS)
    client = Client.from_configuration(configuration)
    stop = threading.Event()

    def swap() -> None:
        while not stop.wait(SWAP_SECONDS):
            client.use(configuration)

    swapping = threading.Thread(target=swap)
    if is_swapping:
        swapping.start()
    units = [unit_of(i) for i in range(1_000)]
    taken = []
    for i in range(DECISIONS):
        began = perf_counter_ns()
        client.decide(FLOW, units[i % 1_000], record=False)
        taken.append(perf_counter_ns() - began)
    stop.set()
    if is_swapping:
        swapping.join()
    return sorted(taken)


def at(taken: list[int], ratio: float) -> float:
    return taken[int(len(taken) * ratio)] / 1_000


if __name__ == "__main__":
    main()
