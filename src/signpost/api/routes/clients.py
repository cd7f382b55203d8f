"""Clients."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from signpost.api.description import replies
from signpost.api.parameters import ClientId
from signpost.api.route import InTenant, JsonReply, ManagementRoute, TenantName, needs
from signpost.api.wire.clients import (
    ClientCreation,
    ClientList,
    ClientPatch,
    ClientReply,
    render_client,
    render_clients,
    render_credentials,
)
from signpost.usecases import clients

PER_PAGE_DEFAULT, PER_PAGE_MAX = 50, 100


router = APIRouter(prefix="/api/v2/clients", route_class=ManagementRoute, tags=["Clients"])


@router.get(
    "",
    operation_id="listClients",
    openapi_extra=needs("read:clients"),
    responses=replies({200: list[ClientReply] | ClientList}),
)
def list_clients(
    call: InTenant,
    tenant_name: TenantName,
    *,
    page: Annotated[int, Query(ge=0, le=1_000)] = 0,
    per_page: Annotated[int, Query(ge=1, le=PER_PAGE_MAX)] = PER_PAGE_DEFAULT,
    app_type: Annotated[str | None, Query(max_length=100, description="With commas between.")] = None,
    include_totals: Annotated[bool, Query(description="false: a plain list, without the object around it.")] = True,
) -> Response:
    """List clients in the order in which they were made."""
    types = None if app_type is None else set(app_type.split(","))
    found = [
        client
        for client in clients.list_clients(call)
        if client.revoked_at is None and (types is None or client.app_type in types)
    ]
    return JsonReply(render_clients(found, tenant_name, page, per_page, has_totals=include_totals))


@router.post(
    "",
    status_code=201,
    operation_id="createClient",
    openapi_extra=needs("create:clients"),
    responses=replies({201: ClientReply}),
)
def create_client(call: InTenant, tenant_name: TenantName, body: ClientCreation) -> Response:
    """Create a client. Its secret, if it has one, is in this reply, and in no other; it has no scopes of this API."""
    return JsonReply(render_credentials(clients.add_client(call, body.parse()), tenant_name), 201)


@router.get(
    "/{id}",
    operation_id="getClient",
    openapi_extra=needs("read:clients"),
    responses=replies({200: ClientReply}, 404),
)
def get_client(call: InTenant, tenant_name: TenantName, client_id: ClientId) -> Response:
    """Get a client."""
    return JsonReply(render_client(clients.get_client(call, client_id), tenant_name))


@router.patch(
    "/{id}",
    operation_id="updateClient",
    openapi_extra=needs("update:clients"),
    responses=replies({200: ClientReply}, 404),
)
def update_client(call: InTenant, tenant_name: TenantName, client_id: ClientId, body: ClientPatch) -> Response:
    """Change a client: the given fields, all or nothing."""
    return JsonReply(render_credentials(clients.change_client(call, client_id, body.apply), tenant_name))


@router.delete(
    "/{id}",
    status_code=204,
    operation_id="deleteClient",
    openapi_extra=needs("delete:clients"),
    responses=replies({204: None}),
)
def delete_client(call: InTenant, client_id: ClientId) -> Response:
    """Delete a client; one that is not there is deleted already. It and its tokens are let in no more."""
    clients.remove_client(call, client_id)
    return Response(status_code=204)
