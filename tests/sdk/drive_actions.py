"""Drives the calls on actions of the installed auth0-python that a webhook needs; nothing but that package is needed.

Usage: drive_actions.py URL TOKEN. What is no webhook's (`code`, deploying, testing) is not called.
"""

import sys
from typing import Any

from auth0.management import Auth0
from auth0.management.core.api_error import ApiError
from auth0.management.types import ActionTrigger

URL, TOKEN = sys.argv[1:3]
actions = Auth0(base_url=f"{URL}/api/v2", token=TOKEN).actions


def webhook(**fields: Any) -> Any:
    """Return the option that sends what is our own."""
    return {"additional_body_parameters": {"webhook": fields}, "max_retries": 0}


made = actions.create(
    name="Ask the shop",
    supported_triggers=[ActionTrigger(id="post-login", version="v3")],
    request_options=webhook(url="https://shop.example/decide", on_failure="deny"),
)
assert (made.name, made.status, made.all_changes_deployed) == ("Ask the shop", "built", True)
assert [trigger.id for trigger in made.supported_triggers] == ["post-login"]
assert made.signing_secret.startswith("whsec_")
for number in range(3):
    actions.create(
        name=f"Action {number}",
        supported_triggers=[ActionTrigger(id="pre-user-registration")],
        request_options=webhook(url="https://shop.example/other"),
    )
assert actions.get(made.id).webhook["on_failure"] == "deny"
assert len(list(actions.list(per_page=2))) == 4
assert [action.id for action in actions.list(trigger_id="post-login")] == [made.id]
assert [action.id for action in actions.list(action_name="Ask the shop")] == [made.id]
assert actions.update(made.id, name="Renamed").name == "Renamed"
for _ in range(2):
    actions.delete(made.id, force=True)
gone: tuple[Any, ...] = ()
try:
    actions.get(made.id, request_options={"max_retries": 0})
except ApiError as error:
    gone = (error.status_code, error.body["errorCode"])
assert gone == (404, "action_not_found")
refused: tuple[Any, ...] = ()
try:
    actions.create(name="Code", supported_triggers=[ActionTrigger(id="post-login")], code="exports.x = 1")
except ApiError as error:
    refused = (error.status_code, error.body["errorCode"])
assert refused == (400, "invalid_body")
print("done")
