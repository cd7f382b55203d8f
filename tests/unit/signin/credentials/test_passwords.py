"""Passwords."""

import pytest
from argon2 import PasswordHasher

from signpost.signin.credentials.passwords import COMMON, LENGTH_MAX, PasswordCost, Passwords

CHEAP = PasswordCost(memory_kib=8, passes=1)
EMAIL = "ann@example.com"


def test_a_password_is_right_and_every_other_is_wrong() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("a horse and a staple")

    assert passwords.verify("a horse and a staple", kept).is_right
    assert not passwords.verify("a horse and a Staple", kept).is_right
    assert not passwords.verify("", kept).is_right
    assert passwords.hash("a horse and a staple") != kept, "each hash has a salt of its own"


def test_the_usual_cost_is_owasps() -> None:
    # OWASP Password Storage Cheat Sheet: Argon2id with m=19456 (19 MiB), t=2, p=1.
    assert Passwords().hash("x").startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_another_library_agrees() -> None:
    kept = Passwords(CHEAP).hash("a horse and a staple")

    assert PasswordHasher().verify(kept, "a horse and a staple")


def test_a_password_is_the_same_however_its_characters_are_put_together() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("caf\u00e9 \uff11\uff12\uff13\uff14")

    assert passwords.verify("cafe\u0301 1234", kept).is_right


def test_a_hash_of_another_cost_is_right_and_replaced() -> None:
    kept = Passwords(PasswordCost(memory_kib=16, passes=1)).hash("a horse and a staple")

    found = Passwords(CHEAP).verify("a horse and a staple", kept)

    assert found.is_right
    assert found.new_hash is not None
    assert Passwords(CHEAP).verify("a horse and a staple", found.new_hash).new_hash is None


def test_an_account_that_is_not_there_takes_the_same_work(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords, checked = Passwords(CHEAP), list[str]()
    verify = PasswordHasher.verify

    def count(self: PasswordHasher, kept: str, password: bytes) -> bool:
        checked.append(kept)
        return verify(self, kept, password)

    monkeypatch.setattr(PasswordHasher, "verify", count)
    kept = passwords.hash("a horse and a staple")

    found = [passwords.verify("wrong horse", kept), passwords.verify("wrong horse", None)]

    assert [each.is_right for each in found] == [False, False]
    assert len(checked) == 2
    assert checked[0].rpartition("$")[0].rpartition("$")[0] == checked[1].rpartition("$")[0].rpartition("$")[0]


@pytest.mark.parametrize("kept", [None, ""])
def test_nobody_signs_in_with_the_password_that_stands_for_nobody(kept: str | None) -> None:
    assert not Passwords(CHEAP).verify("nobody has this password", kept).is_right


def test_half_a_surrogate_pair_is_a_character_like_any_other() -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("a horse \ud800")

    assert passwords.verify("a horse \ud800", kept).is_right
    assert not passwords.verify("a horse \ud801", kept).is_right


def test_an_address_is_no_password_however_it_is_written() -> None:
    assert Passwords(CHEAP).check_new("annabella", "AnnaBella@Example.com") == "password_too_common"


@pytest.mark.parametrize("kept", ["", "x", "$argon2id$v=19$m=8", "plain text"])
def test_what_is_no_hash_lets_nobody_in(kept: str) -> None:
    assert not Passwords(CHEAP).verify("anything at all", kept).is_right


@pytest.mark.parametrize(
    ("password", "wrong"),
    [
        ("", "password_required"),
        ("1234567", "password_too_short"),
        ("x" * (LENGTH_MAX + 1), "password_too_long"),
        ("password", "password_too_common"),
        ("PassWord1", "password_too_common"),
        ("aaaaaaaaaaaa", "password_too_common"),
        ("e\u0301" * 4, "password_too_short"),
        (EMAIL, "password_too_common"),
        ("Ann@Example.com", "password_too_common"),
        ("a horse and a staple", None),
        ("パスワードは長いほうがよい", None),
        ("xy" * (LENGTH_MAX // 2), None),
    ],
)
def test_a_new_password_is_long_and_not_common(password: str, wrong: str | None) -> None:
    assert Passwords(CHEAP).check_new(password, EMAIL) == wrong


def test_the_list_of_common_passwords_names_its_source() -> None:
    lines = COMMON.read_text(encoding="utf-8").splitlines()

    assert "roycewilliams" in lines[1]
    assert len(lines) == 2_002
    assert all(len(line) >= 8 and line == line.lower() for line in lines[2:])


def test_a_password_that_is_too_long_is_not_even_hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    passwords = Passwords(CHEAP)
    kept = passwords.hash("a horse and a staple")
    monkeypatch.delattr(PasswordHasher, "verify")

    assert not passwords.verify("x" * (LENGTH_MAX + 1), kept).is_right
