"""The implementation and the naive twin agree on whatever is configured, and on whoever asks."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from signpost.assignment.folding import fold
from signpost.assignment.hashing import hash_unit
from signpost.assignment.slots import lay_out, reweigh
from tests.conformance.loading import decide, load_plan
from tests.conformance.twin import coordinates, ownership, segments
from tests.conformance.twin.decisions import decide as decide_naively

BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
FLOWS = ("authentication", "mfa_enrollment", "all")
VARIATIONS = ("var_a", "var_b", "var_c")
SEGMENTS = ("seg_a", "seg_b", "seg_c")
ATTRIBUTES = ("client_id", "country", "user_agent", "anonymous_session_metadata.plan")

rarely = st.integers(0, 29).map(lambda i: i == 29)
words = st.sampled_from(
    ("", "ios", "iOS", "Chrome", "KIOSK", "\u212a", "ſ", "é", "É", "ß", "ẞ", "İ", "Σ", "ς", "chrome mobile")
)
texts = words | st.text(max_size=6)
expressions = (
    st.lists(texts, min_size=1, max_size=3)
    | st.builds(
        lambda o, v: {o: v},
        st.sampled_from(("contains", "starts_with", "ends_with")),
        st.lists(words, min_size=1, max_size=2),
    )
    | st.builds(lambda b: {"exists": b}, st.booleans())
)
conditions = st.dictionaries(st.sampled_from(ATTRIBUTES), expressions, min_size=1, max_size=3)
rules = (
    st.fixed_dictionaries({"match": conditions}, optional={"not_match": conditions})
    | st.fixed_dictionaries({"not_match": conditions})
    | rarely.map(lambda is_broken: {} if is_broken else {"match": {"country": ["FR"]}})
)
values = texts | st.none() | st.integers() | st.lists(words, max_size=2) | st.booleans()
contexts = st.dictionaries(st.sampled_from(ATTRIBUTES), values, max_size=4)
units = (
    st.text(max_size=30) | st.sampled_from(("", "\ud800", None, 5)) | st.builds("device-{}".format, st.integers(0, 50))
)
salts = st.text(BASE58, min_size=22, max_size=22)


@st.composite
def ranges(draw: st.DrawFn) -> list[list[Any]]:
    cuts = sorted({0, 1_000_000, *draw(st.lists(st.integers(1, 999_999), max_size=5))})
    owners = draw(st.lists(st.sampled_from(VARIATIONS), min_size=len(cuts) - 1, max_size=len(cuts) - 1))
    pieces: list[list[Any]] = [[a, b, owner] for a, b, owner in zip(cuts, cuts[1:], owners, strict=False)]
    if draw(rarely):
        pieces[0][0] = 1
    return pieces


@st.composite
def experiments(draw: st.DrawFn, number: int) -> dict[str, Any]:
    strategy = draw(st.sampled_from(("percentage", "segment")))
    used = draw(st.lists(st.sampled_from(VARIATIONS), min_size=1, max_size=4))
    weightless = draw(st.booleans())
    allocations: list[dict[str, Any]] = []
    control = draw(st.integers(0, 3))
    for i, variation in enumerate(used if draw(rarely) else [*VARIATIONS, *used]):
        allocation: dict[str, Any] = {"variation_id": variation, "is_control": i == control}
        if strategy == "percentage":
            allocation["weight_slots"] = None if weightless else draw(st.integers(0, 1_000_000))
        elif i == 0:
            allocation["is_fallback"] = True
        else:
            allocation |= {"segment_id": draw(st.sampled_from(SEGMENTS)), "priority": draw(st.integers(1, 9))}
        allocations.append(allocation)
    levels = (
        draw(st.lists(st.integers(0, 100), max_size=3, unique=True).map(sorted)) if strategy == "percentage" else []
    )
    overrides = st.dictionaries(st.sampled_from(("title", "steps")), st.integers(), max_size=2)
    return {
        "id": f"exp_{number}",
        "salt": draw(salts),
        "recipe_version": 2 if draw(rarely) else 1,
        "authentication_flow": draw(st.sampled_from(FLOWS)),
        "status": draw(st.sampled_from(("active", "active", "active", "paused"))),
        "created_at": draw(st.integers(0, 3)),
        "allocation_strategy": strategy,
        "default_config": draw(st.sampled_from((None, "tenant", "flag"))),
        "levels": levels,
        "current_level": draw(st.sampled_from((None, *levels))),
        "slot_ranges": draw(ranges()),
        "allocations": allocations,
        "flag": {"type": draw(st.sampled_from(("self", "auth0"))), "parameters": {"title": "Sign in", "steps": 1}},
        "variations": {v: {"name": v, "overrides": draw(overrides)} for v in VARIATIONS},
        "segments": {s: {"rules": draw(st.lists(rules, min_size=1, max_size=3))} for s in SEGMENTS},
    }


@st.composite
def overridden(draw: st.DrawFn) -> dict[str, str]:
    return draw(
        st.fixed_dictionaries(
            {},
            optional={
                "experiment_id": st.sampled_from(("exp_0", "exp_1", "exp_9")),
                "variation_id": st.sampled_from((*VARIATIONS, "var_z")),
                "segment_id": st.sampled_from((*SEGMENTS, "seg_z")),
            },
        )
    )


asked = st.fixed_dictionaries(
    {
        "flow": st.sampled_from(("authentication", "authentication", *FLOWS, "another")),
        "unit": units,
        "context": contexts,
    },
    optional={"override": overridden()},
)


@settings(max_examples=200)
@given(st.tuples(experiments(0), experiments(1)), st.lists(asked, min_size=1, max_size=8))
def test_decisions_agree(configured: tuple[dict[str, Any], ...], asks: list[dict[str, Any]]) -> None:
    plan = load_plan(configured, 3)

    decisions = [decide(plan, ask) for ask in asks]

    assert decisions == [decide_naively(configured, 3, ask) for ask in asks]


@given(salts, st.text(min_size=1, max_size=40))
def test_hashes_agree(salt: str, unit: str) -> None:
    assert hash_unit(salt, unit) == coordinates.hash_of(salt, unit)


@given(st.text())
def test_foldings_agree(text: str) -> None:
    assert fold(text) == segments.fold(text)


weights = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 9)), min_size=1, max_size=4, unique_by=lambda w: w[0]
).filter(lambda pairs: any(weight for _, weight in pairs))


@settings(max_examples=6)
@given(st.lists(weights, min_size=2, max_size=4))
def test_chains_of_weights_agree(chain: list[list[tuple[str, int]]]) -> None:
    owners, found = ownership.lay_out(chain[0]), lay_out(dict(chain[0]))
    for step in chain[1:]:
        owners, found = ownership.reweigh(owners, step), reweigh(found, dict(step))

    assert [(piece.start, piece.stop, piece.variation_id) for piece in found] == ownership.ranges_of(owners)
