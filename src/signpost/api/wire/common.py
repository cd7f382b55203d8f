"""What all bodies share."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

from signpost.model import limits

TEXT = r"^[^\s\x00](?:[^\x00]*[^\s\x00])?$"
"""No blank at either end, no NUL."""

Name = Annotated[str, Field(min_length=limits.NAME_MIN, max_length=limits.NAME_MAX, pattern=TEXT)]
Description = Annotated[str, Field(min_length=limits.DESCRIPTION_MIN, max_length=limits.DESCRIPTION_MAX, pattern=TEXT)]
Reference = Annotated[str, Field(min_length=1, max_length=64)]


class RequestBody(BaseModel):
    """A body as it comes in: unknown fields are refused, and nothing is turned into another type."""

    model_config = ConfigDict(extra="forbid", strict=True)


class PatchBody(RequestBody):
    """A body that changes something: what is not in it stays, and it must not be empty."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    def model_post_init(self, _: Any) -> None:
        """Refuse an empty body."""
        if not self.model_fields_set:
            raise said("Too few properties defined (0), minimum 1")

    def has(self, field: str) -> bool:
        """Return whether the field is in the body."""
        return field in self.model_fields_set


class ReplyBody(BaseModel):
    """A body as it goes out; only its description is used, it is rendered by hand."""

    model_config = ConfigDict(extra="forbid")


class ErrorReply(ReplyBody):
    """An error."""

    statusCode: int  # noqa: N815 the wire's name
    error: str = Field(description="The reason phrase of the status.")
    message: str
    errorCode: str = Field(description="What went wrong, for programs.")  # noqa: N815 the wire's name


def said(what: str) -> PydanticCustomError:
    """Return a finding in words of our own."""
    return PydanticCustomError("said", "{what}", {"what": what})


def render_time(at: datetime) -> str:
    """Return a time as the wire has it: UTC, milliseconds, Z."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def leave_out_none(body: dict[str, Any]) -> dict[str, Any]:
    """Return the body without the optional values that are absent."""
    return {name: value for name, value in body.items() if value is not None}
