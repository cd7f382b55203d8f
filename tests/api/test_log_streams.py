"""Log streams over HTTP."""

from typing import Any

import pytest

from signpost.model.limits import LOG_STREAMS_MAX
from signpost.model.log_streams import StreamStatus
from signpost.ports.log_streams import Progress
from signpost.ports.paging import PageRequest
from signpost.testing.repeatable import START
from signpost.usecases.call import Call
from signpost.usecases.log_streams import suspend_log_stream
from tests.api.house import House, Json, absent, problem

STREAMS = "/api/v2/log-streams"
SINK = {
    "httpEndpoint": "https://archive.example/logs",
    "httpContentType": "application/json",
    "httpContentFormat": "JSONARRAY",
    "httpAuthorization": "Bearer s3cret",
}
HTTP: Json = {"name": "To the archive", "type": "http", "sink": SINK}
FILE: Json = {"name": "To a file", "type": "file", "sink": {"fileName": "audit.ndjson"}}


def _kept(house: House) -> Any:
    with house.store.reading(house.tenant.id) as tenant:
        return tenant.log_streams.all()


def test_a_stream_is_made_and_shown_without_its_secret(house: House) -> None:
    filters = [{"type": "category", "name": "auth.login.fail"}, {"type": "category", "name": "other"}]

    made = house.owner.made(STREAMS, HTTP | {"filters": filters, "startFrom": "2026-01-02T03:04:05+01:00"})

    assert made == {
        "id": made["id"],
        "name": "To the archive",
        "type": "http",
        "status": "active",
        "filters": filters,
        "sink": {name: text for name, text in SINK.items() if name != "httpAuthorization"},
        "startFrom": "2026-01-02T02:04:05.000Z",
        "health": {},
    }
    assert made["id"].startswith("lst_")
    assert house.owner.shown(f"{STREAMS}/{made['id']}") == made
    assert house.owner.shown(STREAMS) == [made]
    assert _kept(house)[0].http.authorization == "Bearer s3cret"


def test_what_is_left_out_has_a_default(house: House) -> None:
    made = house.owner.made(STREAMS, {"type": "http", "sink": {"httpEndpoint": "http://127.0.0.1:9/logs"}})

    assert made["name"] == made["id"]
    assert made["sink"]["httpContentFormat"] == "JSONLINES"
    assert made["sink"]["httpContentType"] == "application/json"
    assert made["filters"] == []


def test_a_stream_can_lead_to_a_file(house: House) -> None:
    made = house.owner.made(STREAMS, FILE)

    assert (made["type"], made["sink"]) == ("file", {"fileName": "audit.ndjson"})


def test_two_streams_do_not_write_one_file(house: House) -> None:
    house.owner.made(STREAMS, FILE)
    other = house.owner.made(STREAMS, {"type": "file", "sink": {"fileName": "other.ndjson"}})

    refused = house.owner.post(STREAMS, FILE | {"name": "Another"})
    moved = house.owner.patch(f"{STREAMS}/{other['id']}", {"sink": {"fileName": "audit.ndjson"}})

    assert problem(refused) == (400, "invalid_body")
    assert problem(moved) == (400, "invalid_body")


def test_only_what_is_given_is_changed(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    path = f"{STREAMS}/{stream['id']}"

    changed = house.owner.patch(path, {"status": "paused", "sink": {"httpContentFormat": "JSONOBJECT"}}).json()

    assert changed["status"] == "paused"
    assert changed["sink"] == stream["sink"] | {"httpContentFormat": "JSONOBJECT"}
    assert changed["name"] == stream["name"]
    assert _kept(house)[0].http.authorization == "Bearer s3cret"


@pytest.mark.parametrize(
    ("sink", "kept"),
    [
        ({"httpEndpoint": "https://archive.example/elsewhere"}, "Bearer s3cret"),
        ({"httpEndpoint": "https://attacker.example/logs"}, None),
        ({"httpEndpoint": "https://archive.example:8443/logs"}, None),
        ({"httpEndpoint": "https://attacker.example/logs", "httpAuthorization": "Bearer new"}, "Bearer new"),
        ({"httpAuthorization": None}, None),
    ],
)
def test_a_secret_goes_to_no_other_host_than_the_one_it_was_given_for(
    house: House, sink: Json, kept: str | None
) -> None:
    stream = house.owner.made(STREAMS, HTTP)

    assert house.owner.patch(f"{STREAMS}/{stream['id']}", {"sink": sink}).status_code == 200

    assert _kept(house)[0].http.authorization == kept


def test_how_the_delivery_goes_is_shown(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    house.progress.keep(stream["id"], Progress("3" * 19, START, START, "answers with status 500"))

    shown = house.owner.shown(f"{STREAMS}/{stream['id']}")

    assert shown["health"] == {
        "lastLogId": "3" * 19,
        "deliveredAt": "2026-01-01T00:00:00.000Z",
        "failingSince": "2026-01-01T00:00:00.000Z",
        "problem": "answers with status 500",
    }


def test_a_suspended_stream_says_why_and_goes_on_with_a_clean_slate(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    path = f"{STREAMS}/{stream['id']}"
    house.progress.keep(stream["id"], Progress("3" * 19, START, START, "answers with status 500"))
    suspend_log_stream(
        Call(house.store, house.clock, house.ids, house.tenant.id, "log-streams"),
        stream["id"],
        "answers with status 500",
    )

    suspended = house.owner.shown(path)
    activated = house.owner.patch(path, {"status": "active"}).json()

    assert (suspended["status"], suspended["statusReason"]) == ("suspended", "answers with status 500")
    assert activated["status"] == "active"
    assert "statusReason" not in activated
    assert house.progress.get(stream["id"]) == Progress("3" * 19, START)


def test_a_stream_that_was_paused_meanwhile_is_not_suspended(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    house.owner.patch(f"{STREAMS}/{stream['id']}", {"status": "paused"})

    call = Call(house.store, house.clock, house.ids, house.tenant.id, "log-streams")
    suspend_log_stream(call, stream["id"], "answers with status 500")
    suspend_log_stream(call, absent("lst"), "answers with status 500")

    assert _kept(house)[0].status is StreamStatus.PAUSED


def test_a_stream_is_deleted_and_what_is_known_of_it(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    path = f"{STREAMS}/{stream['id']}"
    house.progress.keep(stream["id"], Progress("3" * 19))

    replies = [house.owner.delete(path).status_code for _ in range(2)]

    assert replies == [204, 204]
    assert problem(house.owner.get(path)) == (404, "log_stream_not_found")
    assert problem(house.owner.patch(path, {"status": "paused"})) == (404, "log_stream_not_found")
    assert house.progress.get(stream["id"]) == Progress()


@pytest.mark.parametrize(
    "body",
    [
        {"type": "http"},
        {"type": "http", "sink": {}},
        {"type": "http", "sink": {"fileName": "audit.ndjson"}},
        {"type": "file", "sink": {"httpEndpoint": "https://archive.example"}},
        {"type": "file", "sink": {}},
        {"type": "splunk", "sink": {}},
        HTTP | {"id": "lst_1"},
        HTTP | {"status": "suspended"},
        HTTP | {"startFrom": "yesterday"},
        HTTP | {"startFrom": "0001-01-01T00:00:00+14:00"},
        HTTP | {"filters": [{"type": "category", "name": "nothing"}]},
        HTTP | {"filters": [{"type": "type", "name": "other"}]},
        HTTP | {"filters": [{"type": "category", "name": "other"}] * 21},
        HTTP | {"name": ""},
        HTTP | {"name": " padded"},
    ],
)
def test_a_body_that_makes_no_sense_is_refused(house: House, body: Json) -> None:
    assert problem(house.owner.post(STREAMS, body)) == (400, "invalid_body")


@pytest.mark.parametrize(
    "uri",
    [
        "http://archive.example/logs",
        "http://10.0.0.1/logs",
        "ftp://archive.example/logs",
        "file:///etc/passwd",
        "https://user:password@archive.example/logs",
        "https://archive.example@attacker.example/",
        "https://archive.example/#part",
        "https://archive.example/a b\r\nX: y",
        "https://archivé.example/",
        "//archive.example",
        "archive.example",
        "https://",
        "https://[::1",
        "https://archive.example:99999/",
        "https://archive.example:0/",
        "https://archive.example\\@attacker.example/",
        "https://archive.example/" + "a" * 2_048,
    ],
)
def test_an_address_that_may_not_be_called_is_refused(house: House, uri: str) -> None:
    assert problem(house.owner.post(STREAMS, {"type": "http", "sink": {"httpEndpoint": uri}})) == (400, "invalid_body")


@pytest.mark.parametrize("value", ["", " Bearer", "Bearer a\r\nX-Other: b", "Bearer é", "a" * 4_097])
def test_a_header_that_would_be_none_is_refused(house: House, value: str) -> None:
    refused = house.owner.post(STREAMS, HTTP | {"sink": SINK | {"httpAuthorization": value}})
    typed = house.owner.post(STREAMS, HTTP | {"sink": SINK | {"httpContentType": value}})

    assert problem(refused) == (400, "invalid_body")
    assert problem(typed) == (400, "invalid_body")


@pytest.mark.parametrize("name", ["", ".", "..", "../signpost.db", "a/b", ".hidden", "-a", "a\0", "é", "a" * 101])
def test_a_file_stays_in_its_folder(house: House, name: str) -> None:
    assert problem(house.owner.post(STREAMS, {"type": "file", "sink": {"fileName": name}})) == (400, "invalid_body")


@pytest.mark.parametrize(
    "body", [{}, {"type": "file"}, {"status": "suspended"}, {"sink": {"fileName": "a"}}, {"startFrom": "2026-01-01"}]
)
def test_a_change_that_makes_no_sense_is_refused(house: House, body: Json) -> None:
    stream = house.owner.made(STREAMS, HTTP)

    assert problem(house.owner.patch(f"{STREAMS}/{stream['id']}", body)) == (400, "invalid_body")


def test_a_name_is_taken_once(house: House) -> None:
    house.owner.made(STREAMS, HTTP)

    assert problem(house.owner.post(STREAMS, HTTP)) == (409, "log_stream_exists")


def test_a_tenant_has_so_many_and_no_more(house: House) -> None:
    for number in range(LOG_STREAMS_MAX):
        house.owner.made(STREAMS, HTTP | {"name": f"Stream {number}"})

    assert problem(house.owner.post(STREAMS, HTTP)) == (400, "log_stream_limit_exceeded")


def test_each_call_needs_its_scope(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    path = f"{STREAMS}/{stream['id']}"
    reader = house.caller(house.tenant, "read:log_streams")
    others = house.caller(house.tenant, "read:logs", "update:experimentation")

    assert [reader.get(STREAMS).status_code, reader.get(path).status_code] == [200, 200]
    for reply in (
        others.get(STREAMS),
        reader.post(STREAMS, HTTP),
        reader.patch(path, {"status": "paused"}),
        reader.delete(path),
    ):
        assert problem(reply) == (403, "insufficient_scope")


def test_another_tenant_s_streams_are_out_of_reach(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    path = f"{STREAMS}/{stream['id']}"
    house.progress.keep(stream["id"], Progress("3" * 19))
    other = house.caller(house.other_tenant)

    assert other.shown(STREAMS) == []
    assert problem(other.get(path)) == (404, "log_stream_not_found")
    assert problem(other.patch(path, {"status": "paused"})) == (404, "log_stream_not_found")
    assert other.delete(path).status_code == 204
    assert house.owner.shown(path)["health"] == {"lastLogId": "3" * 19}


def test_the_audit_trail_tells_of_it_without_the_secret(house: House) -> None:
    stream = house.owner.made(STREAMS, HTTP)
    house.owner.patch(f"{STREAMS}/{stream['id']}", {"sink": {"httpAuthorization": "Bearer 0ther"}, "name": "Renamed"})

    with house.store.reading(house.tenant.id) as tenant:
        entries = tenant.audit.list(PageRequest(10), entity_id=stream["id"]).items

    assert [entry.action for entry in entries] == ["update", "create"]
    assert "s3cret" not in repr(entries)
    assert "0ther" not in repr(entries)
