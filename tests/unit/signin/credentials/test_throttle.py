"""Holding back who guesses."""

from concurrent.futures import ThreadPoolExecutor

from signpost.signin.credentials import throttle
from signpost.signin.credentials.throttle import Throttle, ThrottleLimits

LIMITS = ThrottleLimits(account_and_address=3, account=6, address=9, seconds=60)


class Watch:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def fail(held: Throttle, account: str, address: str, times: int = 1) -> None:
    for _ in range(times):
        held.admit("t", account, address)


def test_an_account_is_held_back_from_the_address_that_guesses_and_from_no_other() -> None:
    held = Throttle(Watch(), LIMITS)

    fail(held, "ann", "10.0.0.1", 3)

    assert not held.admit("t", "ann", "10.0.0.1")
    assert held.admit("t", "ann", "10.0.0.2")
    assert held.admit("t", "bob", "10.0.0.1")
    assert held.admit("another tenant", "ann", "10.0.0.1")


def test_an_account_that_is_tried_from_many_addresses_is_held_back_from_all() -> None:
    held = Throttle(Watch(), LIMITS)

    for number in range(6):
        fail(held, "ann", f"10.0.0.{number}")

    assert not held.admit("t", "ann", "10.9.9.9")
    assert held.admit("t", "bob", "10.9.9.9")


def test_an_address_that_tries_many_accounts_is_held_back_from_all() -> None:
    held = Throttle(Watch(), LIMITS)

    for number in range(9):
        fail(held, f"account {number}", "10.0.0.1")

    assert not held.admit("t", "another account", "10.0.0.1")
    assert held.admit("t", "another account", "10.0.0.2")


def test_it_is_over_when_nobody_has_failed_for_a_while() -> None:
    watch = Watch()
    held = Throttle(watch, LIMITS)
    fail(held, "ann", "10.0.0.1", 3)

    watch.seconds += 59
    before = held.admit("t", "ann", "10.0.0.1")
    watch.seconds += 1
    after = [held.admit("t", "ann", "10.0.0.1") for _ in range(4)]

    assert not before
    assert after == [True, True, True, False], "it counts from the beginning"


def test_a_right_password_forgets_the_wrong_ones_of_its_own_address_only() -> None:
    held = Throttle(Watch(), LIMITS)
    fail(held, "ann", "10.0.0.1", 2)
    fail(held, "ann", "10.0.0.2", 2)

    assert held.admit("t", "ann", "10.0.0.1")
    held.note_success("t", "ann", "10.0.0.1")
    fail(held, "ann", "10.0.0.1", 1)
    fail(held, "ann", "10.0.0.2", 1)

    assert not held.admit("t", "ann", "10.0.0.1"), "six failures of the account: the guesses of others count"


def test_many_attempts_at_once_are_let_past_only_up_to_the_limit() -> None:
    held = Throttle(Watch(), LIMITS)

    with ThreadPoolExecutor(8) as pool:
        let_past = list(pool.map(lambda _: held.admit("t", "ann", "10.0.0.1"), range(50)))

    assert sum(let_past) == 3


def test_right_passwords_are_not_counted() -> None:
    """Everybody of an office signs in within a minute."""
    held = Throttle(Watch(), LIMITS)

    for number in range(50):
        assert held.admit("t", f"account {number}", "10.0.0.1")
        held.note_success("t", f"account {number}", "10.0.0.1")

    assert not held._counts


def test_a_passkey_forgets_what_was_typed_wrong_and_takes_nothing_back() -> None:
    held = Throttle(Watch(), LIMITS)
    fail(held, "ann", "10.0.0.1", 2)
    fail(held, "ann", "10.0.0.2", 3)

    held.forget("t", "ann", "10.0.0.1")
    fail(held, "ann", "10.0.0.1", 1)

    assert not held.admit("t", "ann", "10.0.0.1"), "six failures of the account"


def test_who_is_not_known_costs_no_more_than_a_bounded_memory() -> None:
    held = Throttle(Watch(), LIMITS)

    for number in range(throttle.KEYS_MAX):
        fail(held, f"account {number}", f"address {number}")

    assert len(held._counts) == throttle.KEYS_MAX
    fail(held, "ann", "10.0.0.1", 3)
    assert not held.admit("t", "ann", "10.0.0.1")


def test_failures_now_and_then_do_not_add_up() -> None:
    """An office of many people: somebody mistypes every half minute, and nobody is ever held back for it."""
    watch = Watch()
    held = Throttle(watch, LIMITS)

    for number in range(100):
        assert held.admit("t", f"account {number}", "10.0.0.1")
        watch.seconds += 30


def test_no_more_guesses_than_the_limit_are_let_through_in_any_window() -> None:
    watch = Watch()
    held, tried = Throttle(watch, LIMITS), list[float]()

    for _ in range(1_000):
        if held.admit("t", "ann", "10.0.0.1"):
            tried.append(watch.seconds)
        watch.seconds += 1

    assert max(sum(at <= other < at + 60 for other in tried) for at in tried) == 3


def test_a_network_of_ipv6_is_one_address() -> None:
    held = Throttle(Watch(), LIMITS)

    for number in range(9):
        fail(held, f"account {number}", f"2001:db8:1:2::{number:x}")

    assert not held.admit("t", "ann", "2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert held.admit("t", "ann", "2001:db8:1:3::1")


def test_an_ipv4_address_is_the_same_written_as_ipv6() -> None:
    held = Throttle(Watch(), LIMITS)

    fail(held, "ann", "::ffff:10.0.0.1", 3)

    assert not held.admit("t", "ann", "10.0.0.1")
    assert held.admit("t", "ann", "::ffff:10.0.0.2")


def test_those_whose_address_is_not_known_do_not_lock_each_other_out() -> None:
    held = Throttle(Watch(), LIMITS)

    for number in range(20):
        held.admit("t", f"account {number}", None)
    for _ in range(3):
        held.admit("t", "ann", None)

    assert held.admit("t", "bob", None)
    assert not held.admit("t", "ann", None)


def test_accounts_that_do_not_exist_are_held_back_alike() -> None:
    """The throttle is given what was typed, and asks nobody whether there is such an account."""
    held = Throttle(Watch(), LIMITS)

    may_try = []
    for typed in ("ann@example.com", "nobody@example.com"):
        fail(held, typed, "10.0.0.1", 3)
        may_try.append(held.admit("t", typed, "10.0.0.1"))

    assert may_try == [False, False]
