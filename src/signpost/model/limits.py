"""Every limit on configuration, in one place, for the edge, the rules and the documentation."""

NAME_MIN, NAME_MAX = 3, 255
DESCRIPTION_MIN, DESCRIPTION_MAX = 3, 1024
FLOW_MAX = 255

PARAMETERS_MAX = 10
PARAMETER_NAME_MAX = 255
PARAMETER_DESCRIPTION_MAX = 255
VALUE_BYTES_MAX = 1024
"""Of one parameter or override value, as compact UTF-8 JSON."""

VARIATIONS_MAX = 20
ALLOCATIONS_MAX = 20
LEVELS_MAX = 101
"""Strictly increasing integers in 0–100 can be no more."""

CONDITIONS_MAX = 10
CONDITION_VALUE_MAX = 1024
RULE_BYTES_MAX = 4 * 1024
SEGMENT_BYTES_MAX = 10 * 1024

OVERRIDE_REASON_MAX, OVERRIDE_MAKER_MAX = 255, 255
OVERRIDE_SECONDS_MIN, OVERRIDE_SECONDS_MAX = 60, 30 * 24 * 60 * 60
"""How long a signed override is good."""

PAGE_DEFAULT, PAGE_MAX = 25, 50
BODY_BYTES_MAX = 1024 * 1024
JSON_DEPTH_MAX = 64

UNIT_MAX = 512
"""Of the id that is randomised, in characters."""
TEXT_MAX = 255
"""Of ids and other short texts that come with requests and events."""

METRIC_NAME_MIN, METRIC_NAME_MAX = 2, 64
METRIC_TYPES_MAX = 20
METRIC_DAYS_MAX = 400
METRIC_VALUE_MAX = 10**12
"""Of a field that is summed, and of a cap: larger ones count as this much. In milliseconds it is 31 years."""
METRICS_MAX = 200
PLAN_METRICS_MAX = 20
LOG_STREAMS_MAX = 20
LOG_STREAM_FILTERS_MAX = 20
PAGE_TEMPLATE_MAX = 32_768
"""Characters of a tenant's own template for the hosted pages."""
CLIENT_NAME_MAX, CLIENT_DESCRIPTION_MAX = 255, 140
CLIENT_URIS_MAX = 100
"""Callbacks, and each other list of addresses of a client."""
CLIENTS_MAX = 1_000
URI_MAX = 2_048
AUTHORIZATION_MAX = 4_096
FILE_NAME_MAX = 100
ACTIONS_MAX = 20
ACTION_MS_MIN, ACTION_MS_DEFAULT, ACTION_MS_MAX = 50, 3_000, 10_000

ALPHA_MIN, ALPHA_MAX = 0.001, 0.2
EFFECT_MAX = 10.0
PLANNED_UNITS_MAX = 10**10
RAMP_HOURS_MAX = 24 * 90

SLOTS = 1_000_000
"""The slots that a split has; a weight of 100 % is all of them, so four decimals of a percentage are exact."""
