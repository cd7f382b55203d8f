"""Actions: what is asked, and told, of others at certain moments of a sign-in.

`Actions.run_actions` gives a `Verdict`; an `ActionEvent` is what an action is told; commands are what it answers.
"""

from signpost.edge.webhook_signatures import SignatureInvalidError, verify_request
from signpost.model.actions import OnFailure, Trigger
from signpost.signin.actions.commands import (
    Command,
    Deny,
    RequireMfa,
    SetAccessTokenClaim,
    SetAppMetadata,
    SetIdTokenClaim,
    SetUserMetadata,
)
from signpost.signin.actions.events import (
    ActionEvent,
    Authentication,
    ClientFacts,
    ConnectionFacts,
    RequestFacts,
    TransactionFacts,
    UserFacts,
)
from signpost.signin.actions.running import Actions, PythonAction
from signpost.signin.actions.verdicts import Denial, Failure, Verdict

__all__ = [
    "ActionEvent",
    "Actions",
    "Authentication",
    "ClientFacts",
    "Command",
    "ConnectionFacts",
    "Denial",
    "Deny",
    "Failure",
    "OnFailure",
    "PythonAction",
    "RequestFacts",
    "RequireMfa",
    "SetAccessTokenClaim",
    "SetAppMetadata",
    "SetIdTokenClaim",
    "SetUserMetadata",
    "SignatureInvalidError",
    "TransactionFacts",
    "Trigger",
    "UserFacts",
    "Verdict",
    "verify_request",
]
