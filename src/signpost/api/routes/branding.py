"""A tenant's own template for the hosted pages, under the address that Auth0 has for it."""

from fastapi import APIRouter, Response

from signpost.api.description import replies
from signpost.api.route import InTenant, JsonReply, ManagementRoute, WithServices, needs
from signpost.api.wire.branding import PageTemplate, PageTemplateReply
from signpost.model.errors import FieldRefusedError, Kind, NotFoundError
from signpost.usecases.hosted_pages import get_pages, set_template

router = APIRouter(
    prefix="/api/v2/branding/templates/universal-login", route_class=ManagementRoute, tags=["Hosted pages"]
)


@router.get(
    "",
    operation_id="getPageTemplate",
    openapi_extra=needs("read:branding"),
    responses=replies({200: PageTemplateReply}, 404),
)
def get_page_template(call: InTenant) -> Response:
    """Get the template; not found where the pages are the built-in ones."""
    template = get_pages(call).template
    if template is None:
        raise NotFoundError(Kind.PAGE_TEMPLATE)
    return JsonReply({"body": template})


@router.put(
    "",
    status_code=204,
    operation_id="setPageTemplate",
    openapi_extra=needs("update:branding"),
    responses=replies({204: None}),
)
def set_page_template(call: InTenant, services: WithServices, body: PageTemplate) -> Response:
    """Put a template around the forms of the hosted pages. One that would fail on any of them is refused, with the reason."""
    fault = services.check_template(body.template)
    if fault is not None:
        raise FieldRefusedError("template", f"can't be used: {fault}")
    set_template(call, body.template)
    return Response(status_code=204)


@router.delete(
    "",
    status_code=204,
    operation_id="deletePageTemplate",
    openapi_extra=needs("delete:branding"),
    responses=replies({204: None}),
)
def delete_page_template(call: InTenant) -> Response:
    """Go back to the built-in pages."""
    set_template(call, None)
    return Response(status_code=204)
