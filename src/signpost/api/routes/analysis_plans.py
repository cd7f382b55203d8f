"""How experiments are judged."""

from fastapi import APIRouter, Response

from signpost.api.description import replies
from signpost.api.parameters import ExperimentId
from signpost.api.route import InTenant, JsonReply, ManagementRoute, needs
from signpost.api.wire.analysis_plans import ExperimentPlanReply, render_plan_view
from signpost.usecases.analysis_plans import get_plan

router = APIRouter(prefix="/api/v2/experimentation", route_class=ManagementRoute, tags=["Results"])


@router.get(
    "/experiments/{id}/analysis-plan",
    operation_id="getExperimentAnalysisPlan",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: ExperimentPlanReply}, 404),
)
def get_experiment_analysis_plan(call: InTenant, experiment_id: ExperimentId) -> Response:
    """Get the plan that an experiment is judged by, its own or its flow's, and what was changed of it since the start."""
    return JsonReply(render_plan_view(get_plan(call, experiment_id)))
