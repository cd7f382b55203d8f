"""Segments."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from signpost.api.checkpoints import parse_checkpoint, render_checkpoint
from signpost.api.description import replies
from signpost.api.parameters import From, SegmentId, Take
from signpost.api.route import InGeneration, InTenant, JsonReply, ManagementRoute, needs
from signpost.api.wire.common import leave_out_none
from signpost.api.wire.segments import SegmentCreation, SegmentList, SegmentPatch, SegmentReply, Type, render_segment
from signpost.model.flags import Origin
from signpost.model.limits import PAGE_DEFAULT
from signpost.ports.paging import PageRequest
from signpost.usecases import segments

KIND = "segments"

router = APIRouter(prefix=f"/api/v2/experimentation/{KIND}", route_class=ManagementRoute, tags=["Segments"])


@router.get(
    "",
    operation_id="listSegments",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: SegmentList}),
)
def list_segments(
    call: InTenant,
    generation: InGeneration,
    from_: From = None,
    take: Take = PAGE_DEFAULT,
    type: Annotated[Type | None, Query()] = None,
) -> Response:
    """List segments."""
    page = segments.list_segments(
        call,
        PageRequest(take, parse_checkpoint(call.tenant_id, KIND, from_)),
        type=Origin(type) if type is not None else None,
    )
    after = render_checkpoint(call.tenant_id, KIND, page.next_after)
    rendered = [render_segment(segment, generation) for segment in page.items]
    return JsonReply(leave_out_none({"segments": rendered, "next": after}))


@router.post(
    "",
    status_code=201,
    operation_id="createSegment",
    openapi_extra=needs("create:experimentation"),
    responses=replies({201: SegmentReply}, 409, 422),
)
def create_segment(call: InTenant, generation: InGeneration, body: SegmentCreation) -> Response:
    """Create a segment."""
    return JsonReply(render_segment(segments.create_segment(call, body.parse()), generation), 201)


@router.get(
    "/{id}",
    operation_id="getSegment",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: SegmentReply}, 404),
)
def get_segment(call: InTenant, generation: InGeneration, segment_id: SegmentId) -> Response:
    """Get a segment."""
    return JsonReply(render_segment(segments.get_segment(call, segment_id), generation))


@router.patch(
    "/{id}",
    operation_id="updateSegment",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: SegmentReply}, 404, 409, 422),
)
def update_segment(call: InTenant, generation: InGeneration, segment_id: SegmentId, body: SegmentPatch) -> Response:
    """Change a segment: the given fields, all or nothing; `rules` replaces them all."""
    return JsonReply(render_segment(segments.update_segment(call, segment_id, body.parse()), generation))


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="deleteSegment",
    openapi_extra=needs("delete:experimentation"),
    responses=replies({204: None}, 409),
)
def delete_segment(call: InTenant, segment_id: SegmentId) -> Response:
    """Delete a segment; one that is not there is deleted already."""
    segments.delete_segment(call, segment_id)
    return Response(status_code=204)
