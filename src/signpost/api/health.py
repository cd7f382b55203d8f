"""Whether the server is alive, and whether it is ready."""

from collections.abc import Callable, Mapping

from fastapi import APIRouter, Response
from pydantic import BaseModel

from signpost.api.route import JsonReply


class Health(BaseModel):
    """The state of the server, or of one of its parts."""

    status: str


class Readiness(Health):
    """The state of the server and of each of its parts."""

    parts: dict[str, str]


def create_health_router(parts: Mapping[str, Callable[[], bool]]) -> APIRouter:
    """Return the routes; `parts` says of each part by name whether it is ready."""
    router = APIRouter(tags=["Health"])

    @router.get(
        "/health", operation_id="getHealth", summary="Whether the server is alive", responses={200: {"model": Health}}
    )
    async def get_health() -> Response:
        return JsonReply(Health(status="ok").model_dump())

    @router.get(
        "/ready",
        operation_id="getReadiness",
        summary="Whether the server can do its work",
        responses={200: {"model": Readiness}, 503: {"model": Readiness, "description": "A part is not ready."}},
    )
    def get_readiness() -> Response:
        found = {name: is_ready() for name, is_ready in parts.items()}
        body = Readiness(
            status="ok" if all(found.values()) else "unavailable",
            parts={name: "ok" if is_ready else "unavailable" for name, is_ready in found.items()},
        )
        return JsonReply(body.model_dump(), 200 if all(found.values()) else 503)

    return router
