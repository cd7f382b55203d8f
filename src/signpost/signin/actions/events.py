"""What an action is told: Auth0's event object, as far as this server knows what is in it.

A field that is None is left out, but for `experiment`, which is null when there is none.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec

from signpost.authlogs.moments import moment_of
from signpost.model.actions import Trigger


class UserFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The account; before it is made it has no id. Never a password, nor anything that stands for one."""

    user_id: str | None = None
    email: str | None = None
    email_verified: bool | None = None
    name: str | None = None
    username: str | None = None
    user_metadata: Mapping[str, Any] | None = None
    app_metadata: Mapping[str, Any] | None = None
    created_at: str | None = None
    updated_at: str | None = None
    last_password_reset: str | None = None
    multifactor: tuple[str, ...] | None = None


class ClientFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The application that people sign in to."""

    client_id: str
    name: str | None = None
    metadata: Mapping[str, str] | None = None


class ConnectionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Where the account is kept."""

    id: str | None = None
    name: str | None = None
    strategy: str | None = None


class RequestFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The request of the browser."""

    ip: str | None = None
    hostname: str | None = None
    method: str | None = None
    user_agent: str | None = None
    language: str | None = None
    query: Mapping[str, str] | None = None
    geoip: Mapping[str, Any] | None = None


class TransactionFacts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The sign-in that is under way."""

    id: str | None = None
    locale: str | None = None
    protocol: str | None = None
    redirect_uri: str | None = None
    requested_scopes: tuple[str, ...] | None = None
    acr_values: tuple[str, ...] | None = None
    ui_locales: tuple[str, ...] | None = None
    prompt: tuple[str, ...] | None = None
    login_hint: str | None = None
    response_mode: str | None = None
    response_type: tuple[str, ...] | None = None


class Authentication(msgspec.Struct, frozen=True, kw_only=True):
    """A way in which somebody has proved who they are: `pwd`, `passkey`, `mfa`."""

    name: str
    timestamp: str


class ActionEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that an action is told. `experiment` is the context that pages get, too."""

    user: UserFacts
    client: ClientFacts
    request: RequestFacts = RequestFacts()
    transaction: TransactionFacts = TransactionFacts()
    connection: ConnectionFacts | None = None
    authentication: tuple[Authentication, ...] = ()
    logins_count: int | None = None
    experiment: Mapping[str, Any] | None = None

    def document(self, tenant_id: str, trigger: Trigger) -> dict[str, Any]:
        """Return the event as JSON values, as `event` stands in a request."""
        document = {
            "trigger": trigger.value,
            "tenant": {"id": tenant_id},
            "user": msgspec.to_builtins(self.user),
            "client": msgspec.to_builtins(self.client),
            "request": msgspec.to_builtins(self.request),
            "transaction": msgspec.to_builtins(self.transaction),
            "experiment": msgspec.to_builtins(self.experiment),
        }
        if self.connection is not None:
            document["connection"] = msgspec.to_builtins(self.connection)
        if self.authentication:
            document["authentication"] = {"methods": msgspec.to_builtins(self.authentication)}
        if self.logins_count is not None:
            document["stats"] = {"logins_count": self.logins_count}
        return document


def render_time(at: datetime) -> str:
    """Return a time as an event has it: UTC, milliseconds, Z."""
    return moment_of(at).text
