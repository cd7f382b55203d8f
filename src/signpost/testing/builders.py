"""Things with sensible values, so that a test says only what it is about."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from signpost.model.accounts import (
    Account,
    AuthorizationCode,
    AuthorizeRequest,
    Grant,
    Journey,
    Passkey,
    Session,
    account_id_of,
)
from signpost.model.actions import Action, OnFailure, Trigger
from signpost.model.experiments import Allocation, Experiment, ExperimentStatus, Strategy
from signpost.model.flags import Flag, FlagStatus, Origin, Parameter, ParameterType
from signpost.model.ids import IdKind, encode_id, salt_of
from signpost.model.log_streams import ContentFormat, HttpSink, LogStream, StreamStatus
from signpost.model.metrics import Aggregation, Direction, FieldCondition, Metric, Selection, Window
from signpost.model.own_metrics import OwnMetric
from signpost.model.segments import Condition, Operator, Rule, Segment, SegmentStatus
from signpost.model.tenants import SCOPES, Client, Generation, Tenant
from signpost.model.variations import Variation
from signpost.testing.repeatable import START


def a_tenant(number: int = 1, **changes: Any) -> Tenant:
    """Return a tenant."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.TENANT, number),
        "name": f"tenant-{number}",
        "domain": f"tenant-{number}.example",
        "api_generation": Generation.EA,
        "foreign_issuer": None,
        "is_default": number == 1,
        "created_at": START,
        "updated_at": START,
    }
    return Tenant(**(values | changes))


def a_client(number: int = 1, **changes: Any) -> Client:
    """Return a client with all scopes."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.CLIENT, number),
        "name": "client",
        "secret_hash": "0" * 64,
        "scopes": SCOPES,
        "created_at": START,
        "updated_at": START,
    }
    return Client(**(values | changes))


def a_flag(number: int = 1, **changes: Any) -> Flag:
    """Return an active flag with two parameters."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.FLAG, number),
        "name": f"flag-{number}",
        "description": None,
        "type": Origin.SELF,
        "status": FlagStatus.ACTIVE,
        "parameters": {
            "title": Parameter(ParameterType.STRING, "Sign in"),
            "steps": Parameter(ParameterType.NUMBER, 1, "How many screens"),
        },
        "created_at": START,
        "updated_at": START,
    }
    return Flag(**(values | changes))


def a_variation(number: int = 1, *, overrides: Mapping[str, Any] | None = None, **changes: Any) -> Variation:
    """Return a variation of the first flag; with no overrides it is the baseline."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.VARIATION, number),
        "flag_id": encode_id(IdKind.FLAG, 1),
        "name": f"variation-{number}",
        "description": None,
        "overrides": overrides or {},
        "created_at": START,
        "updated_at": START,
    }
    return Variation(**(values | changes))


def a_segment(number: int = 1, **changes: Any) -> Segment:
    """Return a segment of mobile devices."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.SEGMENT, number),
        "name": f"segment-{number}",
        "description": None,
        "type": Origin.SELF,
        "status": SegmentStatus.ACTIVE,
        "rules": (Rule(match=(Condition("device_type", Operator.EQUALS, ("mobile",)),)),),
        "created_at": START,
        "updated_at": START,
    }
    return Segment(**(values | changes))


def a_metric(number: int = 1, **changes: Any) -> OwnMetric:
    """Return a metric of a tenant's own: a mean with everything that a mean may have; changes are those of the metric."""
    values: dict[str, Any] = {
        "name": f"metric_{number}",
        "description": "Seconds on the page, wélcome or not.",
        "aggregation": Aggregation.SUM,
        "events": Selection(("page", "s"), (FieldCondition("details.method", ("passkey", "password")),)),
        "direction": Direction.DECREASE,
        "measure": "s",
        "field": "details.seconds",
        "window": Window(0, 60_000),
        "margin": 0.1,
        "cap_quantile": 0.99,
        "covariate_days": 14,
    }
    return OwnMetric(encode_id(IdKind.METRIC, number), Metric(**(values | changes)), START, START)


def a_log_stream(number: int = 1, **changes: Any) -> LogStream:
    """Return an active stream to a webhook."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.LOG_STREAM, number),
        "name": f"stream-{number}",
        "status": StreamStatus.ACTIVE,
        "filters": (),
        "starts_at": START,
        "created_at": START,
        "updated_at": START,
        "http": HttpSink("https://logs.example/take", ContentFormat.JSON_LINES, "application/json", "Bearer s3cret"),
    }
    return LogStream(**(values | changes))


def an_action(number: int = 1, **changes: Any) -> Action:
    """Return an action after sign-in, which does not stand in the way when it fails."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.ACTION, number),
        "name": f"action-{number}",
        "trigger": Trigger.POST_LOGIN,
        "endpoint": "https://actions.example/decide",
        "timeout_ms": 2_000,
        "on_failure": OnFailure.ALLOW,
        "is_enabled": True,
        "created_at": START,
        "updated_at": START,
    }
    return Action(**(values | changes))


def an_experiment(number: int = 1, **changes: Any) -> Experiment:
    """Return a draft that splits the first flag's first two variations in halves."""
    experiment_id = encode_id(IdKind.EXPERIMENT, number)
    values: dict[str, Any] = {
        "id": experiment_id,
        "name": f"experiment-{number}",
        "description": None,
        "flag_id": encode_id(IdKind.FLAG, 1),
        "flow": "authentication",
        "strategy": Strategy.PERCENTAGE,
        "default_config": None,
        "status": ExperimentStatus.DRAFT,
        "is_valid": True,
        "allocations": (
            Allocation(encode_id(IdKind.VARIATION, 1), is_control=True, weight_slots=500_000),
            Allocation(encode_id(IdKind.VARIATION, 2), is_control=False, weight_slots=500_000),
        ),
        "levels": (),
        "current_level": None,
        "salt": salt_of(experiment_id),
        "recipe_version": 1,
        "slot_ranges": (),
        "flag_snapshot": None,
        "started_at": None,
        "ended_at": None,
        "created_at": START,
        "updated_at": START,
    }
    return Experiment(**(values | changes))


def an_account(number: int = 1, **changes: Any) -> Account:
    """Return an account with a password."""
    values: dict[str, Any] = {
        "id": account_id_of(encode_id(IdKind.ACCOUNT, number)),
        "email": f"person-{number}@example.com",
        "email_verified": True,
        "name": f"Person {number}",
        "password_hash": "$argon2id$",
        "created_at": START,
        "updated_at": START,
        "user_metadata": {"colour": "grün"},
    }
    return Account(**(values | changes))


def a_passkey(number: int = 1, **changes: Any) -> Passkey:
    """Return a passkey of the first account."""
    values: dict[str, Any] = {
        "credential_id": f"credential-{number}",
        "account_id": an_account().id,
        "public_key": bytes(range(77)),
        "sign_count": 0,
        "transports": ("internal",),
        "name": "Phone",
        "is_backed_up": True,
        "created_at": START,
    }
    return Passkey(**(values | changes))


def a_session(number: int = 1, **changes: Any) -> Session:
    """Return a session of the first account, good for an hour."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.SESSION, number),
        "account_id": an_account().id,
        "authenticated_at": START,
        "amr": ("pwd",),
        "expires_at": START + timedelta(hours=1),
    }
    return Session(**(values | changes))


def a_journey(number: int = 1, **changes: Any) -> Journey:
    """Return a journey that has just begun and may take an hour."""
    values: dict[str, Any] = {
        "id": f"journey-{number}",
        "transaction_id": encode_id(IdKind.TRANSACTION, number),
        "client_id": encode_id(IdKind.CLIENT, 1),
        "request": AuthorizeRequest("https://app.example/callback", ("openid", "email"), state="s", nonce="n"),
        "device_id": "device",
        "started_at": START,
        "expires_at": START + timedelta(hours=1),
    }
    return Journey(**(values | changes))


def a_grant(number: int = 1, **changes: Any) -> Grant:
    """Return a grant of the first account to the first client, good for a day."""
    values: dict[str, Any] = {
        "id": encode_id(IdKind.GRANT, number),
        "client_id": encode_id(IdKind.CLIENT, 1),
        "account_id": an_account().id,
        "session_id": a_session().id,
        "scopes": ("openid", "offline_access"),
        "authenticated_at": START,
        "amr": ("pwd",),
        "created_at": START,
        "expires_at": START + timedelta(days=1),
        "id_token_claims": {"https://app.example/plan": "gold"},
    }
    return Grant(**(values | changes))


def a_code(number: int = 1, **changes: Any) -> AuthorizationCode:
    """Return a code of the grant of the same number, good for a minute."""
    values: dict[str, Any] = {
        "grant_id": a_grant(number).id,
        "redirect_uri": "https://app.example/callback",
        "expires_at": START + timedelta(minutes=1),
        "nonce": "n",
        "code_challenge": "c" * 43,
    }
    return AuthorizationCode(**(values | changes))
