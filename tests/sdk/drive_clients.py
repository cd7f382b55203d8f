"""Drives the calls on clients of the installed auth0-python that are served; nothing but that package is needed.

Usage: drive_clients.py URL TOKEN.
"""

import sys
from typing import Any

from auth0.management import Auth0
from auth0.management.core.api_error import ApiError

URL, TOKEN = sys.argv[1:3]
clients = Auth0(base_url=f"{URL}/api/v2", token=TOKEN).clients

spa = clients.create(name="Shop", app_type="spa", callbacks=["https://shop.example/callback"])
assert (spa.app_type, spa.token_endpoint_auth_method, spa.client_secret) == ("spa", "none", None)
assert spa.grant_types == ["authorization_code", "refresh_token"]
web = clients.create(name="Back office", app_type="regular_web", callbacks=["https://office.example/callback"])
assert web.client_secret
assert clients.get(web.client_id).client_secret is None
found = [client.client_id for client in clients.list(app_type="spa,regular_web", per_page=1)]
assert found == [spa.client_id, web.client_id]
changed = clients.update(spa.client_id, allowed_logout_urls=["https://shop.example/"], description="The shop")
assert (changed.allowed_logout_urls, changed.callbacks) == (["https://shop.example/"], spa.callbacks)
assert clients.get(spa.client_id).model_dump() == changed.model_dump()
for _ in range(2):
    clients.delete(spa.client_id)


def refused(call: Any, *args: Any, **fields: Any) -> tuple[Any, ...]:
    """Return the status and the code of the error that the package raised."""
    try:
        call(*args, **fields, request_options={"max_retries": 0})
    except ApiError as error:
        return error.status_code, error.body["errorCode"]
    return ()


assert refused(clients.get, spa.client_id) == (404, "client_not_found")
assert refused(clients.create, name="Bad", callbacks=["javascript:alert(1)"]) == (400, "invalid_body")
print("done")
