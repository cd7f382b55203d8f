"""The provider: OpenFeature's questions asked of the in-process client.

The SDK's asynchronous methods call the synchronous ones, which never wait, so there is one implementation of each.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from types import MappingProxyType
from typing import TypeVar

from openfeature.evaluation_context import EvaluationContext
from openfeature.event import ProviderEventDetails
from openfeature.exception import (
    ErrorCode,
    FlagNotFoundError,
    ProviderFatalError,
    ProviderNotReadyError,
    TargetingKeyMissingError,
    TypeMismatchError,
)
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType, Reason
from openfeature.provider import AbstractProvider, Metadata
from openfeature.track import TrackingEventDetails

from signpost.assignment import FlagReason
from signpost.client import Client
from signpost.requests.contexts import flatten_context

READY_SECONDS = 10.0
"""How long the application waits for the first configuration, where it waits for its provider."""

T = TypeVar("T")


class SignpostProvider(AbstractProvider):
    """Resolves flags by a `signpost.Client`. An exposure is recorded whenever an experiment decides a value.

    The context's targeting key is the unit. The provider does not close the client, unless it is told that it owns it.
    The SDK's handlers hear of a new configuration, of each attempt to refresh it that fails (stale; error, where there is
    none yet), and of the next that succeeds (ready).
    """

    def __init__(self, client: Client, *, owns_client: bool = False, ready_seconds: float = READY_SECONDS) -> None:
        super().__init__()
        self._client = client
        self._owns_client = owns_client
        self._ready_seconds = ready_seconds
        self._leave: tuple[Callable[[], None], ...] = ()
        self._is_late = False

    def get_metadata(self) -> Metadata:
        """Return the provider's name."""
        return Metadata(name="Signpost")

    def initialize(self, evaluation_context: EvaluationContext) -> None:  # noqa: ARG002
        """Wait for a configuration, from the server or its copy.

        Raises:
            ProviderNotReadyError: there is none in time; flags have the callers' defaults until one comes.
            ProviderFatalError: likewise, and it is because the server does not take the client's credentials.
        """
        self._stop_listening()
        self._leave = self._client.on_change(self._tell_change), self._client.on_health(self._tell_health)
        if not self._client.wait_until_ready(self._ready_seconds):
            self._is_late = True
            stats = self._client.stats
            kind = ProviderFatalError if stats.is_unauthorized else ProviderNotReadyError
            raise kind(f"There is no configuration: {stats.problem or 'the server has not answered yet'}")

    def shutdown(self) -> None:
        """Listen no more; close the client if it is the provider's own."""
        self._stop_listening()
        if self._owns_client:
            self._client.close()

    def resolve_boolean_details(
        self,
        flag_key: str,
        default_value: bool,  # noqa: FBT001
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[bool]:
        """Resolve a flag that is true or false."""
        return self._resolve(flag_key, default_value, evaluation_context, _as_boolean)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Resolve a flag that is text."""
        return self._resolve(flag_key, default_value, evaluation_context, _as_string)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Resolve a flag that is a whole number; `10.0` is one."""
        return self._resolve(flag_key, default_value, evaluation_context, _as_integer)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Resolve a flag that is a number."""
        return self._resolve(flag_key, default_value, evaluation_context, _as_float)

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Resolve a flag that is an object or an array."""
        return self._resolve(flag_key, default_value, evaluation_context, _as_object)

    def track(
        self,
        tracking_event_name: str,
        evaluation_context: EvaluationContext | None = None,
        tracking_event_details: TrackingEventDetails | None = None,
    ) -> None:
        """Send an auth event of this type, of the unit and the `session_id` that the context names."""
        context = evaluation_context or EvaluationContext()
        session_id = context.attributes.get("session_id")
        details = None
        if tracking_event_details is not None:
            value = tracking_event_details.value
            details = tracking_event_details.attributes | ({} if value is None else {"value": value})
        self._client.track(
            tracking_event_name,
            unit=context.targeting_key,
            session_id=session_id if isinstance(session_id, str) else None,
            details=details,
        )

    def _resolve(
        self, key: str, default: T, context: EvaluationContext | None, convert: Callable[[object], T | None]
    ) -> FlagResolutionDetails[T]:
        if not self._client.is_ready:
            raise ProviderNotReadyError("There is no configuration yet.")
        unit = (context.targeting_key if context else None) or ""
        attributes = flatten_context(context.attributes) if context and context.attributes else {}
        looked = self._client.evaluate(
            key,
            unit,
            attributes,
            record=False,
            session_id=attributes.get("session_id"),
            account_id=attributes.get("account_id"),
            linked_unit=attributes.get("linked_unit"),
        )
        if looked is None:
            raise FlagNotFoundError(f"There is no flag {key!r}.")
        if looked.decision is not None and not unit:
            raise TargetingKeyMissingError("An experiment decides this flag, and needs the context's targeting key.")
        found = looked.resolution
        if found.reason is FlagReason.DISABLED or found.value is None:
            return FlagResolutionDetails(default, reason=Reason(found.reason))
        value = convert(found.value)
        if value is None:
            raise TypeMismatchError(f"The flag {key!r} is of another type: {type(found.value).__name__}.")
        if looked.is_exposure and looked.decision is not None:
            self._client.record(looked.decision)
        return FlagResolutionDetails(
            value,
            reason=Reason(found.reason),
            variant=found.variant,
            flag_metadata=MappingProxyType(found.metadata),
        )

    def _tell_change(self, revision: int) -> None:
        if self._is_late:
            self._is_late = False
            self.emit_provider_ready(ProviderEventDetails())
        self.emit_provider_configuration_changed(ProviderEventDetails(message=f"revision {revision}"))

    def _tell_health(self, problem: str | None) -> None:
        if problem is None:
            self.emit_provider_ready(ProviderEventDetails())
        elif self._client.is_ready:
            self.emit_provider_stale(ProviderEventDetails(message=problem))
        else:
            code = ErrorCode.PROVIDER_FATAL if self._client.stats.is_unauthorized else ErrorCode.PROVIDER_NOT_READY
            self.emit_provider_error(ProviderEventDetails(message=problem, error_code=code))

    def _stop_listening(self) -> None:
        for leave in self._leave:
            leave()


def _as_boolean(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _as_string(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _as_integer(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value // 1:
        return None
    return int(value)


def _as_float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _as_object(value: object) -> Mapping[str, FlagValueType] | Sequence[FlagValueType] | None:
    """Return a copy, because the value is the plan's, which everybody shares."""
    return deepcopy(value) if isinstance(value, dict | list) else None
