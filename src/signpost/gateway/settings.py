"""What the operator says once: what a decision becomes at the provider, and where browsers come back to."""

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, model_validator

from signpost.api.wire.common import said
from signpost.model.limits import FLOW_MAX

RESERVED = frozenset(
    {
        *("client_id", "client_assertion", "client_secret", "claims", "code_challenge", "code_challenge_method"),
        *("dpop_jkt", "id_token_hint", "nonce", "prompt", "redirect_uri", "registration", "request", "request_uri"),
        *("resource", "response_mode", "response_type", "scope", "state"),
    }
)
"""Parameters that no experiment sets: who gets in, and what with, is for the client and the provider to say."""

Parameter = Annotated[str, Field(pattern=r"^[A-Za-z0-9._~-]{1,100}$")]
Text = Annotated[str, Field(min_length=1, max_length=255)]
Flow = Annotated[str, Field(min_length=1, max_length=FLOW_MAX, pattern=r"^\S(.*\S)?$")]
Part = Literal["experiment_id", "variation_id", "variation_name", "is_control", "assignment_token"]
Address = Annotated[str, Field(max_length=2_000)]


class FlowRule(BaseModel):
    """A parameter of the request that says which flow it begins: by one of the values that are parted by blanks."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameter: Parameter
    equals: Text
    flow: Flow


class GatewaySettings(BaseModel):
    """What a gateway does with decisions. All of it has a default that sends them as one JSON parameter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: Parameter | Literal[""] = "ext-experiment"
    """The parameter that carries the decision as JSON; empty: none does."""
    decision: dict[Part, Parameter] = {}
    """Parameters for parts of the decision."""
    parameters: Annotated[dict[Text, Parameter], Field(max_length=50)] = {}
    """Parameters for the values of a flag's parameters, by the names that the flag gives them."""
    replaces: tuple[Parameter, ...] = ()
    """Those of `parameters` that go before what the client has sent under the same name."""
    flow: Flow = "authentication"
    flows: Annotated[tuple[FlowRule, ...], Field(max_length=50)] = ()
    """Which other flow a request begins; the first that fits counts."""
    callbacks: Annotated[dict[Text, Address], Field(max_length=1_000)] = {}
    """Where `/callback/CLIENT` hands browsers on to, by client."""
    url_length_max: Annotated[int, Field(ge=500, le=16_000)] = 4_000
    """Characters of an address with a decision in it; where it would be longer, there is no experiment."""
    value_length_max: Annotated[int, Field(ge=100, le=16_000)] = 2_000
    """Characters of a parameter's value; where one would be longer, there is no experiment. Keycloak drops longer ones unsaid."""
    stale_seconds: Annotated[int, Field(ge=1, le=86_400)] = 300
    """How old what is known of the configuration may be."""
    abandoned_seconds: Annotated[int, Field(ge=1, le=86_400)] = 1_800
    """After how long a sign-in that did not come back counts as abandoned."""

    @model_validator(mode="after")
    def _check(self) -> "GatewaySettings":
        names = [*self.owned, *self.parameters.values()]
        for name in names:
            if name in RESERVED:
                raise said(f"{name} is for the client and the provider to say, no experiment sets it")
            if names.count(name) > 1:
                raise said(f"two things would be sent as {name}")
        for name in self.replaces:
            if name not in self.parameters.values():
                raise said(f"replaces names {name}, which is none of parameters")
        for client, address in self.callbacks.items():
            _check_callback(client, address)
        return self

    @property
    def owned(self) -> tuple[str, ...]:
        """The parameters that are the gateway's alone: what a client sends under these names goes no further."""
        return (*((self.experiment,) if self.experiment else ()), *self.decision.values())


def _check_callback(client: str, address: str) -> None:
    if "/" in client:
        raise said(f"the client {client} has a / in its name, which /callback/CLIENT can't have")
    if not is_address(address):
        raise said(f"the callback of {client} is no http or https address without a fragment")


def is_address(text: str) -> bool:
    """Return whether it is an absolute http or https address that can stand in a header as it is."""
    try:
        parts = urlsplit(text)
        parts.port  # noqa: B018 looked at for the error
    except ValueError:
        return False
    is_plain = text.isascii() and text.isprintable() and not any(c in text for c in ' "<>\\^`{|}')
    is_whole = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.username is None
    return is_plain and is_whole and "#" not in text
