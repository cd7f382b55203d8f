"""Twenty thousand devices that want to sign in, and how well they really do."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from itertools import accumulate

TRUE_RATES = {"Password first": 0.80, "Passkey first": 0.83}
"""The chance that a device gets in, by what it is shown. The experiment is to find the difference between these two."""


@dataclass(frozen=True, slots=True)
class Person:
    """A device on its way to sign in. `luck` is drawn from 0–1 before anybody knows what it will be shown."""

    number: int
    device: str
    session: str
    ip: str
    user_agent: str
    luck: float

    def succeeds_with(self, variation: str) -> bool:
        return self.luck < TRUE_RATES[variation]


def make_people(count: int, seed: int) -> Iterator[Person]:
    """Return the same people for the same seed, with browsers as often as they are met in the wild."""
    chance = random.Random(seed)
    lines = files("fake_useragent").joinpath("data/browsers.jsonl").read_text().splitlines()
    browsers = [json.loads(line) for line in lines]
    shares = list(accumulate(browser["percent"] for browser in browsers))
    for number in range(count):
        yield Person(
            number=number,
            device=f"device-{chance.getrandbits(64):016x}",
            session=f"session-{number}",
            ip=f"203.0.113.{chance.randrange(1, 255)}",
            user_agent=chance.choices(browsers, cum_weights=shares)[0]["useragent"],
            luck=chance.random(),
        )
