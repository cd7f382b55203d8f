"""Names and descriptions of everything that has them."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.api.house import House, problem

Create = Callable[[House, dict[str, Any]], Any]


def _flag(house: House, fields: dict[str, Any]) -> Any:
    return house.owner.post("/feature-flags", {"parameters": {"p": {"type": "number", "value": 1}}} | fields)


def _variation(house: House, fields: dict[str, Any]) -> Any:
    return house.owner.post(f"{house.owner.flag('Its flag').path}/variations", {"overrides": {}} | fields)


def _segment(house: House, fields: dict[str, Any]) -> Any:
    return house.owner.post("/segments", {"rules": [{"match": {"browser": ["Safari"]}}]} | fields)


def _experiment(house: House, fields: dict[str, Any]) -> Any:
    flag = house.owner.flag("Its flag")
    return house.owner.post("/experiments", {"feature_flag_id": flag.id, "authentication_flow": "all"} | fields)


KINDS = [_flag, _variation, _segment, _experiment]
BLANKS = [" ", "\t", "\n", "\r", "\u00a0", "\u1680", "\u2003", "\u2028", "\u202f", "\u205f", "\u3000", "\u0085"]
"""Some of the characters that Unicode calls white space."""


@pytest.mark.parametrize("name", ["", "ab", "é" * 256, " abc", "abc ", "a\0c", None, 123, ["abc"]])
@pytest.mark.parametrize("create", KINDS)
def test_a_name_is_3_to_255_characters_of_text(house: House, create: Create, name: Any) -> None:
    reply = create(house, {"name": name})

    assert problem(reply) == (400, "invalid_body")


@pytest.mark.parametrize("length", [3, 255])
@pytest.mark.parametrize("create", KINDS)
def test_a_name_at_its_limits_is_taken(house: House, create: Create, length: int) -> None:
    reply = create(house, {"name": "🙂" * length})

    assert (reply.status_code, reply.json()["name"]) == (201, "🙂" * length)


@pytest.mark.parametrize("length", [3, 1024])
@pytest.mark.parametrize("create", KINDS)
def test_a_description_at_its_limits_is_taken(house: House, create: Create, length: int) -> None:
    reply = create(house, {"name": "A name", "description": "é" * length})

    assert (reply.status_code, reply.json()["description"]) == (201, "é" * length)


@pytest.mark.parametrize("description", ["", "ab", "é" * 1025, " abc", "abc\n", "a\0c", None, 123])
@pytest.mark.parametrize("create", KINDS)
def test_other_descriptions_are_refused(house: House, create: Create, description: Any) -> None:
    assert problem(create(house, {"name": "A name", "description": description})) == (400, "invalid_body")


@pytest.mark.parametrize("blank", BLANKS)
def test_no_blank_stands_at_either_end(house: House, blank: str) -> None:
    flag = house.owner.flag()

    replies = [house.owner.patch(flag.path, {"name": name}) for name in (f"{blank}abc", f"abc{blank}", blank * 3)]

    assert [problem(reply) for reply in replies] == [(400, "invalid_body")] * 3


@pytest.mark.parametrize("blank", BLANKS)
def test_blanks_may_stand_inside(house: House, blank: str) -> None:
    flag = house.owner.flag()

    assert house.owner.patch(flag.path, {"name": f"a{blank}c"}).json()["name"] == f"a{blank}c"


def test_names_are_compared_to_the_letter(house: House) -> None:
    for name in ("Café", "café", "Cafe\u0301"):
        house.owner.segment(name)

    assert len(house.owner.shown("/segments")["segments"]) == 3


@pytest.mark.parametrize("description", ["", " ", "ab"])
def test_a_patch_does_not_clear_a_description_with_a_text(house: House, description: str) -> None:
    flag = house.owner.flag(description="What it is")

    assert problem(house.owner.patch(flag.path, {"description": description})) == (400, "invalid_body")
    assert house.owner.shown(flag.path)["description"] == "What it is"
