"""What every evaluator is asked to do: the same arms, rules, ids and attributes, and the check that it does it.

Nothing but the standard library: this is imported in every peer's environment.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Attributes = Mapping[str, str]
Settings = Mapping[str, str]
Request = tuple[str, dict[str, str]]
"""A unit and the attributes of its request."""

SETTINGS = dict.fromkeys(("title", "button", "layout", "hint"), "as it is")
ARMS: Mapping[str, Settings] = {
    "var_a": SETTINGS,
    **{name: SETTINGS | {"title": name} for name in ("var_b", "var_c", "var_d")},
}
"""Each arm's four settings; only the title differs, as in most experiments only one thing does."""

ATTRIBUTES = {
    "client_id": "tYz0fGk3Bq",
    "connection": "con_9dR2",
    "connection_type": "social",
    "organization_id": "org_k1",
    "device_type": "mobile",
    "browser": "Safari",
    "platform": "iOS",
    "country": "FR",
}

CHECKED_UNITS = 4_000
SHARE_TOLERANCE = 0.05
"""Six standard deviations of a share of one half among that many units."""


@dataclass(frozen=True)
class Rule:
    """Who gets an arm: all of `match` holds, and none of `not_match`; an attribute has to be one of some texts."""

    arm: str
    match: Mapping[str, tuple[str, ...]]
    not_match: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def holds(self, attributes: Attributes) -> bool:
        return all(attributes.get(name) in values for name, values in self.match.items()) and not any(
            attributes.get(name) in values for name, values in self.not_match.items()
        )


@dataclass(frozen=True)
class Job:
    """One thing to decide: the first rule that holds gives its arm, all others are split by weights in percent."""

    name: str
    rules: tuple[Rule, ...]
    weights: Mapping[str, int]
    attributes: Attributes
    """Of the requests that are timed."""

    @property
    def arms(self) -> tuple[str, ...]:
        return (*self.weights, *(rule.arm for rule in self.rules))

    def requests(self, first: int, count: int) -> list[Request]:
        """Return requests as they come in: every unit and every attribute's text made anew."""
        return [(unit_of(n), copy_texts(self.attributes)) for n in range(first, first + count)]


SPLIT = Job("split", (), {"var_a": 50, "var_b": 50}, {})
TARGETING = Job(
    "targeting",
    (
        Rule("var_b", {"client_id": ("c3QXm0bLs1",)}),
        Rule("var_c", {"device_type": ("desktop",), "country": ("DE",)}),
        Rule("var_d", {"platform": ("iOS", "Android"), "country": ("FR", "BE")}),
    ),
    {"var_a": 100},
    ATTRIBUTES,
)
"""The usual kind: the first and the second rule fail at their first condition, the third holds."""
LONG_TARGETING = Job(
    "long-targeting",
    (
        Rule("var_b", {"device_type": ("desktop",), "browser": ("Chrome", "Edge"), "country": ("DE",)}),
        Rule("var_c", {"connection_type": ("enterprise",), "client_id": ("c3QXm0bLs1",)}),
        Rule(
            "var_d",
            {"device_type": ("mobile", "tablet"), "platform": ("iOS", "Android"), "country": ("FR", "BE")},
            {"organization_id": ("org_internal",), "connection": ("con_test",)},
        ),
    ),
    {"var_a": 100},
    ATTRIBUTES,
)
"""Rules that name all eight attributes; seven conditions are asked until the third rule holds."""
JOBS = (SPLIT, TARGETING, LONG_TARGETING)


@dataclass(frozen=True)
class Question:
    """How an evaluator is asked: an expression over `unit`, `attributes` and the names it is given.

    An expression and no function, so that what is timed is the evaluator's own call and no wrapper's. With `await` in it,
    it is asked within one running event loop.
    """

    expression: str
    names: Mapping[str, Any]
    settings_of: Callable[[Any], Settings]
    """Reads the settings out of what the expression gives."""


class WrongAnswerError(Exception):
    """An evaluator does not do the job."""


def check(job: Job, ask: Callable[[str, Attributes], Settings]) -> None:
    """Check that an evaluator really splits and really targets, and hands out whole arms.

    Raises:
        WrongAnswerError: it does not.
    """
    for attributes in variants(job):
        rule = next((rule for rule in job.rules if rule.holds(attributes)), None)
        weights = job.weights if rule is None else {rule.arm: 100}
        given = Counter(name_of(job, ask(*request)) for request in requests_with(attributes))
        for arm, count in given.items():
            share, wanted = count / CHECKED_UNITS, weights.get(arm, 0) / 100
            if abs(share - wanted) > (SHARE_TOLERANCE if len(weights) > 1 else 0):
                raise WrongAnswerError(f"{job.name}: {share:.1%} get {arm}, not {wanted:.0%}, with {attributes}")


def variants(job: Job) -> Iterator[dict[str, str]]:
    """Give the attributes that are timed; those with one changed; and for each rule, some that it holds for."""
    yield dict(job.attributes)
    for name in job.attributes:
        yield {**job.attributes, name: "something else"}
    for rule in job.rules:
        yield {**job.attributes, **{name: values[0] for name, values in rule.match.items()}}
        for name, values in rule.not_match.items():
            yield {**job.attributes, name: values[0]}


def requests_with(attributes: Attributes) -> Iterator[Request]:
    return ((unit_of(n), dict(attributes)) for n in range(CHECKED_UNITS))


def name_of(job: Job, settings: Settings) -> str:
    """Return the arm with exactly these settings.

    Raises:
        WrongAnswerError: there is none.
    """
    for name, of_arm in ARMS.items():
        if of_arm == settings:
            return name
    raise WrongAnswerError(f"{job.name}: no arm has the settings {settings!r}")


def unit_of(number: int) -> str:
    """Return a device's id: 36 characters, the same for the same number and no other."""
    return f"{number * 0x9E3779B1 % 2**32:08x}-7b62-4c65-8d89-{number:012x}"


def copy_texts(attributes: Attributes) -> dict[str, str]:
    """Copy the texts as well: what has just been read from a request was never hashed or compared before."""
    return {name: text.encode().decode() for name, text in attributes.items()}
