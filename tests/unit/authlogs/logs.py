"""Log entries in the shape that Auth0 documents: GET /api/v2/logs, log streams, and the buses that carry these."""

from typing import Any

Json = dict[str, Any]

EXPERIMENT = "exp_9Km3nZ7vQwRx2yDjFs5gCp"
CONTROL, TREATMENT = "var_4Nq8mR2xPkTv6wYjHs3fBn", "var_8Xp2qK5nWmJy9vDsHr4gAt"


def log_id(number: int) -> str:
    """Return a log id as Auth0 makes them: it grows with time."""
    return f"90020250601142200{number:036}"


def an_entry(number: int, kind: str = "s", *, session: int | None = None, **changes: Any) -> Json:
    """Return an entry of a sign-in within an experiment. Half of the sessions are in the control."""
    session = number if session is None else session
    entry = {
        "date": f"2025-06-01T14:{number // 60_000 % 60:02}:{number // 1_000 % 60:02}.{number % 1_000:03}Z",
        "type": kind,
        "connection": "Username-Password-Authentication",
        "client_id": "AaiyAPdpYdesoKnqjj8HJqRn4T5titww",
        "ip": "203.0.113.9",
        "user_agent": "Chrome 126.0.0 / Mac OS X 10.15.7",
        "user_id": f"auth0|{session}",
        "details": {
            "session_id": f"session-{session}",
            "prompts": [{"name": "login", "elapsedTime": 1_530}, {"name": "prompt-authenticate"}],
            "experiment": {
                "experiment_id": EXPERIMENT,
                "variation_id": CONTROL if session % 2 == 0 else TREATMENT,
                "is_control": session % 2 == 0,
                "allocation_strategy": "percentage",
            },
        },
        "log_id": log_id(number),
        "_id": log_id(number),
        "isMobile": False,
    }
    return {name: value for name, value in (entry | changes).items() if value is not None}


def assignment(number: int, session: int) -> Json:
    """Return the entry that says that a session was assigned."""
    return an_entry(number, "experiment_assignment_succeeded", session=session)


def streamed(entry: Json) -> Json:
    """Return an entry as a custom webhook gets it."""
    return {"log_id": entry["log_id"], "data": entry}


def bridged(entry: Json) -> Json:
    """Return an entry as EventBridge delivers it."""
    return {
        "version": "0",
        "id": "f1a2",
        "detail-type": "Auth0 log",
        "source": "aws.partner/auth0.com/acme-1/auth0.logs",
        "time": "2025-06-01T14:22:05Z",
        "resources": [],
        "detail": streamed(entry),
    }


def gridded(entry: Json) -> Json:
    """Return an entry as Event Grid delivers it."""
    return {
        "id": entry["log_id"],
        "topic": "/subscriptions/1/resourceGroups/g/providers/Microsoft.EventGrid/partnerTopics/auth0",
        "subject": "login",
        "eventType": "auth0.log",
        "eventTime": "2025-06-01T14:22:05Z",
        "dataVersion": "1.0",
        "data": streamed(entry),
    }
