"""One request of a sign-in under way: what is known, what changes, what is to be logged, and how it goes on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from signpost.model.accounts import Account, Journey
from signpost.model.json import JsonValue
from signpost.model.tenants import Client
from signpost.ports.events import Event
from signpost.runtime.overrides import NOT_ASKED, Asked
from signpost.runtime.wire import Override
from signpost.signin.assignments import Assignment, read_assignments, write_assignments
from signpost.signin.desk import Desk
from signpost.signin.journeys.steps import FLOWS
from signpost.signin.oidc.provider import Answer
from signpost.signin.records import Step, record_of
from signpost.signin.screens.parameters import PageParameters, read_parameters
from signpost.signin.visits import Visit


@dataclass(frozen=True, slots=True)
class Stay:
    """The same screen once more, with what was wrong."""

    errors: Sequence[str] = ()
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Go:
    """On to another screen."""

    step: str


@dataclass(frozen=True, slots=True)
class Leave:
    """Back to the application; the sign-in is over."""

    answer: Answer


@dataclass(frozen=True, slots=True)
class Stop:
    """A page that says why it does not go on. `message` is a key of the words' `messages`."""

    message: str
    status: int = 400
    text: str = ""


Next = Stay | Go | Leave | Stop


class Turn:
    """One request. The journey is changed here, and kept once, by `keep`."""

    def __init__(self, desk: Desk, visit: Visit, journey: Journey, client: Client) -> None:
        self.desk = desk
        self.visit = visit
        self.client = client
        self.people = desk.accounts.of(visit.state.tenant.id)
        self.cookies: list[str] = []
        self._journey = journey
        self._kept = journey
        self._events = list[Event]()
        self._assignments: dict[str, Assignment | None] = read_assignments(journey.assignment)
        self._account: Account | None = None

    @property
    def journey(self) -> Journey:
        """The journey as it is now."""
        return self._journey

    @property
    def flow(self) -> str:
        """The flow that its screen is in."""
        return FLOWS[self._journey.step]

    @property
    def assignment(self) -> Assignment | None:
        """The experiment that the present screen belongs to: that of its flow, or else the one that the sign-in began with."""
        found = self._assignments.get(self.flow)
        return found or next((each for each in self._assignments.values() if each is not None), None)

    @property
    def assignments(self) -> Mapping[str, Assignment | None]:
        """Everything that was assigned, by flow, in the order in which the sign-in came to it."""
        return self._assignments

    @property
    def parameters(self) -> PageParameters:
        """What the pages look like: the tenant's own way, and over it what experiments say that vary the pages."""
        return read_parameters(self.configuration)[0]

    @property
    def configuration(self) -> dict[str, JsonValue]:
        """The pages' parameters by name, as they are to be."""
        merged: dict[str, JsonValue] = dict(self.visit.state.tenant.pages.parameters)
        for found in self._assignments.values():
            if found is not None and found.is_of_pages:
                merged |= found.config
        return merged

    @property
    def account(self) -> Account | None:
        """Who it is, as soon as that is proved."""
        if self._account is None and self._journey.account_id is not None:
            self._account = self.people.accounts.get(self._journey.account_id)
        return self._account

    def fact(self, name: str, otherwise: Any = None) -> Any:
        """Return what an earlier step has kept."""
        return self._journey.facts.get(name, otherwise)

    def change(self, **changes: Any) -> None:
        """Change the journey."""
        self._journey = replace(self._journey, **changes)
        if "account_id" in changes:
            self._account = None

    def remember(self, **facts: JsonValue) -> None:
        """Keep something for later steps; None forgets it."""
        kept = {**self._journey.facts, **facts}
        self.change(facts={name: value for name, value in kept.items() if value is not None})

    def enter(self, step: str) -> None:
        """Go to a screen, and decide for its flow if that is new."""
        self.change(step=step)
        if self.flow not in self._assignments:
            asked = self._read_override()
            experiments = self.desk.experiments
            found = experiments.decide(self.visit, self._journey, self.flow, asked, self._assignments)
            self._assignments[self.flow] = found
            self.change(assignment=write_assignments(self._assignments))

    def note(self, step: Step, account: Account | None = None, *, once: str | None = None, **details: Any) -> None:
        """Log something that happens now; details that are None are left out.

        What is noted `once` under a name is logged once in a sign-in, however often.
        """
        self._events.append(
            record_of(
                step,
                self.desk.clock.now(),
                self.visit.state.tenant.id,
                unit=self._journey.device_id,
                visit=self.visit,
                journey=self._journey,
                client=self.client,
                account=account if account is not None else self._account,
                to=self.assignment.attribution if self.assignment is not None else None,
                details={name: value for name, value in details.items() if value is not None},
                event_id=None if once is None else f"{self._journey.transaction_id}-{once}",
            )
        )

    def begun(self) -> None:
        """Take the journey as it is for what is kept."""
        self._kept = self._journey

    def keep(self) -> bool:
        """Keep the journey as it is now; False when another request has changed or ended it meanwhile."""
        if self._journey != self._kept:
            kept = self.people.journeys.replace(self._journey)
            if kept is None:
                return False
            self._journey = self._kept = kept
        return True

    def end(self) -> bool:
        """End the journey; False when another request has ended it."""
        return self.people.journeys.take(self._journey.id) is not None

    def flush(self) -> None:
        """Hand over what is to be logged."""
        events, self._events = self._events, []
        self.desk.recording.note(events)

    def _read_override(self) -> Asked:
        given = self.fact("override")
        if given is None:
            return NOT_ASKED
        return self.desk.experiments.open_override(self.visit, Override(**given))
