"""Examples of bodies for the OpenAPI document: one experiment on the title of a sign-in page, from flag to ramp."""

from typing import Any

_FLAG = "flg_3PqxWYzYtVtJ9eKc1nV5hB"
_BASELINE = "var_7vXrM2eYQyKj4dFh8sWtNa"
_SHORT = "var_9cLbT5gZRzHk6wPm3uEyQd"
_SEGMENT = "seg_5jNdV8kBSxGf2tRq7yCzLm"
_EXPERIMENT = "exp_2hKfX6nDUwJp9vTs4aBcMr"
_TIMES = {"created_at": "2026-03-02T08:30:00.000Z", "updated_at": "2026-03-02T08:30:00.000Z"}
_PARAMETERS = {"title": {"type": "string", "value": "Sign in", "description": "What the page says first."}}
_RULES = [{"match": {"device_type": ["mobile"], "user_agent": {"contains": ["Safari"]}}}]
_NEW_ALLOCATIONS = [
    {"variation_id": _BASELINE, "is_control": True, "weight": 50},
    {"variation_id": _SHORT, "is_control": False, "weight": 50},
]
_TEMPLATE = '<!doctype html><html lang="{{ screen.locale }}"><head>{{ head }}</head><body>{{ form }}</body></html>'
_NAMED = {_BASELINE: "As it is", _SHORT: "Short title"}

_FLAG_REPLY = {
    "id": _FLAG,
    "name": "Sign-in title",
    "type": "self",
    "status": "active",
    "parameters": _PARAMETERS,
    **_TIMES,
}
_VARIATION_REPLY = {
    "id": _SHORT,
    "feature_flag_id": _FLAG,
    "name": "Short title",
    "overrides": {"title": "Hello"},
    **_TIMES,
}
_SEGMENT_REPLY = {
    "id": _SEGMENT,
    "name": "Phones with Safari",
    "type": "self",
    "status": "active",
    "rules": _RULES,
    **_TIMES,
}
_EXPERIMENT_REPLY = {
    "id": _EXPERIMENT,
    "name": "A shorter title",
    "feature_flag_id": _FLAG,
    "feature_flag_name": "Sign-in title",
    "authentication_flow": "authentication",
    "allocation_strategy": "percentage",
    "assignment_config": {"subject": "device"},
    "status": "draft",
    "is_valid": True,
    "feature_flag_snapshot": None,
    "allocations": [
        {
            **allocation,
            "variation_name": _NAMED[str(allocation["variation_id"])],
            "variation_snapshot": None,
            "segment_snapshot": None,
        }
        for allocation in _NEW_ALLOCATIONS
    ],
    "editable_fields": ["name", "description", "authentication_flow", "allocations", "levels"],
    "levels": [10, 50, 100],
    "current_level": None,
    **_TIMES,
}

_METRIC = {
    "name": "slow_sign_ins",
    "description": "Sign-ins that took more than one attempt.",
    "aggregation": "ratio",
    "events": {"types": ["f", "fp", "fu"]},
    "base": {"types": ["s"], "where": {"details.method": ["password"]}},
    "direction": "decrease",
    "role": "guardrail",
    "window": {"start_ms": 0, "stop_ms": 86_400_000},
    "margin": 0.05,
    "covariate_days": 0,
}
_METRIC_REPLY = _METRIC | {"is_built_in": False} | _TIMES

_LOG_STREAM = {
    "name": "To the archive",
    "type": "http",
    "filters": [{"type": "category", "name": "auth.login.fail"}],
    "sink": {
        "httpEndpoint": "https://archive.example.com/logs",
        "httpContentType": "application/json",
        "httpContentFormat": "JSONLINES",
    },
}
_CLIENT = {
    "name": "Shop",
    "app_type": "spa",
    "callbacks": ["https://shop.example/callback"],
    "allowed_logout_urls": ["https://shop.example/"],
    "web_origins": ["https://shop.example"],
    "grant_types": ["authorization_code", "refresh_token"],
    "token_endpoint_auth_method": "none",
}
_CLIENT_REPLY = {
    "client_id": "cli_8kBSxGf2tRq7yCzLm5jNdV",
    "tenant": "default",
    **_CLIENT,
    "is_first_party": True,
    "oidc_conformant": True,
    **_TIMES,
}
_LOG_STREAM_REPLY = {
    "id": "lst_4tRq7yCzLm5jNdV8kBSxGf",
    **_LOG_STREAM,
    "status": "active",
    "startFrom": "2026-03-02T08:30:00.000Z",
    "health": {"lastLogId": "3728270284013568000", "deliveredAt": "2026-03-02T08:30:02.000Z"},
}

_ACTION = {
    "name": "Ask the risk engine",
    "supported_triggers": [{"id": "post-login", "version": "v3"}],
    "webhook": {"url": "https://risk.example.com/decide", "timeout_ms": 1_500, "on_failure": "allow"},
    "enabled": True,
}
_ACTION_REPLY = {
    "id": "act_8kBSxGf2tRq7yCzLm5jNdV",
    **_ACTION,
    "status": "built",
    "all_changes_deployed": True,
    **_TIMES,
}

EXAMPLES: dict[str, Any] = {
    "FlagCreation": {"name": "Sign-in title", "parameters": _PARAMETERS},
    "FlagPatch": {"description": "The words above the sign-in form."},
    "FlagStatusChange": {"status": "active"},
    "FlagReply": _FLAG_REPLY,
    "FlagList": {"feature_flags": [_FLAG_REPLY]},
    "VariationCreation": {"name": "Short title", "overrides": {"title": "Hello"}},
    "VariationPatch": {"overrides": {"title": "Welcome"}},
    "VariationReply": _VARIATION_REPLY,
    "VariationList": {"variations": [_VARIATION_REPLY]},
    "SegmentCreation": {"name": "Phones with Safari", "rules": _RULES},
    "SegmentPatch": {"status": "archived"},
    "SegmentReply": _SEGMENT_REPLY,
    "SegmentList": {"segments": [_SEGMENT_REPLY]},
    "ExperimentCreation": {
        "name": "A shorter title",
        "feature_flag_id": _FLAG,
        "authentication_flow": "authentication",
        "allocations": _NEW_ALLOCATIONS,
        "levels": [10, 50, 100],
    },
    "ExperimentPatch": {
        "description": "Does a short greeting bring more people in?",
        "analysis_plan": {
            "looking": "group_sequential",
            "planned_units": 40_000,
            "minimum_effect": 0.02,
            "metrics": [
                {"name": "sign_in_success", "role": "decision"},
                {"name": "lockouts", "role": "guardrail", "margin": 0.1},
                "abandonment",
            ],
        },
        "status": "active",
    },
    "ExperimentStatusChange": {"status": "active"},
    "ExperimentReply": _EXPERIMENT_REPLY,
    "ExperimentList": {"experiments": [_EXPERIMENT_REPLY]},
    "Validation": {
        "is_valid": False,
        "errors": [
            {
                "code": "feature_flag_not_active",
                "message": "The feature flag must be active. The feature flag is draft.",
            }
        ],
    },
    "RampAdvance": {"target_level": 50},
    "RampReply": {"experiment_id": _EXPERIMENT, "from_level": 10, "to_level": 50, "current_level": 50},
    "MetricBody": _METRIC,
    "MetricPatch": {"margin": 0.1, "measure": None},
    "MetricPreviewBody": {"metric": _METRIC, "experiment_id": _EXPERIMENT},
    "KnownMetricReply": _METRIC_REPLY,
    "KnownMetricList": {"metrics": [_METRIC_REPLY]},
    "ClientCreation": _CLIENT,
    "ClientPatch": {"callbacks": ["https://shop.example/callback", "https://shop.example/silent"]},
    "PageTemplate": {"template": _TEMPLATE},
    "PageTemplateReply": {"body": _TEMPLATE},
    "ClientReply": _CLIENT_REPLY,
    "ClientList": {"start": 0, "limit": 50, "length": 1, "total": 1, "clients": [_CLIENT_REPLY]},
    "LogStreamCreation": _LOG_STREAM | {"startFrom": "2026-03-02T00:00:00Z"},
    "LogStreamPatch": {"status": "paused"},
    "LogStreamReply": _LOG_STREAM_REPLY,
    "ActionCreation": _ACTION,
    "ActionPatch": {"webhook": {"timeout_ms": 800}, "enabled": False},
    "ActionReply": _ACTION_REPLY,
    "SignedActionReply": _ACTION_REPLY | {"signing_secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"},
    "ActionList": {"total": 1, "page": 0, "per_page": 50, "actions": [_ACTION_REPLY]},
    "ErrorReply": {
        "statusCode": 404,
        "error": "Not Found",
        "message": "Experiment not found.",
        "errorCode": "experiment_not_found",
    },
}
"""By the name of the schema."""
