"""How long a decision takes in-process, side by side with other evaluators: `python -m bench.assignment`."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from timeit import Timer

from bench.peers.comparison import ROUNDS, Row, Timed, compare
from bench.peers.jobs import ATTRIBUTES, LONG_TARGETING, SPLIT, TARGETING, unit_of
from bench.peers.signpost_plan import FLOW, plan_of
from bench.timing import compare as compare_here
from signpost.assignment import Plan

SIGNPOST = Row("Signpost plan.decide", "signpost_plan", "signpost")
CLIENT = Row("Signpost Client.decide +", "signpost_client", "signpost", exposures=True)
EPPO = Row("Eppo get_json_assignment", "eppo", "eppo-server-sdk", "eppo")
EPPO_NAMES = Row("Eppo get_string_assignment", "eppo_names", "eppo-server-sdk", "eppo")
EPPO_DETAILS = Row("Eppo …_json_assignment_details", "eppo_details", "eppo-server-sdk", "eppo")
STATSIG = Row("Statsig get_experiment", "statsig", "statsig-python-core", "statsig")
LAUNCHDARKLY = Row("LaunchDarkly variation_detail", "launchdarkly", "launchdarkly-server-sdk", "launchdarkly")
GROWTHBOOK = Row("GrowthBook eval_feature", "growthbook", "growthbook", "growthbook")
FLAGD = Row("flagd get_object_details", "flagd", "openfeature-provider-flagd", "flagd")
UNLEASH = Row("Unleash get_variant", "unleash", "UnleashClient", "unleash")
PLANOUT = Row("PlanOut get_params", "planout", "PlanOut", "planout")
ALONE = (SIGNPOST, EPPO_NAMES, EPPO, EPPO_DETAILS, STATSIG, LAUNCHDARKLY, GROWTHBOOK, FLAGD, UNLEASH, PLANOUT)
WITH_EXPOSURES = tuple(
    replace(row, name=f"{row.name} +", exposures=True)
    for row in (EPPO, STATSIG, LAUNCHDARKLY, GROWTHBOOK, UNLEASH, PLANOUT)
)
"""Each with its exposures into a sink that does nothing."""
MARKS_OF_EPPO = {SPLIT.name: 0.6, TARGETING.name: 0.35}
MARKS_OF_HASH = {"two-way split": "1.0", "three rules, eight attributes": "1.2"}


def main() -> None:
    print("A decision in-process, with a config of four keys, next to one hash of the same id")
    print_hash()
    print()
    print(f"Signpost and others, all with the same jobs: µs a decision, and × Signpost's ({ROUNDS} rounds, medians)")
    print_table("the decision alone, no exposure", compare(ALONE))
    print()
    print_table("the whole decision, with its exposure where it says +", compare((CLIENT, EPPO, *WITH_EXPOSURES)))


def print_table(title: str, rows: Sequence[Timed]) -> None:
    jobs = (SPLIT, TARGETING, LONG_TARGETING)
    print(f"{title:58}" + "".join(f"{job.name:>18}" for job in jobs))
    for row in rows:
        timings = [row.timings[job.name] for job in jobs]
        cells = "".join(f"{timing.seconds * 1e6:10.2f}{timing.ratio:7.1f}×" for timing in timings)
        print(f"{row.row.name + ' ' + row.version:58}{cells}")
    eppo = next(row for row in rows if row.row.module == EPPO.module)
    for job, mark in MARKS_OF_EPPO.items():
        print(f"  {job}: {1 / eppo.timings[job].ratio:.2f} of {eppo.row.name}'s time (mark {mark})")


def print_hash() -> None:
    usual = plan_of(TARGETING)
    without_country = {name: value for name, value in ATTRIBUTES.items() if name != "country"}
    hash_names = {"h": hashlib.blake2b, "b": unit_of(0).encode()}
    timings = compare_here(
        {
            "one hashlib.blake2b(id).digest()": Timer("h(b).digest()", globals=hash_names),
            "two-way split": timer_of(plan_of(SPLIT), ATTRIBUTES),
            "three rules, eight attributes": timer_of(usual, ATTRIBUTES),
            "… an attribute is missing": timer_of(usual, without_country),
            "… rules that name all attributes": timer_of(plan_of(LONG_TARGETING), ATTRIBUTES),
        }
    )
    print(f"{'':36}{'ns':>8}{'ratio':>8}{'mark':>8}")
    for timing in timings:
        print(f"{timing.name:36}{timing.seconds * 1e9:8.0f}{timing.ratio:8.2f}{MARKS_OF_HASH.get(timing.name, ''):>8}")


def timer_of(plan: Plan, context: Mapping[str, str]) -> Timer:
    names = {"decide": plan.decide, "flow": FLOW, "unit": unit_of(0), "context": context}
    return Timer("decide(flow, unit, context)", globals=names)


if __name__ == "__main__":
    main()
