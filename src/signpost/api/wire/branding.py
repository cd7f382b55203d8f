"""A tenant's own template on the wire."""

from typing import Annotated

from pydantic import Field

from signpost.api.wire.common import ReplyBody, RequestBody
from signpost.model.limits import PAGE_TEMPLATE_MAX


class PageTemplate(RequestBody):
    """A template to be put around the forms."""

    template: Annotated[str, Field(min_length=1, max_length=PAGE_TEMPLATE_MAX)]


class PageTemplateReply(ReplyBody):
    """The tenant's template."""

    body: str
