"""Log streams."""

from fastapi import APIRouter, Response

from signpost.api.description import replies
from signpost.api.parameters import LogStreamId
from signpost.api.route import InTenant, JsonReply, ManagementRoute, WithServices, needs
from signpost.api.wire.log_streams import LogStreamCreation, LogStreamPatch, LogStreamReply, render_log_stream
from signpost.usecases import log_streams

router = APIRouter(prefix="/api/v2/log-streams", route_class=ManagementRoute, tags=["Log streams"])


@router.get(
    "",
    operation_id="listLogStreams",
    openapi_extra=needs("read:log_streams"),
    responses=replies({200: list[LogStreamReply]}),
)
def list_log_streams(call: InTenant, services: WithServices) -> Response:
    """List all log streams, and how their delivery goes."""
    return JsonReply([render_log_stream(view) for view in log_streams.list_log_streams(call, services.progress)])


@router.post(
    "",
    status_code=201,
    operation_id="createLogStream",
    openapi_extra=needs("create:log_streams"),
    responses=replies({201: LogStreamReply}, 409),
)
def create_log_stream(call: InTenant, body: LogStreamCreation) -> Response:
    """Create a log stream, which is delivered from now on."""
    return JsonReply(render_log_stream(log_streams.create_log_stream(call, body.parse())), 201)


@router.get(
    "/{id}",
    operation_id="getLogStream",
    openapi_extra=needs("read:log_streams"),
    responses=replies({200: LogStreamReply}, 404),
)
def get_log_stream(call: InTenant, services: WithServices, stream_id: LogStreamId) -> Response:
    """Get a log stream, and how its delivery goes."""
    return JsonReply(render_log_stream(log_streams.get_log_stream(call, services.progress, stream_id)))


@router.patch(
    "/{id}",
    operation_id="updateLogStream",
    openapi_extra=needs("update:log_streams"),
    responses=replies({200: LogStreamReply}, 404, 409),
)
def update_log_stream(call: InTenant, services: WithServices, stream_id: LogStreamId, body: LogStreamPatch) -> Response:
    """Change a log stream: the given fields, all or nothing. It goes on where it was."""
    changed = log_streams.update_log_stream(call, services.progress, stream_id, body.apply)
    return JsonReply(render_log_stream(changed))


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="deleteLogStream",
    openapi_extra=needs("delete:log_streams"),
    responses=replies({204: None}),
)
def delete_log_stream(call: InTenant, services: WithServices, stream_id: LogStreamId) -> Response:
    """Delete a log stream; one that is not there is deleted already."""
    log_streams.remove_log_stream(call, services.progress, stream_id)
    return Response(status_code=204)
