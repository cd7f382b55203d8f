"""The client: decides in this process."""

import atexit
import logging
import os
import weakref
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from pathlib import Path
from random import random  # noqa: TID251 spreads attempts, decides nothing
from threading import Event
from time import monotonic, time_ns  # noqa: TID251 what is decided is dated here
from types import MappingProxyType, TracebackType
from typing import Any, Self, TypeVar

from msgspec import structs

from signpost.assignment import Configuration, Outcome, Override, Plan, Reason, Who
from signpost.assignment.evaluation import always
from signpost.assignment.flags import FLOW
from signpost.assignment.plans import UNEXPECTED
from signpost.client.attributes import Context, Derivation
from signpost.client.backoff import Backoff
from signpost.client.connections import Connection, Credentials
from signpost.client.copies import Copies
from signpost.client.decisions import Decision, Evaluation
from signpost.client.following import Following
from signpost.client.listeners import join, tell
from signpost.client.outbox import Outbox, Tracked
from signpost.client.queues import Nowhere, Queue
from signpost.client.stats import Source, Stats
from signpost.exchange import read_document

CLOSE_SECONDS = 5.0
QUEUE_MAX = 100_000
"""Exposures that wait to be sent, and as many events; what comes then is dropped and counted."""
QUIET_SECONDS = 60.0
"""How long nothing is said of further drops."""
NOTHING: Context = MappingProxyType({})

log = logging.getLogger("signpost.client")

T = TypeVar("T")


class Client:
    """Decides in this process: from memory, in less than a microsecond, from any thread, and never with an exception.

    Make one for each process and tenant, and keep it. After `os.fork()` the child goes on with threads and a queue of its own.
    """

    def __init__(
        self,
        exposures: Queue[Decision] | None = None,
        events: Queue[Tracked] | None = None,
        *,
        source: Source = Source.NONE,
    ) -> None:
        self._plan = _plan_of_nobody()
        self._plain_overrides = False
        self._source = source
        self._nowhere = Nowhere()
        self._exposures: Queue[Decision] = self._nowhere if exposures is None else exposures
        self._events: Queue[Tracked] = self._nowhere if events is None else events
        self._dropped = 0
        self._told_at = -QUIET_SECONDS
        self._following: Following | None = None
        self._outbox: Outbox | None = None
        self._derivation = Derivation()
        self._ready = Event()
        self._listeners: list[Callable[[int], None]] = []
        self._health_listeners: list[Callable[[str | None], None]] = []
        self._wire: Callable[[], tuple[Following, Outbox]] | None = None
        self._is_closed = False

    @classmethod
    def connect(
        cls,
        url: str,
        *,
        client_id: str | None = None,
        client_secret: str | None = None,
        token: str | Callable[[], str] | None = None,
        cache: str | Path | None = None,
        ca_file: str | Path | None = None,
    ) -> "Client":
        """Return a client of a server, at once; the configuration is fetched in the background, and followed from then on.

        Args:
            url: The server's address; its host names the tenant.
            client_id: A client that holds the scopes `read:plan` and `create:events`.
            client_secret: Its secret.
            token: Instead of both: a token, or what returns one that is fresh.
            cache: A folder for the last good configuration, from which a start without the server decides.
            ca_file: Certificates to trust, for a server with an authority of its own.

        Raises:
            ValueError: the address is none, or it is not said who asks.
        """
        if token is None and not (client_id and client_secret):
            raise ValueError("say who asks: client_id and client_secret, or token")
        credentials = Credentials(client_id, client_secret, token)
        client = cls()

        def wire() -> tuple[Following, Outbox]:
            connection = Connection(url, credentials, Path(ca_file) if ca_file else None)
            copies = Copies(Path(cache), f"{connection.url} {client_id}") if cache else None
            following = Following(connection, copies, Backoff(random), client.use, client._tell_health)
            return following, Outbox(connection, Backoff(random), client.asked_by)

        client._wire = wire
        client._start()
        this = weakref.ref(client)
        atexit.register(lambda: _call(this, Client.close))
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=lambda: _call(this, Client.start_again))
        return client

    @classmethod
    def from_file(
        cls, path: str | Path, exposures: Queue[Decision] | None = None, events: Queue[Tracked] | None = None
    ) -> "Client":
        """Return a client that decides by a file which `signpost export` has written.

        Exposures and events are appended to what is given, such as a deque; else they are counted as failed and go nowhere.

        Raises:
            OSError: the file can't be read.
            DocumentInvalidError: it is no such file.
        """
        return cls.from_configuration(read_document(Path(path).read_bytes()), exposures, events, source=Source.FILE)

    @classmethod
    def from_configuration(
        cls,
        configuration: Configuration,
        exposures: Queue[Decision] | None = None,
        events: Queue[Tracked] | None = None,
        *,
        source: Source = Source.MEMORY,
    ) -> "Client":
        """Return a client without threads and server, for tests: `exposures` and `events` can be lists."""
        client = cls(exposures, events, source=source)
        client.use(configuration)
        return client

    def decide(
        self,
        flow: str,
        unit: str,
        context: Context = NOTHING,
        *,
        override: Override | None = None,
        record: bool = True,
        session_id: str | None = None,
        account_id: str | None = None,
        linked_unit: str | None = None,
    ) -> Decision:
        """Decide what a unit sees in a flow. Never raises, never waits.

        Args:
            flow: The authentication flow.
            unit: The id that is randomised: the device's, unless the experiment is on accounts.
            context: The request's attributes; what segments ask for is derived from `user_agent` where it is not said.
            override: Forces an assignment for this one decision; it is recorded as such, and never counted.
            record: Whether the unit is shown the variation now; else call `record` when it is.
            session_id: Of the sign-in transaction; later events of the same session belong to the exposure.
            account_id: Whose account it is, where that is known; experiments on accounts enrol nobody without it.
            linked_unit: What the account, or else the device, stands for since it was linked, where that is known.
        """
        plan = self._plan
        if context is not NOTHING:
            context = self._complete(plan, flow, context, override)
        if plan.is_by_device:
            outcome, hashed = (
                plan.decide(flow, unit, context)
                if override is None
                else plan.decide_forced(flow, unit, context, override)
            )
        else:
            who = Who(unit, account_id, linked_unit)
            unit, (outcome, hashed) = plan.decide_for(flow, who, context, override)
        decision = Decision(outcome, hashed, unit, flow, context, time_ns(), session_id)
        if record and (outcome.experiment_id is not None or outcome.is_exposure):
            exposures = self._exposures
            if len(exposures) < QUEUE_MAX:
                exposures.append(decision)
            else:
                self._drop()
        return decision

    def record(self, decision: Decision) -> None:
        """Record that a unit is shown what was decided for it. Each call is an exposure; a unit is counted once.

        Where the unit is in no experiment there is nothing to record.
        """
        if not decision.outcome.is_exposure:
            return
        if len(self._exposures) < QUEUE_MAX:
            self._exposures.append(structs.replace(decision, at_ns=time_ns()))
        else:
            self._drop()

    def evaluate(
        self,
        key: str,
        unit: str,
        context: Context = NOTHING,
        *,
        record: bool = True,
        session_id: str | None = None,
        account_id: str | None = None,
        linked_unit: str | None = None,
    ) -> Evaluation | None:
        """Return a flag's value for a unit, None where there is no such key. Never raises, never waits.

        Args:
            key: A flag's name, or `name.parameter`.
            unit: As for `decide`.
            context: As for `decide`; `flow` names the authentication flow.
            record: Whether the unit is shown the value now.
            session_id: As for `decide`.
            account_id: As for `decide`.
            linked_unit: As for `decide`.
        """
        plan = self._plan
        flag = plan.flags.get(key) if isinstance(key, str) else None  # type: ignore[redundant-expr]
        if flag is None:
            return None
        named = context.get(FLOW) if isinstance(context, Mapping) else None  # type: ignore[redundant-expr]
        flow = flag.flow_in(named if isinstance(named, str) else None)
        if flow is None:
            return Evaluation(flag.baseline)
        decision = self.decide(
            flow, unit, context, record=False, session_id=session_id, account_id=account_id, linked_unit=linked_unit
        )
        is_exposure = flag.is_exposed_by(decision.outcome)
        if record and is_exposure:
            self.record(decision)
        return Evaluation(flag.resolve(decision.outcome), decision, is_exposure)

    def track(
        self,
        type: str,
        *,
        unit: str | None = None,
        session_id: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """Send an auth event, such as `s` for a successful sign-in. Never raises, never waits."""
        if len(self._events) < QUEUE_MAX:
            body = {"type": type, "unit": unit, "session_id": session_id, "details": details}
            self._events.append((body, time_ns()))
        else:
            self._drop()

    @property
    def plan(self) -> Plan:
        """The plan that decides now."""
        return self._plan

    @property
    def plain_overrides(self) -> bool:
        """Whether the tenant lets requests force a variation by plain ids; for those who read overrides out of requests."""
        return self._plain_overrides

    @property
    def revision(self) -> int:
        """The revision of the configuration that decides now, 0 while there is none."""
        return self._plan.revision

    @property
    def is_ready(self) -> bool:
        """Whether there is a configuration, be it from the server or from the copy."""
        return self._ready.is_set()

    def wait_until_ready(self, seconds: float) -> bool:
        """Wait for a configuration; return whether there is one."""
        return self._ready.wait(seconds)

    def asked_by(self, experiment_id: str) -> Collection[str]:
        """Return the attributes that an experiment's segments ask for; only these are sent along with its exposures."""
        experiment = self._plan.experiments.get(experiment_id)
        return () if experiment is None else experiment.attributes

    def on_change(self, listener: Callable[[int], None]) -> Callable[[], None]:
        """Call the listener with the revision of each new configuration, on the thread that fetched it.

        Returns what ends that.
        """
        return join(self._listeners, listener)

    def on_health(self, listener: Callable[[str | None], None]) -> Callable[[], None]:
        """Call the listener with what is wrong after each attempt to refresh that failed, and with None when all is well again.

        It is called on the thread that fetches. Returns what ends that.
        """
        return join(self._health_listeners, listener)

    @property
    def stats(self) -> Stats:
        """How the client is doing."""
        following, outbox = self._following, self._outbox
        confirmed_at = following.confirmed_at if following else None
        return Stats(
            source=following.source if following else self._source,
            revision=self.revision,
            age_seconds=None if confirmed_at is None else monotonic() - confirmed_at,
            problem=following.problem if following else None,
            is_unauthorized=following.is_unauthorized if following else False,
            queued=outbox.queued if outbox else 0,
            sent=outbox.sent if outbox else 0,
            dropped=self._dropped,
            failed=(outbox.failed if outbox else 0) + self._nowhere.count,
        )

    def close(self, seconds: float = CLOSE_SECONDS) -> None:
        """Send what is queued, for so many seconds at most, and follow no more. Deciding goes on as it was."""
        if self._is_closed:
            return
        self._is_closed = True
        if self._following is not None:
            self._following.close()
        if self._outbox is not None:
            self._outbox.close(seconds)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _start(self) -> None:
        if self._wire is not None:
            following, outbox = self._wire()
            self._following, self._outbox = following, outbox
            self._exposures, self._events = outbox.exposures, outbox.events
            following.start()
            outbox.start()

    def start_again(self) -> None:
        """Go on in a child process: with threads, locks and a queue of its own; what the parent has queued, it sends itself."""
        is_ready = self._ready.is_set()
        self._ready = Event()
        self._derivation = Derivation()
        if is_ready:
            self._ready.set()
        if not self._is_closed:
            self._start()

    def _drop(self) -> None:
        self._dropped += 1
        now = monotonic()
        if now - self._told_at >= QUIET_SECONDS:
            self._told_at = now
            log.warning("%d exposures and events were dropped: %d wait already", self._dropped, QUEUE_MAX)

    def _complete(self, plan: Plan, flow: str, context: Context, override: Override | None) -> Context:
        """Return the context with what can be derived and is asked for; what is no context is left to deciding."""
        try:
            if "user_agent" in context or "ip" in context:
                return self._derivation.complete(context, plan.attributes_needed(flow, override))
        except UNEXPECTED:
            pass
        return context

    def use(self, configuration: Configuration) -> None:
        """Decide by this configuration from now on."""
        prepared = configuration.prepare()
        for warning in prepared.warnings:
            log.warning("experiment %s: %s", warning.experiment_id, warning.problem)
        is_new = prepared.plan.revision != self._plan.revision or not self._ready.is_set()
        self._plan = prepared.plan
        self._plain_overrides = configuration.plain_overrides
        self._ready.set()
        if is_new:
            tell(self._listeners, prepared.plan.revision)

    def _tell_health(self, problem: str | None) -> None:
        tell(self._health_listeners, problem)


def _call(this: "weakref.ref[Client]", method: Callable[[Client], None]) -> None:
    client = this()
    if client is not None:
        method(client)


def _plan_of_nobody() -> Plan:
    """Return the plan of a process that knows no configuration yet."""
    empty = Configuration(tenant_id="", revision=0, flags=(), variations=(), segments=(), experiments=())
    plan = empty.prepare().plan
    nobody = replace(plan.running_elsewhere, evaluate=always(Outcome(Reason.NO_PLAN, 0)))
    return replace(plan, running_elsewhere=nobody)
