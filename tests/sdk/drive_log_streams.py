"""Drives every call on log streams of the installed auth0-python against a server; needs nothing but that package.

Usage: drive_log_streams.py URL TOKEN. Prints one JSON object: the calls that the package has and were not made.
"""

import inspect
import json
import sys
from typing import Any

from auth0.management import Auth0
from auth0.management.core.api_error import ApiError
from auth0.management.types import CreateLogStreamHttpRequestBody, LogStreamFilter, LogStreamHttpSink

URL, TOKEN = sys.argv[1:3]
made: set[str] = set()
root = Auth0(base_url=f"{URL}/api/v2", token=TOKEN)
streams = root.log_streams
assert list(root.users.logs.list("auth0|nobody")) == []
assert list(root.logs.list(search="type:s")) == []
known = {name for name, _ in inspect.getmembers(type(streams), inspect.isfunction) if not name.startswith("_")}


def call(method: str, *args: Any, **fields: Any) -> Any:
    made.add(method)
    return getattr(streams, method)(*args, **fields)


sink = LogStreamHttpSink(
    http_endpoint="https://archive.example/logs",
    http_content_type="application/json",
    http_content_format="JSONLINES",
    http_authorization="Bearer s3cret",
)
stream = call(
    "create",
    request=CreateLogStreamHttpRequestBody(
        name="To the archive",
        type="http",
        sink=sink,
        filters=[LogStreamFilter(type="category", name="auth.login.fail")],
        start_from="2026-01-01T00:00:00.000Z",
    ),
)
assert (stream.name, stream.type, stream.status) == ("To the archive", "http", "active")
assert stream.sink.http_endpoint == "https://archive.example/logs"
assert stream.sink.http_content_format == "JSONLINES"
assert [f.name for f in stream.filters] == ["auth.login.fail"]
assert call("get", stream.id) == stream
assert [s.id for s in call("list")] == [stream.id]
changed = call(
    "update",
    stream.id,
    name="Renamed",
    status="paused",
    filters=[],
    sink=LogStreamHttpSink(http_endpoint="https://archive.example/elsewhere", http_content_format="JSONOBJECT"),
)
assert (changed.name, changed.status, changed.filters) == ("Renamed", "paused", [])
assert changed.sink.http_endpoint == "https://archive.example/elsewhere"
assert changed.sink.http_content_format == "JSONOBJECT"
assert call("update", stream.id, status="active").status == "active"
for _ in range(2):
    call("delete", stream.id)
gone: tuple[Any, ...] = ()
try:
    streams.get(stream.id, request_options={"max_retries": 0})
except ApiError as error:
    gone = (error.status_code, error.body["errorCode"])
assert gone == (404, "log_stream_not_found")

print(json.dumps({"missed": sorted(known - made)}))
