"""Runs actions: one after the other, each within its time, what fails by its policy."""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from dataclasses import dataclass, replace
from datetime import timedelta
from threading import BoundedSemaphore, Thread
from time import monotonic
from typing import Any

import msgspec

from signpost.edge.outbound import NotTakenError, Outbound
from signpost.edge.webhook_signatures import sign_request
from signpost.model import limits
from signpost.model.actions import Action, OnFailure, Trigger
from signpost.ports.actions import ActionSecrets
from signpost.ports.clock import Clock
from signpost.ports.ids import IdFactory
from signpost.signin.actions.commands import AnswerInvalidError, Command, check_commands, read_answer
from signpost.signin.actions.events import ActionEvent
from signpost.signin.actions.verdicts import Denial, Failure, Verdict
from signpost.usecases.catalog import TenantState

TOTAL_SECONDS = 15.0
"""Of all actions of a trigger together: somebody waits."""
AT_ONCE_MAX = 64
"""Actions that run in a process at one moment, those among them that nobody waits for any more."""
ANSWER_BYTES_MAX = 64 * 1024
OLD_SECRET_FOR = timedelta(hours=24)
FAILED = "The request could not be completed."

log = logging.getLogger("signpost.actions")

Function = Callable[[Mapping[str, Any]], Iterable[Command] | None]
"""Is given the event, and returns commands."""


@dataclass(frozen=True, slots=True)
class PythonAction:
    """An action in this process, for those who embed the sign-in. One that hangs is left behind, it can't be stopped."""

    name: str
    trigger: Trigger
    function: Function
    timeout_ms: int = limits.ACTION_MS_DEFAULT
    on_failure: OnFailure = OnFailure.ALLOW


class _FailedError(Exception):
    """An action did not answer in time, or not as it should, and why."""


class Actions:
    """The actions of all tenants: Python ones of this process first, then each tenant's own. May be used by many threads."""

    def __init__(
        self,
        outbound: Outbound,
        secrets: ActionSecrets,
        clock: Clock,
        ids: IdFactory,
        python_actions: Sequence[PythonAction] = (),
    ) -> None:
        self._outbound = outbound
        self._secrets = secrets
        self._clock = clock
        self._ids = ids
        self._python_actions = tuple(python_actions)
        self._free = BoundedSemaphore(AT_ONCE_MAX)

    def has_any(self, state: TenantState, trigger: Trigger) -> bool:
        """Return whether anything would run, so that nobody need make an event for nothing."""
        return next(self._of(state, trigger), None) is not None

    def run_actions(self, state: TenantState, trigger: Trigger, event: ActionEvent) -> Verdict:
        """Run a trigger's actions until one denies; blocks meanwhile, so not to be called on an event loop.

        Nobody waits for what runs after registration: there the verdict is empty, and comes at once. Raises nothing: whatever
        goes wrong in an action is a failure in the verdict, and counts by the action's policy.
        """
        found = tuple(self._of(state, trigger))
        if not found:
            return Verdict()
        document = event.document(state.tenant.id, trigger)
        if trigger is Trigger.POST_USER_REGISTRATION:
            Thread(target=self._run, args=(state, trigger, document, found), daemon=True).start()
            return Verdict()
        return self._run(state, trigger, document, found)

    def _of(self, state: TenantState, trigger: Trigger) -> Iterator[Action | PythonAction]:
        yield from (action for action in self._python_actions if action.trigger is trigger)
        yield from (action for action in state.actions if action.trigger is trigger and action.is_enabled)

    def _run(
        self,
        state: TenantState,
        trigger: Trigger,
        document: dict[str, Any],
        actions: Iterable[Action | PythonAction],
    ) -> Verdict:
        verdict = Verdict()
        deadline = monotonic() + TOTAL_SECONDS
        for action in actions:
            seconds = min(action.timeout_ms / 1000, deadline - monotonic())
            try:
                commands = self._ask(state, trigger, document, action, seconds)
            except _FailedError as error:
                log.warning("action %s of tenant %s: %s", action.name, state.tenant.id, error)
                verdict = replace(verdict, failures=(*verdict.failures, Failure(action.name, str(error))))
                if action.on_failure is OnFailure.DENY:
                    return replace(verdict, denial=Denial(action.name, FAILED, is_failure=True))
                continue
            verdict = verdict.follow(action.name, commands)
            if verdict.denial is not None:
                return verdict
        return verdict

    def _ask(
        self,
        state: TenantState,
        trigger: Trigger,
        document: dict[str, Any],
        action: Action | PythonAction,
        seconds: float,
    ) -> tuple[Command, ...]:
        """Return an action's commands, on a thread of its own, which is left behind when its time is over."""
        deadline = monotonic() + seconds
        if seconds <= 0 or not self._free.acquire(timeout=seconds):
            raise _FailedError("there was no time left for it")
        done: Future[tuple[Command, ...]] = Future()

        def work() -> None:
            try:
                if isinstance(action, PythonAction):
                    answered = _call(action, document)
                else:
                    answered = self._post(state.tenant.id, trigger, document, action, seconds)
                done.set_result(answered)
            except BaseException as error:  # noqa: BLE001 the edge of this thread: it is raised where somebody waits
                done.set_exception(error)
            finally:
                self._free.release()

        Thread(target=work, name="signpost-action", daemon=True).start()
        try:
            return done.result(max(deadline - monotonic(), 0))
        except FutureTimeoutError as error:
            raise _FailedError(f"did not answer within {seconds:g} seconds") from error
        except NotTakenError as error:
            raise _FailedError(error.problem) from error
        except AnswerInvalidError as error:
            raise _FailedError(f"answered what it can't: {error}") from error
        except _FailedError:
            raise
        except Exception as error:  # somebody else's code, which may raise anything
            raise _FailedError(f"raised {type(error).__name__}: {error}") from error

    def _post(
        self, tenant_id: str, trigger: Trigger, document: dict[str, Any], action: Action, seconds: float
    ) -> tuple[Command, ...]:
        body = msgspec.json.encode({"action": {"id": action.id, "name": action.name}, "event": document})
        now = self._clock.now()
        versions = [action.secret_version]
        if action.rotated_at is not None and now - action.rotated_at < OLD_SECRET_FOR:
            versions.append(action.secret_version - 1)
        secrets = [self._secrets.action_secret(tenant_id, action.id, version) for version in versions]
        message_id = f"evt_{self._ids.make_secret()[:32]}"
        headers = sign_request(secrets, message_id, int(now.timestamp()), body)
        headers |= {"Content-Type": "application/json", "User-Agent": "Signpost"}
        reply = self._outbound.post(action.endpoint, body, headers, seconds=seconds, reply_bytes_max=ANSWER_BYTES_MAX)
        if not 200 <= reply.status < 300:
            raise _FailedError(f"answers with status {reply.status}")
        return read_answer(reply.body, trigger)


def _call(action: PythonAction, document: dict[str, Any]) -> tuple[Command, ...]:
    # A copy, as one that came over the wire would be: what one action does to it is not the next one's business.
    copied = msgspec.json.decode(msgspec.json.encode(document))
    return check_commands(action.function(copied) or (), action.trigger)
