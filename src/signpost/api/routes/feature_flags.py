"""Feature flags."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from signpost.api.checkpoints import parse_checkpoint, render_checkpoint
from signpost.api.description import replies
from signpost.api.parameters import FlagId, From, Take
from signpost.api.route import InTenant, JsonReply, ManagementRoute, needs
from signpost.api.wire.common import leave_out_none
from signpost.api.wire.flags import (
    FlagCreation,
    FlagList,
    FlagPatch,
    FlagReply,
    FlagStatusChange,
    Status,
    Type,
    render_flag,
)
from signpost.model.flags import FlagStatus, Origin
from signpost.model.limits import PAGE_DEFAULT
from signpost.ports.paging import PageRequest
from signpost.usecases import flags

KIND = "feature-flags"

router = APIRouter(prefix=f"/api/v2/experimentation/{KIND}", route_class=ManagementRoute, tags=["Feature flags"])


@router.get(
    "",
    operation_id="listFeatureFlags",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: FlagList}),
)
def list_feature_flags(
    call: InTenant,
    from_: From = None,
    take: Take = PAGE_DEFAULT,
    type: Annotated[Type | None, Query()] = None,
    status: Annotated[Status | None, Query()] = None,
) -> Response:
    """List feature flags."""
    page = flags.list_flags(
        call,
        PageRequest(take, parse_checkpoint(call.tenant_id, KIND, from_)),
        type=Origin(type) if type is not None else None,
        status=FlagStatus(status) if status is not None else None,
    )
    after = render_checkpoint(call.tenant_id, KIND, page.next_after)
    return JsonReply(leave_out_none({"feature_flags": [render_flag(flag) for flag in page.items], "next": after}))


@router.post(
    "",
    status_code=201,
    operation_id="createFeatureFlag",
    openapi_extra=needs("create:experimentation"),
    responses=replies({201: FlagReply}, 409),
)
def create_feature_flag(call: InTenant, body: FlagCreation) -> Response:
    """Create a draft feature flag."""
    return JsonReply(render_flag(flags.create_flag(call, body.parse())), 201)


@router.get(
    "/{id}",
    operation_id="getFeatureFlag",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: FlagReply}, 404),
)
def get_feature_flag(call: InTenant, flag_id: FlagId) -> Response:
    """Get a feature flag."""
    return JsonReply(render_flag(flags.get_flag(call, flag_id)))


@router.patch(
    "/{id}",
    operation_id="updateFeatureFlag",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: FlagReply}, 404, 409),
)
def update_feature_flag(call: InTenant, flag_id: FlagId, body: FlagPatch) -> Response:
    """Change a feature flag: the given fields, all or nothing; `parameters` replaces the whole map."""
    return JsonReply(render_flag(flags.update_flag(call, flag_id, body.parse())))


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="deleteFeatureFlag",
    openapi_extra=needs("delete:experimentation"),
    responses=replies({204: None}, 409),
)
def delete_feature_flag(call: InTenant, flag_id: FlagId) -> Response:
    """Delete a feature flag with its variations; one that is not there is deleted already."""
    flags.delete_flag(call, flag_id)
    return Response(status_code=204)


@router.post(
    "/{id}/status",
    operation_id="updateFeatureFlagStatus",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: FlagReply}, 404),
)
def update_feature_flag_status(call: InTenant, flag_id: FlagId, body: FlagStatusChange) -> Response:
    """Move a feature flag to another status."""
    return JsonReply(render_flag(flags.change_flag_status(call, flag_id, FlagStatus(body.status))))
