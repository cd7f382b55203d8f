"""Results."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from signpost.api.description import replies
from signpost.api.parameters import ExperimentId
from signpost.api.route import InTenant, JsonReply, ManagementRoute, WithServices, needs
from signpost.api.wire.results import ResultsReply, render_results
from signpost.usecases.holdout_results import get_holdout_results
from signpost.usecases.results import get_results

BySegment = Annotated[
    bool,
    Query(
        description="Break every metric down by connection, client and organisation, and decisions by days since the exposure, too."
    ),
]

router = APIRouter(prefix="/api/v2/experimentation", route_class=ManagementRoute, tags=["Results"])


@router.get(
    "/experiments/{id}/results",
    operation_id="getExperimentResults",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: ResultsReply}, 404),
)
def get_experiment_results(
    call: InTenant, services: WithServices, experiment_id: ExperimentId, *, by_segment: BySegment = False
) -> Response:
    """Get what an experiment has shown so far: what to do next, every metric of its plan, and whether to trust them."""
    return JsonReply(render_results(get_results(call, services.measures, experiment_id, is_whole=by_segment)))


@router.get(
    "/holdout/results",
    operation_id="getHoldoutResults",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: ResultsReply}, 404),
)
def get_results_of_the_holdout(call: InTenant, services: WithServices) -> Response:
    """Get what all experiments together have shown: the held-out units, as the control, against those in any experiment."""
    return JsonReply(render_results(get_holdout_results(call, services.measures)))
