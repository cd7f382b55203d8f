"""Random configurations and who asks in them, the same for the same seed, in the form of `v1/decisions.json`.

Most of it fits together, and some of it does not: what is broken has to be found broken by every implementation.
"""

from itertools import pairwise
from random import Random
from typing import Any

Json = dict[str, Any]

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
SLOTS = 1_000_000
REVISION = 3
FLOWS = ("authentication", "authentication", "mfa_enrollment", "all", "all")
ASKED_FLOWS = ("authentication",) * 4 + ("mfa_enrollment", "all", "another")
STATUSES = ("active",) * 12 + ("draft", "paused", "completed", "archived")
VARIATIONS = ("var_a", "var_b", "var_c", "var_d")
SEGMENTS = ("seg_a", "seg_b", "seg_c")
ATTRIBUTES = ("client_id", "country", "user_agent", "device_type", "anonymous_session_metadata.plan")
NO_RULES: tuple[list[Json], ...] = ([], [{}], [{"match": {"country": []}}])
WORDS = (
    "",
    "ios",
    "iOS",
    "Chrome",
    "KIOSK",
    "\u212aiosk",
    "ſ",
    "é",
    "É",
    "ß",
    "ẞ",
    "İ",
    "Σ",
    "ς",
    "chrome mobile",
    "FR",
)
VALUES: tuple[Any, ...] = (*WORDS, *WORDS, None, 7, True, ["ios"], {"a": 1})
ALPHABETS = ("0123456789abcdef-", "abcdefghijklmnopqrstuvwxyz@.", "äöüßéèñ", "用户设备登录", "🙂🔑a", "\x00 \t\x7f")
NO_UNITS: tuple[Any, ...] = ("", "\ud800", "a\udfff", None, 5, ["device-1"])
LONGEST = 218
"""Bytes of a unit: the twin knows no message of more than 240, and the salt has 22."""


def make_configuration(random: Random) -> list[Json]:
    """Return one to three experiments, now and then of exclusion groups."""
    experiments = [make_experiment(random, number) for number in range(random.choice((1, 1, 2, 3)))]
    return [e | make_group(random) for e in experiments] if random.random() < 0.3 else experiments


def make_group(random: Random) -> Json:
    """Return what an experiment has of its group, or nothing."""
    if random.random() < 0.2:
        return {}
    cuts = sorted(random.sample(range(SLOTS + 1), random.choice((0, 2, 2, 2, 4))))
    spans = [[start, stop] for start, stop in zip(cuts[::2], cuts[1::2], strict=True)]
    salt = "short" if rarely(random) else ("1" if rarely(random) else "z") * 22
    return {"exclusion_group": {"name": "a" if not rarely(random) else "b", "salt": salt, "spans": spans}}


def make_holdout(random: Random) -> Json | None:
    """Return a holdout, seldom."""
    if random.random() < 0.8:
        return None
    salt = "short" if rarely(random) else "h" * 22
    return {"slots": random.choice((0, 1, 50_000, 500_000, SLOTS)), "salt": salt}


def make_experiment(random: Random, number: int) -> Json:
    """Return an experiment of either strategy."""
    by_segment = random.random() < 0.35
    used = random.sample(VARIATIONS, random.randint(1, 4)) + random.choices(VARIATIONS, k=rarely(random))
    control = random.randrange(len(used) + rarely(random))
    weightless = random.random() < 0.5
    allocations: list[Json] = [{"variation_id": v, "is_control": i == control} for i, v in enumerate(used)]
    for i, allocation in enumerate(allocations):
        if not by_segment:
            allocation["weight_slots"] = None if weightless else random.randint(0, SLOTS)
        elif i == 0 and not rarely(random):
            allocation["is_fallback"] = True
        else:
            allocation |= {"segment_id": random.choice(SEGMENTS), "priority": random.randint(1, 9)}
    levels = [] if by_segment else sorted(random.sample(range(101), random.choice((0, 0, 1, 2, 3))))
    return {
        "id": f"exp_{number}",
        "salt": "short" if rarely(random) else "".join(random.choices(BASE58, k=22)),
        "recipe_version": 1 + rarely(random),
        "authentication_flow": random.choice(FLOWS),
        "status": random.choice(STATUSES),
        "created_at": random.randint(0, 3),
        "allocation_strategy": "segment" if by_segment else "percentage",
        "default_config": random.choice((None, "tenant", "flag")),
        "levels": levels,
        "current_level": random.choice((None, *levels)),
        "slot_ranges": make_ranges(random, used),
        "allocations": allocations,
        "flag": None if rarely(random) else make_flag(random),
        "variations": {v: make_variation(random, v) for v in VARIATIONS[rarely(random) :]},
        "segments": {s: {"rules": make_rules(random)} for s in SEGMENTS[rarely(random) :]},
    }


def make_ranges(random: Random, used: list[str]) -> list[list[Any]]:
    """Return stored ranges, without which the twin takes seconds: it lays out a million owners."""
    cuts = [0, *sorted(random.sample(range(1, SLOTS), random.choice((0, 1, 1, 2, 5, 30)))), SLOTS]
    owners = VARIATIONS if rarely(random) else used
    pieces: list[list[Any]] = [[start, stop, random.choice(owners)] for start, stop in pairwise(cuts)]
    if rarely(random):
        pieces[random.randrange(len(pieces))][random.randrange(2)] += random.choice((-1, 1))
    return pieces


def make_flag(random: Random) -> Json:
    """Return a flag of three parameters."""
    return {"type": random.choice(("self", "auth0")), "parameters": {"title": "Sign in", "steps": 1, "wide": False}}


def make_variation(random: Random, name: str) -> Json:
    """Return a variation that overrides some parameters."""
    overridden = random.sample(("title", "steps", "unknown"), random.randint(0, 3))
    return {"name": name, "overrides": {parameter: random.randint(0, 9) for parameter in overridden}}


def make_rules(random: Random) -> list[Json]:
    """Return the rules of a segment."""
    if rarely(random):
        return random.choice(NO_RULES)
    rules: list[Json] = []
    for _ in range(random.randint(1, 3)):
        parts = random.choice((("match",), ("match",), ("not_match",), ("match", "not_match")))
        rules.append({part: make_conditions(random) for part in parts})
    return rules


def make_conditions(random: Random) -> Json:
    """Return conditions of every operator."""
    return {name: make_expression(random) for name in random.sample(ATTRIBUTES, random.choice((1, 1, 2, 3)))}


def make_expression(random: Random) -> Any:
    """Return an expression of any operator."""
    operator = random.choice(("equals", "equals", "contains", "starts_with", "ends_with", "exists"))
    if operator == "exists":
        return {"exists": random.random() < 0.5}
    words = random.choices(WORDS, k=random.randint(1, 3))
    return words if operator == "equals" else {operator: words}


def make_ask(random: Random) -> Json:
    """Return who asks: a flow, a unit, a context, and now and then an override."""
    context = {name: random.choice(VALUES) for name in random.sample(ATTRIBUTES, random.randint(0, len(ATTRIBUTES)))}
    ask: Json = {"flow": random.choice(ASKED_FLOWS), "unit": make_unit(random), "context": context}
    if random.random() < 0.25:
        names = {
            "experiment_id": ("exp_0", "exp_0", "exp_1", "exp_9"),
            "variation_id": (*VARIATIONS, "var_z"),
            "segment_id": (*SEGMENTS, "seg_z"),
        }
        chosen = random.sample(sorted(names), random.choice((0, 1, 1, 1, 2, 3)))
        ask["override"] = {name: random.choice(names[name]) for name in chosen}
    return ask


def make_unit(random: Random) -> Any:
    """Return a unit, of any length that the twin knows; seldom what is no unit."""
    if rarely(random):
        return random.choice(NO_UNITS)
    if random.random() < 0.7:
        return f"device-{random.randrange(10**6)}"
    unit = "".join(random.choices(random.choice(ALPHABETS), k=random.choice((1, 2, 5, 20, 36, 60, 100, 218))))
    while len(unit.encode()) > LONGEST:
        unit = unit[:-1]
    return unit


def rarely(random: Random) -> bool:
    """Return true once in fifty times."""
    return random.random() < 0.02
