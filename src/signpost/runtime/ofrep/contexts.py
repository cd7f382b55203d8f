"""Contexts as they come in: within limits, and turned into what decides."""

import msgspec

from signpost.authlogs.parsing import BodyInvalidError, parse_json
from signpost.model.limits import TEXT_MAX, UNIT_MAX
from signpost.requests.contexts import flatten_context
from signpost.runtime.ofrep.wire import TARGETING_KEY, ErrorCode, EvaluationError, Request
from signpost.runtime.wire import VALUE_MAX, Asker

ENTRIES_MAX = 1_000

_decoder = msgspec.json.Decoder(Request)
_LOGGED = ("session_id", "client_id", "connection", "connection_type", "organization_id", "domain", "ip")


NOBODY = Asker()


class Asked(msgspec.Struct, frozen=True):
    """Who asks: the unit, None where the context names none, and what is known of it."""

    unit: str | None
    flow: str | None
    asker: Asker


def read_context(body: bytes) -> Asked:
    """Return who asks.

    Raises:
        EvaluationError: the body or the context can't be used.
    """
    try:
        context = parse_json(_decoder, body).context
    except BodyInvalidError as error:
        raise EvaluationError(ErrorCode.PARSE_ERROR, f"The body can't be read: {error}.") from error
    if len(context) > ENTRIES_MAX:
        raise EvaluationError(ErrorCode.INVALID_CONTEXT, f"The context has over {ENTRIES_MAX:,} entries.")
    unit = context.pop(TARGETING_KEY, None)
    if unit is not None and (not isinstance(unit, str) or len(unit) > UNIT_MAX):
        message = f"The context's {TARGETING_KEY} must be a string of at most {UNIT_MAX} characters."
        raise EvaluationError(ErrorCode.INVALID_CONTEXT, message)
    if not context:
        return Asked(unit or None, None, NOBODY)
    attributes = flatten_context(context)
    long = next((name for name, text in attributes.items() if len(text) > VALUE_MAX or len(name) > TEXT_MAX), None)
    if long is not None:
        message = f"The context's {long[:TEXT_MAX]} is over {VALUE_MAX:,} characters, or its name over {TEXT_MAX}."
        raise EvaluationError(ErrorCode.INVALID_CONTEXT, message)
    logged = {name: text for name in _LOGGED if isinstance(text := context.get(name), str) and len(text) <= TEXT_MAX}
    account_id = context.get("account_id")
    if isinstance(account_id, str) and 0 < len(account_id) <= UNIT_MAX:
        logged["account_id"] = account_id
    asker = msgspec.convert({**logged, "context": attributes, "user_agent": attributes.get("user_agent")}, Asker)
    return Asked(unit or None, attributes.get("flow"), asker)
