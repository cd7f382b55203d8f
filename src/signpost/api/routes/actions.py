"""Actions."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from signpost.api.description import replies
from signpost.api.parameters import ActionId
from signpost.api.route import InTenant, JsonReply, ManagementRoute, WithServices, needs
from signpost.api.wire.actions import (
    ActionCreation,
    ActionList,
    ActionPatch,
    ActionReply,
    SignedActionReply,
    TriggerName,
    render_action,
    render_actions,
)
from signpost.edge.webhook_signatures import format_secret
from signpost.model.actions import Trigger
from signpost.model.limits import NAME_MAX
from signpost.usecases import actions

PER_PAGE_DEFAULT, PER_PAGE_MAX = 50, 100

router = APIRouter(prefix="/api/v2/actions/actions", route_class=ManagementRoute, tags=["Actions"])


@router.get(
    "",
    operation_id="listActions",
    openapi_extra=needs("read:actions"),
    responses=replies({200: ActionList}),
)
def list_actions(
    call: InTenant,
    trigger_id: Annotated[TriggerName | None, Query(alias="triggerId")] = None,
    name: Annotated[str | None, Query(alias="actionName", max_length=NAME_MAX)] = None,
    page: Annotated[int, Query(ge=0, le=1_000)] = 0,
    per_page: Annotated[int, Query(ge=1, le=PER_PAGE_MAX)] = PER_PAGE_DEFAULT,
) -> Response:
    """List actions in the order in which they run."""
    found = actions.list_actions(call, None if trigger_id is None else Trigger(trigger_id))
    return JsonReply(render_actions([a for a in found if name in {None, a.name}], page, per_page))


@router.post(
    "",
    status_code=201,
    operation_id="createAction",
    openapi_extra=needs("create:actions"),
    responses=replies({201: SignedActionReply}, 409),
)
def create_action(call: InTenant, services: WithServices, body: ActionCreation) -> Response:
    """Create an action. The secret that signs its requests is in this reply, and in no other."""
    made = actions.create_action(call, services.action_secrets, body.parse())
    return JsonReply(render_action(made.action) | {"signing_secret": format_secret(made.secret)}, 201)


@router.get(
    "/{id}",
    operation_id="getAction",
    openapi_extra=needs("read:actions"),
    responses=replies({200: ActionReply}, 404),
)
def get_action(call: InTenant, action_id: ActionId) -> Response:
    """Get an action."""
    return JsonReply(render_action(actions.get_action(call, action_id)))


@router.patch(
    "/{id}",
    operation_id="updateAction",
    openapi_extra=needs("update:actions"),
    responses=replies({200: ActionReply}, 404, 409),
)
def update_action(call: InTenant, action_id: ActionId, body: ActionPatch) -> Response:
    """Change an action: the given fields, all or nothing."""
    return JsonReply(render_action(actions.update_action(call, action_id, body.apply)))


@router.post(
    "/{id}/rotate-secret",
    operation_id="rotateActionSecret",
    openapi_extra=needs("update:actions"),
    responses=replies({200: SignedActionReply}, 404),
)
def rotate_secret(call: InTenant, services: WithServices, action_id: ActionId) -> Response:
    """Give an action a new secret, which is in this reply and in no other; the old one signs beside it for a day."""
    rotated = actions.rotate_action(call, services.action_secrets, action_id)
    return JsonReply(render_action(rotated.action) | {"signing_secret": format_secret(rotated.secret)})


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="deleteAction",
    openapi_extra=needs("delete:actions"),
    responses=replies({204: None}),
)
def delete_action(
    call: InTenant,
    action_id: ActionId,
    *,
    force: Annotated[bool, Query(description="Taken, and not needed.")] = False,  # noqa: ARG001 published clients send it
) -> Response:
    """Delete an action; one that is not there is deleted already."""
    actions.remove_action(call, action_id)
    return Response(status_code=204)
