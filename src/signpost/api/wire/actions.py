"""Actions on the wire: Auth0's form, as far as it fits a webhook, which stands in `webhook`."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from signpost.api.wire.common import TEXT, PatchBody, ReplyBody, RequestBody, leave_out_none, render_time
from signpost.api.wire.endpoints import Endpoint
from signpost.model import limits
from signpost.model.actions import Action, OnFailure, Trigger
from signpost.usecases.actions import ActionDraft

TriggerName = Literal["post-login", "pre-user-registration", "post-user-registration"]
Policy = Literal["allow", "deny"]
ActionName = Annotated[str, Field(min_length=1, max_length=limits.NAME_MAX, pattern=TEXT)]
Timeout = Annotated[int, Field(ge=limits.ACTION_MS_MIN, le=limits.ACTION_MS_MAX)]
VERSIONS = {Trigger.POST_LOGIN: "v3", Trigger.PRE_USER_REGISTRATION: "v2", Trigger.POST_USER_REGISTRATION: "v2"}
"""Those of Auth0 whose event object is spoken."""


class TriggerBody(RequestBody):
    """When an action runs. The version is taken and not looked at: there is one of each."""

    id: TriggerName
    version: str = Field("", max_length=10)


class WebhookBody(RequestBody):
    """Who is asked."""

    url: Endpoint = Field(description="https, or on this machine.")
    timeout_ms: Timeout = Field(
        default=limits.ACTION_MS_DEFAULT, description="How long an answer may take; somebody waits for it."
    )
    on_failure: Policy = Field(default="allow", description="What holds when there is none, or a wrong one.")


class WebhookPatch(RequestBody):
    """Changes to who is asked: what is not in it stays."""

    url: Endpoint = Field(default="", description="https, or on this machine.")
    timeout_ms: Timeout = limits.ACTION_MS_DEFAULT
    on_failure: Policy = "allow"


Triggers = Annotated[list[TriggerBody], Field(min_length=1, max_length=1)]


class ActionCreation(RequestBody):
    """An action to be made."""

    name: ActionName
    supported_triggers: Triggers
    webhook: WebhookBody
    enabled: bool = Field(True, description="Whether it runs.")

    def parse(self) -> ActionDraft:
        """Return the action as the model has it."""
        return ActionDraft(
            name=self.name,
            trigger=Trigger(self.supported_triggers[0].id),
            endpoint=self.webhook.url,
            timeout_ms=self.webhook.timeout_ms,
            on_failure=OnFailure(self.webhook.on_failure),
            is_enabled=self.enabled,
        )


class ActionPatch(PatchBody):
    """Changes to an action."""

    name: ActionName = ""
    supported_triggers: Triggers = Field([])
    webhook: WebhookPatch = Field(WebhookPatch())
    enabled: bool = True

    def apply(self, action: Action) -> Action:
        """Return the action with the changes."""
        given = self.webhook.model_fields_set if self.has("webhook") else set()
        webhook = self.webhook
        changes: dict[str, tuple[bool, Any]] = {
            "name": (self.has("name"), self.name),
            "is_enabled": (self.has("enabled"), self.enabled),
            "endpoint": ("url" in given, webhook.url),
            "timeout_ms": ("timeout_ms" in given, webhook.timeout_ms),
            "on_failure": ("on_failure" in given, OnFailure(webhook.on_failure)),
        }
        if self.has("supported_triggers"):
            action = replace(action, trigger=Trigger(self.supported_triggers[0].id))
        return replace(action, **{field: value for field, (is_given, value) in changes.items() if is_given})


class TriggerReply(ReplyBody):
    """When an action runs."""

    id: TriggerName
    version: str


class WebhookReply(ReplyBody):
    """Who is asked."""

    url: str
    timeout_ms: int
    on_failure: Policy


class ActionReply(ReplyBody):
    """An action."""

    id: str
    name: str
    supported_triggers: list[TriggerReply]
    webhook: WebhookReply
    enabled: bool
    status: Literal["built"]
    all_changes_deployed: bool = Field(description="Always: a change holds within a second.")
    secret_rotated_at: datetime = datetime.fromtimestamp(0, UTC)
    created_at: datetime
    updated_at: datetime


class SignedActionReply(ActionReply):
    """An action with the secret that signs its requests, which is shown this once."""

    signing_secret: str


class ActionList(ReplyBody):
    """A page of actions, in the order in which they run."""

    total: int
    page: int
    per_page: int
    actions: list[ActionReply]


def render_action(action: Action) -> dict[str, Any]:
    """Return the body of an action."""
    return leave_out_none(
        {
            "id": action.id,
            "name": action.name,
            "supported_triggers": [{"id": action.trigger.value, "version": VERSIONS[action.trigger]}],
            "webhook": {
                "url": action.endpoint,
                "timeout_ms": action.timeout_ms,
                "on_failure": action.on_failure.value,
            },
            "enabled": action.is_enabled,
            "status": "built",
            "all_changes_deployed": True,
            "secret_rotated_at": action.rotated_at and render_time(action.rotated_at),
            "created_at": render_time(action.created_at),
            "updated_at": render_time(action.updated_at),
        }
    )


def render_actions(actions: Sequence[Action], page: int, per_page: int) -> dict[str, Any]:
    """Return the body of a page of actions."""
    shown = actions[page * per_page : (page + 1) * per_page]
    return {
        "total": len(actions),
        "page": page,
        "per_page": per_page,
        "actions": [render_action(action) for action in shown],
    }
