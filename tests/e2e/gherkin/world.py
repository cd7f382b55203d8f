"""Where a scenario happens: a provider in the state that it asks for, and what has been seen so far."""

from abc import ABC, abstractmethod
from contextlib import suppress
from enum import StrEnum
from pathlib import Path
from threading import Event
from typing import Any, NamedTuple

from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEvent
from openfeature.exception import OpenFeatureError
from openfeature.flag_evaluation import FlagEvaluationDetails, FlagEvaluationOptions
from openfeature.hook import Hook, HookContext, HookHints
from openfeature.provider import AbstractProvider
from openfeature.transaction_context import ContextVarsTransactionContextPropagator

from signpost import Client
from signpost.openfeature import SignpostProvider

DOMAIN = "gherkin"
UNIT = EvaluationContext("device-1")
"""Who asks, in every scenario: an experiment needs a unit, and the suite's contexts have none."""
NO_PORT = "http://127.0.0.1:9"
STALE_SECONDS = 3
"""How long a provider may take to find out that it is stale."""


class State(StrEnum):
    """What scenarios ask providers to be."""

    STABLE = "stable"
    NOT_READY = "not ready"
    ERROR = "error"
    FATAL = "fatal"
    STALE = "stale"


class Providers(ABC):
    """Makes providers of one kind."""

    @abstractmethod
    def make(self, state: State) -> AbstractProvider: ...

    @abstractmethod
    def close(self) -> None: ...


class OverHttp(Providers):
    """The published OFREP provider."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token
        self._made: list[OFREPProvider] = []

    def make(self, state: State) -> AbstractProvider:
        """Return a provider; it has no states of its own, so these are as near as its settings come."""
        token = "expired" if state is State.FATAL else self._token
        url = NO_PORT if state in {State.NOT_READY, State.ERROR} else self._url
        self._made.append(OFREPProvider(url, headers_factory=lambda: {"Authorization": f"Bearer {token}"}))
        return self._made[-1]

    def close(self) -> None:
        for provider in self._made:
            provider.session.close()


class InProcess(Providers):
    """Our own provider, over clients that follow the same server."""

    def __init__(self, url: str, token: str, cache: Path) -> None:
        self._url, self._cache = url, cache
        self._stable = Client.connect(url, token=token, cache=cache)
        assert self._stable.wait_until_ready(30)
        self._made = [self._stable]

    def make(self, state: State) -> AbstractProvider:
        match state:
            case State.STABLE:
                return SignpostProvider(self._stable)
            case State.NOT_READY:
                return SignpostProvider(Client(), ready_seconds=5)
            case State.ERROR:
                return SignpostProvider(self._connect(NO_PORT, "none"), ready_seconds=0)
            case State.FATAL:
                client = self._connect(self._url, "expired")
                _wait_for_trouble(client)
                return SignpostProvider(client, ready_seconds=0)
            case State.STALE:
                return SignpostProvider(self._connect(self._url, "expired", self._cache))

    def close(self) -> None:
        for client in self._made:
            client.close()

    def _connect(self, url: str, token: str, cache: Path | None = None) -> Client:
        self._made.append(Client.connect(url, token=token, cache=cache))
        return self._made[-1]


def _wait_for_trouble(client: Client) -> None:
    noticed = Event()
    leave = client.on_health(lambda _: noticed.set())
    assert client.stats.problem or noticed.wait(30)
    leave()


class World:
    """What one scenario has said and seen."""

    def __init__(self, providers: Providers) -> None:
        api.set_evaluation_context(UNIT)
        api.set_transaction_context_propagator(ContextVarsTransactionContextPropagator())
        self._providers = providers
        self.sdk = api.get_client(DOMAIN)
        self.question = Question("boolean", "boolean-flag", False)
        self.context = EvaluationContext()
        self.options = FlagEvaluationOptions()
        self.hook = Recorder()
        self.heard: list[str] = []
        self.levels: list[str] = []
        self.original = EvaluationContext()
        self.details: FlagEvaluationDetails[Any] = FlagEvaluationDetails("", None)

    def register(self, state: State) -> AbstractProvider:
        """Register a provider in this state."""
        provider = self._providers.make(state)
        if state is State.NOT_READY:
            api.set_provider(provider, DOMAIN)
            return provider
        with suppress(OpenFeatureError):
            api.set_provider_and_wait(provider, DOMAIN)
        if state is State.STALE:
            is_stale = Event()
            self.sdk.add_handler(ProviderEvent.PROVIDER_STALE, lambda _: is_stale.set())
            is_stale.wait(STALE_SECONDS)
        return provider

    def ask(self) -> None:
        """Evaluate the flag in question, with details."""
        kind, key, default = self.question
        get = getattr(self.sdk, f"get_{kind}_details")
        self.details = get(key, default, self.context, self.options)

    def close(self) -> None:
        """Leave nothing to the next scenario."""
        api.set_transaction_context(EvaluationContext())
        api.shutdown()


class Question(NamedTuple):
    """A flag, how it is asked for, and what the code falls back to."""

    kind: str
    key: str
    default: Any


class Recorder(Hook):
    """Remembers what a hook is called with; may add to the context."""

    def __init__(self, added: EvaluationContext | None = None) -> None:
        self.called: dict[str, Any] = {}
        self._added = added

    def before(self, hook_context: HookContext, hints: HookHints) -> EvaluationContext | None:
        self.called["before"] = hook_context
        return self._added

    def after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
        self.called["after"] = details

    def error(self, hook_context: HookContext, exception: Exception, hints: HookHints) -> None:
        self.called["error"] = exception

    def finally_after(self, hook_context: HookContext, details: FlagEvaluationDetails[Any], hints: HookHints) -> None:
        self.called["finally"] = details
