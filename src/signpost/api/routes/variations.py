"""Variations of a feature flag."""

from fastapi import APIRouter, Response

from signpost.api.description import replies
from signpost.api.parameters import FlagId, VariationId
from signpost.api.route import InGeneration, InTenant, JsonReply, ManagementRoute, needs
from signpost.api.wire.variations import (
    VariationCreation,
    VariationList,
    VariationPatch,
    VariationReply,
    render_variation,
)
from signpost.usecases import variations

router = APIRouter(
    prefix="/api/v2/experimentation/feature-flags/{id}/variations", route_class=ManagementRoute, tags=["Variations"]
)


@router.get(
    "",
    operation_id="listVariations",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: VariationList}, 404),
)
def list_variations(call: InTenant, generation: InGeneration, flag_id: FlagId) -> Response:
    """List all variations of a feature flag, in the order in which they were made."""
    found = variations.list_variations(call, flag_id)
    return JsonReply({"variations": [render_variation(variation, generation) for variation in found]})


@router.post(
    "",
    status_code=201,
    operation_id="createVariation",
    openapi_extra=needs("create:experimentation"),
    responses=replies({201: VariationReply}, 404, 409),
)
def create_variation(call: InTenant, generation: InGeneration, flag_id: FlagId, body: VariationCreation) -> Response:
    """Add a variation to a feature flag."""
    return JsonReply(render_variation(variations.create_variation(call, flag_id, body.parse()), generation), 201)


@router.get(
    "/{vid}",
    operation_id="getVariation",
    openapi_extra=needs("read:experimentation"),
    responses=replies({200: VariationReply}, 404),
)
def get_variation(call: InTenant, generation: InGeneration, flag_id: FlagId, variation_id: VariationId) -> Response:
    """Get a variation."""
    return JsonReply(render_variation(variations.get_variation(call, flag_id, variation_id), generation))


@router.patch(
    "/{vid}",
    operation_id="updateVariation",
    openapi_extra=needs("update:experimentation"),
    responses=replies({200: VariationReply}, 404, 409),
)
def update_variation(
    call: InTenant, generation: InGeneration, flag_id: FlagId, variation_id: VariationId, body: VariationPatch
) -> Response:
    """Change a variation: the given fields, all or nothing; `overrides` replaces the whole map."""
    changed = variations.update_variation(call, flag_id, variation_id, body.parse())
    return JsonReply(render_variation(changed, generation))


@router.delete(
    "/{vid}",
    status_code=204,
    operation_id="deleteVariation",
    openapi_extra=needs("delete:experimentation"),
    responses=replies({204: None}, 404, 409),
)
def delete_variation(call: InTenant, flag_id: FlagId, variation_id: VariationId) -> Response:
    """Delete a variation; one that is not there is deleted already."""
    variations.delete_variation(call, flag_id, variation_id)
    return Response(status_code=204)
