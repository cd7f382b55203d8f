"""What callers can do with actions."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from signpost.model import limits
from signpost.model.actions import Action, OnFailure, Trigger
from signpost.model.errors import ActionLimitError, Kind, NotFoundError
from signpost.model.ids import IdKind
from signpost.ports.actions import ActionSecrets
from signpost.ports.store import Workspace
from signpost.usecases.call import Call


@dataclass(frozen=True, slots=True)
class ActionDraft:
    """An action to be made."""

    name: str
    trigger: Trigger
    endpoint: str
    timeout_ms: int = limits.ACTION_MS_DEFAULT
    on_failure: OnFailure = OnFailure.ALLOW
    is_enabled: bool = True


@dataclass(frozen=True, slots=True)
class SignedAction:
    """An action with the secret that signs its requests, which is shown this once."""

    action: Action
    secret: bytes


def list_actions(call: Call, trigger: Trigger | None = None) -> tuple[Action, ...]:
    """Return all actions, or those of a trigger, in the order in which they run."""
    with call.reading() as tenant:
        return tuple(action for action in tenant.actions.all() if trigger in {None, action.trigger})


def get_action(call: Call, action_id: str) -> Action:
    """Return an action.

    Raises:
        NotFoundError: there is none of this id.
    """
    with call.reading() as tenant:
        return _find(tenant, action_id)


def create_action(call: Call, secrets: ActionSecrets, draft: ActionDraft) -> SignedAction:
    """Create an action, which runs after those that are there.

    Raises:
        NameTakenError: another action has the name.
        ActionLimitError: the tenant has as many as it may have.
    """
    now = call.clock.now()
    action = Action(
        id=call.ids.make_id(IdKind.ACTION),
        name=draft.name,
        trigger=draft.trigger,
        endpoint=draft.endpoint,
        timeout_ms=draft.timeout_ms,
        on_failure=draft.on_failure,
        is_enabled=draft.is_enabled,
        created_at=now,
        updated_at=now,
    )
    secret = secrets.action_secret(call.tenant_id, action.id, action.secret_version)
    with call.writing() as tenant:
        if len(tenant.actions.all()) >= limits.ACTIONS_MAX:
            raise ActionLimitError(limits.ACTIONS_MAX)
        tenant.actions.add(action)
    return SignedAction(action, secret)


def update_action(call: Call, action_id: str, change: Callable[[Action], Action]) -> Action:
    """Change an action into what `change` makes of it.

    Raises:
        NotFoundError: there is none of this id.
        NameTakenError: another action has the name.
    """
    with call.writing() as tenant:
        action = _find(tenant, action_id)
        changed = change(action)
        if changed == action:
            return action
        changed = replace(changed, updated_at=call.clock.now())
        tenant.actions.replace(changed)
        return changed


def rotate_action(call: Call, secrets: ActionSecrets, action_id: str) -> SignedAction:
    """Give an action a new secret; requests are signed with the old one, too, for a day.

    Raises:
        NotFoundError: there is none of this id.
    """
    now = call.clock.now()

    def rotate(action: Action) -> Action:
        return replace(action, secret_version=action.secret_version + 1, rotated_at=now)

    action = update_action(call, action_id, rotate)
    return SignedAction(action, secrets.action_secret(call.tenant_id, action.id, action.secret_version))


def remove_action(call: Call, action_id: str) -> None:
    """Remove an action; one that is not there is removed already."""
    with call.writing() as tenant:
        tenant.actions.remove(action_id)


def _find(tenant: Workspace, action_id: str) -> Action:
    action = tenant.actions.get(action_id)
    if action is None:
        raise NotFoundError(Kind.ACTION)
    return action
