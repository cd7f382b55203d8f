"""Experiments."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from signpost.api.checkpoints import parse_checkpoint, render_checkpoint
from signpost.api.description import replies
from signpost.api.errors import tell_blocker
from signpost.api.parameters import ExperimentId, From, Take
from signpost.api.route import InGeneration, InTenant, JsonReply, ManagementRoute, needs
from signpost.api.wire.common import leave_out_none
from signpost.api.wire.experiment_replies import (
    ExperimentList,
    ExperimentReply,
    RampReply,
    Validation,
    render_experiment,
    render_step,
)
from signpost.api.wire.experiments import (
    ExperimentCreation,
    ExperimentPatch,
    ExperimentStatusChange,
    RampAdvance,
    Status,
    check_extensions,
    check_subject,
)
from signpost.model.experiments import ExperimentStatus
from signpost.model.limits import FLOW_MAX, PAGE_DEFAULT
from signpost.ports.paging import PageRequest
from signpost.usecases import experiment_lives, experiments

KIND = "experiments"

router = APIRouter(prefix=f"/api/v2/experimentation/{KIND}", route_class=ManagementRoute, tags=["Experiments"])


@router.get(
    "",
    operation_id="listExperiments",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: ExperimentList}),
)
def list_experiments(
    call: InTenant,
    generation: InGeneration,
    from_: From = None,
    take: Take = PAGE_DEFAULT,
    status: Annotated[Status | None, Query()] = None,
    authentication_flow: Annotated[str | None, Query(max_length=FLOW_MAX)] = None,
    feature_flag_id: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """List experiments; archived ones only with `status=archived`."""
    page = experiments.list_experiments(
        call,
        PageRequest(take, parse_checkpoint(call.tenant_id, KIND, from_)),
        status=ExperimentStatus(status) if status is not None else None,
        flow=authentication_flow,
        flag_id=feature_flag_id,
    )
    after = render_checkpoint(call.tenant_id, KIND, page.next_after)
    rendered = [render_experiment(view, generation) for view in page.items]
    return JsonReply(leave_out_none({"experiments": rendered, "next": after}))


@router.post(
    "",
    status_code=201,
    operation_id="createExperiment",
    openapi_extra=needs("create:experimentation"),
    responses=replies({201: ExperimentReply}, 404, 409),
)
def create_experiment(call: InTenant, generation: InGeneration, body: ExperimentCreation) -> Response:
    """Create a draft experiment."""
    check_extensions(body.model_fields_set, generation)
    check_subject(body.assignment_config, generation)
    return JsonReply(render_experiment(experiments.create_experiment(call, body.parse()), generation), 201)


@router.get(
    "/{id}",
    operation_id="getExperiment",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: ExperimentReply}, 404),
)
def get_experiment(call: InTenant, generation: InGeneration, experiment_id: ExperimentId) -> Response:
    """Get an experiment."""
    return JsonReply(render_experiment(experiments.get_experiment(call, experiment_id), generation))


@router.patch(
    "/{id}",
    operation_id="updateExperiment",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: ExperimentReply}, 404, 409),
)
def update_experiment(
    call: InTenant, generation: InGeneration, experiment_id: ExperimentId, body: ExperimentPatch
) -> Response:
    """Change an experiment: the given fields and the status, all or nothing; `allocations` replaces the set."""
    check_extensions(body.model_fields_set, generation)
    check_subject(body.assignment_config, generation)
    changed = experiments.update_experiment(call, experiment_id, body.parse())
    return JsonReply(render_experiment(changed, generation))


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="deleteExperiment",
    openapi_extra=needs("delete:experimentation"),
    responses=replies({204: None}),
)
def delete_experiment(call: InTenant, experiment_id: ExperimentId) -> Response:
    """Delete an experiment that is not active; one that is not there is deleted already."""
    experiments.delete_experiment(call, experiment_id)
    return Response(status_code=204)


@router.post(
    "/{id}/status",
    operation_id="updateExperimentStatus",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: ExperimentReply}, 404),
)
def update_experiment_status(
    call: InTenant, generation: InGeneration, experiment_id: ExperimentId, body: ExperimentStatusChange
) -> Response:
    """Move an experiment to another status."""
    moved = experiment_lives.change_experiment_status(call, experiment_id, ExperimentStatus(body.status))
    return JsonReply(render_experiment(moved, generation))


@router.post(
    "/{id}/validate",
    operation_id="validateExperiment",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: Validation}, 404),
)
def validate_experiment(call: InTenant, experiment_id: ExperimentId) -> Response:
    """Say whether an experiment could be activated, and everything that stands in the way; changes nothing."""
    blockers = experiment_lives.validate_experiment(call, experiment_id)
    found = [{"code": blocker.code.value, "message": tell_blocker(blocker)} for blocker in blockers]
    return JsonReply({"is_valid": not blockers, "errors": found})


@router.post(
    "/{id}/advance-ramp",
    operation_id="advanceExperimentRamp",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: RampReply}, 404, 409),
)
def advance_experiment_ramp(call: InTenant, experiment_id: ExperimentId, body: RampAdvance) -> Response:
    """Raise the exposure of a ramp to its next level."""
    return JsonReply(render_step(experiment_lives.advance_ramp(call, experiment_id, body.target_level)))
