"""How sign-ins ended, and who left."""

from datetime import timedelta

import pytest

from signpost.gateway.abandonment import AWAY_SECONDS_MAX, Abandonments
from signpost.gateway.outcomes import Outcomes
from signpost.gateway.visits import Visit
from signpost.middleware.cookies import Device
from tests.unit.gateway.house import URL, House, halves

STATE = "f2b7c19e0d5a4c38"
CALLBACKS = {"shop": "https://shop.example/callback"}


def ask(state: str = STATE, client: str = "shop") -> bytes:
    back = f"{URL}/callback/{client}".replace(":", "%3A").replace("/", "%2F")
    return f"client_id={client}&state={state}&redirect_uri={back}".encode()


def go(house: House, query: bytes, device: tuple[Device, str] | None = None) -> Device:
    found = device or house.device()
    house.lead(Visit(query, found[1]), callbacks=CALLBACKS)
    return found[0]


@pytest.fixture
def running(house: House) -> House:
    house.add(halves())
    return house


def follow(house: House, seconds: int = 60) -> Abandonments:
    outcomes = Outcomes(house.events, house.clock, house.tenant.id)
    return Abandonments(house.events, outcomes, house.clock, house.tenant.id, seconds)


def types_of(house: House) -> list[str]:
    return [entry["type"] for entry in house.log()][1:]


def test_an_outcome_belongs_to_the_sign_in_s_exposure(running: House) -> None:
    device = go(running, ask())

    running.come_back("shop", f"code=c&state={STATE}".encode(), device)

    exposure, success = running.log()
    assert (success["type"], success["unit"], success["client_id"]) == ("s", device.id, "shop")
    assert success["details"]["experiment"] == exposure["details"]["experiment"]
    assert success["session_id"] == exposure["session_id"]
    assert STATE not in str(running.log())


def test_a_failure_says_why_in_few_words(running: House) -> None:
    device = go(running, ask())

    for error in ("access_denied", "a" * 500, "line%0Abreak"):
        running.come_back("shop", f"error={error}&state={STATE}".encode(), device)

    assert types_of(running) == ["f", "f", "f"]
    assert [entry["details"]["error"] for entry in running.log()[1:]] == ["access_denied", "a" * 100, "unreadable"]


def test_without_a_cookie_a_long_state_is_believed_and_a_short_one_is_not(running: House) -> None:
    go(running, ask())
    go(running, ask("short"))

    running.come_back("shop", f"code=c&state={STATE}".encode(), None)
    running.come_back("shop", b"code=c&state=short", None)
    running.come_back("shop", b"code=c", None)

    assert [entry["type"] for entry in running.log()].count("s") == 1


def test_the_device_goes_before_a_state_that_others_have_too(running: House) -> None:
    first, second = go(running, ask("always-the-same-state")), go(running, ask("always-the-same-state"))

    running.come_back("shop", b"code=c1&state=always-the-same-state", first)
    running.come_back("shop", b"code=c2&state=always-the-same-state", second)

    assert [entry["unit"] for entry in running.log() if entry["type"] == "s"] == [first.id, second.id]


def test_a_client_without_a_state_is_known_by_its_device(running: House) -> None:
    device = go(running, ask("").replace(b"state=&", b""))

    running.come_back("shop", b"code=c", device)

    assert types_of(running) == ["s"]


@pytest.mark.parametrize(
    "query",
    [
        ask(client="other"),
        ask().replace(b"callback", b"elsewhere"),
        b"client_id=shop",
        ask() + b"&prompt=none",
        ask() + b"&response_mode=fragment",
        ask() + b"&response_mode=query.jwt",
        ask() + b"&response_type=code+id_token",
    ],
)
def test_what_does_not_come_back_here_has_no_outcome(running: House, query: bytes) -> None:
    device = go(running, query)

    running.come_back("shop", f"code=c&state={STATE}".encode(), device)

    assert [entry["type"] for entry in running.log() if entry["type"] == "s"] == []


def test_who_does_not_come_back_in_time_has_left_once(running: House) -> None:
    go(running, ask())
    gone, other = follow(running), follow(running)

    before = gone.look()
    running.clock.advance(timedelta(seconds=61))
    found = [gone.look(), other.look(), gone.look(), follow(running).look()]

    assert (before, found[0]) == (0, 1)
    assert types_of(running) == ["transaction_abandoned"]
    left = running.log()[1]
    assert left["details"]["experiment"] == running.log()[0]["details"]["experiment"]


def test_who_came_back_has_not_left(running: House) -> None:
    device = go(running, ask())
    running.come_back("shop", f"error=access_denied&state={STATE}".encode(), device)
    running.clock.advance(timedelta(seconds=61))

    assert follow(running).look() == 0


def test_who_left_while_nobody_looked_is_found_within_an_hour(running: House) -> None:
    go(running, ask())
    running.clock.advance(timedelta(seconds=AWAY_SECONDS_MAX + 30))
    soon = follow(running)
    found = soon.look()
    go(running, ask("another-state-of-a-kind"))
    running.clock.advance(timedelta(seconds=AWAY_SECONDS_MAX + 90))

    assert (found, follow(running).look()) == (1, 0)
