"""Metrics: those that come built in, and a tenant's own."""

from fastapi import APIRouter, Response

from signpost.api.description import replies
from signpost.api.parameters import MetricName
from signpost.api.route import InTenant, JsonReply, ManagementRoute, WithServices, needs
from signpost.api.wire.metric_previews import MetricPreviewBody, MetricPreviewReply, render_preview
from signpost.api.wire.metrics import KnownMetricList, KnownMetricReply, MetricBody, MetricPatch, render_known_metric
from signpost.usecases import metrics
from signpost.usecases.metric_previews import preview_metric

router = APIRouter(prefix="/api/v2/experimentation/metrics", route_class=ManagementRoute, tags=["Metrics"])


@router.get(
    "",
    operation_id="listMetrics",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: KnownMetricList}),
)
def list_metrics(call: InTenant) -> Response:
    """List all metrics: the built-in ones, and after them the tenant's own."""
    return JsonReply({"metrics": [render_known_metric(known) for known in metrics.list_metrics(call)]})


@router.post(
    "",
    status_code=201,
    operation_id="createMetric",
    openapi_extra=needs("create:experimentation"),
    responses=replies({201: KnownMetricReply}, 409),
)
def create_metric(call: InTenant, body: MetricBody) -> Response:
    """Create a metric of the tenant's own."""
    return JsonReply(render_known_metric(metrics.create_metric(call, body.parse())), 201)


@router.post(
    "/preview",
    operation_id="previewMetric",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: MetricPreviewReply}, 404),
)
def preview(call: InTenant, services: WithServices, body: MetricPreviewBody) -> Response:
    """Measure a metric over the units that were exposed in the last 30 days; nothing is kept."""
    found = preview_metric(call, services.measures, body.metric.parse(), body.experiment_id)
    return JsonReply(render_preview(found))


@router.get(
    "/{name}",
    operation_id="getMetric",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: KnownMetricReply}, 404),
)
def get_metric(call: InTenant, name: MetricName) -> Response:
    """Get a metric."""
    return JsonReply(render_known_metric(metrics.get_metric(call, name)))


@router.patch(
    "/{name}",
    operation_id="updateMetric",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: KnownMetricReply}, 404, 409),
)
def update_metric(call: InTenant, name: MetricName, body: MetricPatch) -> Response:
    """Change a metric of the tenant's own: the given fields, all or nothing; plans that hold a copy stay as they are."""
    return JsonReply(render_known_metric(metrics.update_metric(call, name, body.apply)))


@router.delete(
    "/{name}",
    status_code=204,
    operation_id="deleteMetric",
    openapi_extra=needs("delete:experimentation"),
    responses=replies({204: None}),
)
def delete_metric(call: InTenant, name: MetricName) -> Response:
    """Delete a metric of the tenant's own; one that is not there is deleted already. Plans that hold a copy go on with it."""
    metrics.remove_metric(call, name)
    return Response(status_code=204)
