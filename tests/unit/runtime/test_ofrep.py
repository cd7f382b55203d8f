"""OFREP: one flag, all flags, what is recorded, and what goes wrong."""

import asyncio
import json
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import pytest

from signpost.edge.asgi import Message
from signpost.model.flags import FlagStatus
from signpost.model.segments import Condition, Operator
from signpost.ports.events import Event, EventsRejectedError
from signpost.runtime.ofrep.evaluations import Recorded
from signpost.runtime.ofrep.routes import FLAGS_PATH
from signpost.runtime.ofrep.streams import STREAM_PATH
from signpost.testing.builders import a_flag
from tests.unit.runtime.conftest import House, Json, Reply, equals, halves, targeted

FLAG = a_flag().name
KEY = f"{FLAG}.title"


def evaluate(house: House, key: str = KEY, *, unit: str | None = "unit-1", **options: Any) -> Reply:
    context = options.pop("context", {})
    body = {"context": context if unit is None else {"targetingKey": unit, **context}}
    return house.send(f"{FLAGS_PATH}/{key}", body, **options)


def evaluate_all(house: House, unit: str | None = "unit-1", context: Json | None = None, **options: Any) -> Reply:
    key = {} if unit is None else {"targetingKey": unit}
    return house.send(FLAGS_PATH, {"context": key | (context or {})}, **options)


def exposures(house: House) -> list[Json]:
    return [entry for entry in house.log() if "experiment" in entry["details"]]


class FullDisk:
    """Keeps nothing."""

    def append(self, events: Sequence[Event]) -> "Future[int]":
        future: Future[int] = Future()
        future.set_exception(EventsRejectedError("the disk is full"))
        return future


def test_a_flag_that_nothing_varies_needs_no_unit(house: House) -> None:
    reply = evaluate(house, unit=None)

    assert reply.status == 200
    assert reply.json == {"key": KEY, "reason": "STATIC", "variant": "variation-1", "value": "Sign in"}
    assert house.log() == []


def test_a_body_without_a_context_is_an_empty_one(house: House) -> None:
    assert house.send(f"{FLAGS_PATH}/{KEY}", {}).status == 200


def test_an_experiment_decides_and_the_exposure_is_recorded_once_per_unit_and_plan(house: House) -> None:
    experiment = halves()
    house.add(experiment)

    replies = [evaluate(house) for _ in range(3)]

    assert {reply.body for reply in replies} == {replies[0].body}
    shown = replies[0].json
    assert (shown["reason"], shown["metadata"]["experiment_id"]) == ("SPLIT", experiment.id)
    (exposure,) = exposures(house)
    assert exposure["details"]["assignment"]["unit"] == "unit-1"
    assert exposure["details"]["experiment"]["variation_id"] == shown["metadata"]["variation_id"]


def test_a_new_plan_records_again(house: House) -> None:
    house.add(halves())
    evaluate(house)

    house.add(halves(id="exp_other", name="other", flow="password_reset"))
    evaluate(house)

    assert len(exposures(house)) == 2


def test_all_flags_come_at_once_and_agree_with_one_by_one(house: House) -> None:
    house.add(halves())

    reply = evaluate_all(house)

    shown = {flag["key"]: flag for flag in reply.json["flags"]}
    assert shown.keys() == {FLAG, *(f"{FLAG}.{name}" for name in a_flag().parameters)}
    assert all(flag == evaluate(house, key).json for key, flag in shown.items())
    assert len(exposures(house)) == 1


def test_who_has_the_flags_already_is_told_so(house: House) -> None:
    house.add(halves())
    first = evaluate_all(house)

    again = evaluate_all(house, more=[(b"if-none-match", first.headers["etag"].encode())])

    assert (again.status, again.body) == (304, b"")


def test_the_tag_covers_the_context_as_well_as_the_configuration(house: House) -> None:
    house.add(halves())
    tags = {evaluate_all(house, f"unit-{i}").headers["etag"] for i in range(20)}

    house.add(halves(id="exp_other", name="other", flow="password_reset"))
    later = {evaluate_all(house, f"unit-{i}").headers["etag"] for i in range(20)}

    assert len(tags) == 2
    assert not tags & later


def test_bulk_says_which_flags_need_a_unit(house: House) -> None:
    house.add(halves())

    reply = evaluate_all(house, None)

    assert reply.status == 200
    assert {flag["errorCode"] for flag in reply.json["flags"]} == {"TARGETING_KEY_MISSING"}


@pytest.mark.parametrize(("recorded", "after_bulk", "after_single"), [("all", 1, 1), ("single", 0, 1), ("none", 0, 0)])
def test_whose_exposures_are_recorded_can_be_set(
    house: House, recorded: str, after_bulk: int, after_single: int
) -> None:
    house.add(halves())
    app = house.make_app(house.events, ofrep_exposures=Recorded(recorded))

    evaluate_all(house, app=app)
    bulk = len(exposures(house))
    evaluate(house, app=app)

    assert (bulk, len(exposures(house))) == (after_bulk, after_single)


def test_an_exposure_that_cannot_be_kept_gives_the_default(house: House) -> None:
    house.add(halves())
    app = house.make_app(FullDisk())

    single = evaluate(house, app=app).json
    bulk = {flag["key"]: flag for flag in evaluate_all(house, app=app).json["flags"]}[KEY]

    assert single == bulk
    assert (single["value"], single["reason"]) == ("Sign in", "UNKNOWN")
    assert single["metadata"] == {"reason": "recording_failed"}


def test_attributes_are_taken_from_the_context_and_from_the_user_agent(house: House) -> None:
    targeted(house, equals("device_type", "mobile"))
    iphone = (
        "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
    )

    said = evaluate(house, context={"device_type": "mobile"}).json
    derived = evaluate(house, context={"user_agent": iphone}).json
    fallen_back = evaluate(house, context={"device_type": "desktop"}).json

    assert (
        (said["reason"], said["value"]) == (derived["reason"], derived["value"]) == ("TARGETING_MATCH", "Welcome back")
    )
    assert (fallen_back["reason"], fallen_back["metadata"]["reason"]) == ("TARGETING_MATCH", "fallback")


def test_an_exposure_by_segment_keeps_what_the_segments_asked_for(house: House) -> None:
    targeted(house, equals("country", "CA"), equals("device_type", "mobile"))

    evaluate(house, "flag-1.title", unit="one", context={"country": "FR", "browser": "Lynx", "age": 29})
    evaluate_all(house, "two", {"device_type": "mobile"})

    kept = [entry["details"]["assignment"]["attributes"] for entry in exposures(house)]
    assert kept == [{"country": "FR"}, {"device_type": "mobile"}]


def test_a_name_of_the_callers_own_is_session_metadata(house: House) -> None:
    targeted(house, Condition("anonymous_session_metadata.age", Operator.EQUALS, ("29",)))

    assert evaluate(house, context={"age": 29}).json["value"] == "Welcome back"


def test_a_disabled_flag_has_no_value(house: House) -> None:
    with house.store.writing(house.first.id, "tests") as workspace:
        workspace.flags.add(a_flag(9, name="old", status=FlagStatus.ARCHIVED))
    house.catalog.refresh()

    shown = evaluate(house, "old").json

    assert (shown["reason"], "value" in shown) == ("DISABLED", False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "PARSE_ERROR"),
        (b"{", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b'{"context":[]}', "PARSE_ERROR"),
        (b'{"context":{"targetingKey":"\xff"}}', "PARSE_ERROR"),
        (b'{"context":{"a":' + b"[" * 100_000, "PARSE_ERROR"),
        (b'{"context":{"targetingKey":7}}', "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":"%b"}}' % (b"x" * 513), "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":"a","country":"%b"}}' % (b"x" * 5_000), "INVALID_CONTEXT"),
        (
            json.dumps({"context": {"targetingKey": "a"} | {str(i): 1 for i in range(1_001)}}).encode(),
            "INVALID_CONTEXT",
        ),
        (b'{"context":{}}', "TARGETING_KEY_MISSING"),
        (b'{"context":{"targetingKey":""}}', "TARGETING_KEY_MISSING"),
    ],
)
def test_a_request_that_cannot_be_used_says_why(house: House, body: bytes, code: str) -> None:
    house.add(halves())

    reply = house.send(f"{FLAGS_PATH}/{KEY}", body)

    assert (reply.status, reply.json["errorCode"], reply.json["key"]) == (400, code, KEY)
    assert reply.json["errorDetails"]


def test_a_nul_in_a_context_is_a_text_like_others(house: House) -> None:
    targeted(house, equals("country", "CA"))

    assert evaluate(house, unit="\0", context={"country": "\0"}).status == 200


@pytest.mark.parametrize("key", ["nothing", "", "a/b", f"{FLAG}.nothing", "é"])
def test_an_unknown_flag_is_not_found(house: House, key: str) -> None:
    reply = evaluate(house, key)

    assert (reply.status, reply.json["errorCode"], reply.json["key"]) == (404, "FLAG_NOT_FOUND", key)


def test_a_body_over_the_limit_is_refused(house: House) -> None:
    assert evaluate(house, more=[(b"content-length", b"1048577")]).status == 413


def test_who_shows_no_token_is_refused_and_an_api_key_is_as_good(house: House) -> None:
    host, authorization = house.headers()

    assert evaluate(house, headers=[host]).status == 401
    assert evaluate(house, headers=[host, (b"x-api-key", authorization[1].removeprefix(b"Bearer "))]).status == 200
    assert evaluate(house, headers=house.headers(scopes=("read:logs",))).status == 403


def test_too_many_requests_are_told_when_to_come_back(house: House) -> None:
    app = house.make_app(house.events, per_minute=1)

    replies = [evaluate(house, app=app) for _ in range(2)]

    assert [reply.status for reply in replies] == [200, 429]
    assert int(replies[1].headers["retry-after"]) > 0


@pytest.mark.parametrize(("path", "method"), [(FLAGS_PATH, "GET"), (f"{FLAGS_PATH}/x", "PUT"), (STREAM_PATH, "POST")])
def test_another_method_is_not_allowed(house: House, path: str, method: str) -> None:
    reply = house.send(path, b"", method=method)

    assert reply.status == 405
    assert reply.headers["allow"] in {"GET", "POST"}


def test_another_path_is_not_there(house: House) -> None:
    assert house.send("/ofrep/v2/evaluate/flags", {}).status == 404


def test_pages_of_a_known_origin_may_read_replies(house: House) -> None:
    app = house.make_app(house.events, origins=frozenset({"https://login.example"}))
    known, other = [(b"origin", b"https://login.example")], [(b"origin", b"https://evil.example")]

    preflight = house.send(FLAGS_PATH, b"", method="OPTIONS", app=app, more=known)
    reply = evaluate(house, app=app, more=known)
    refused = evaluate(house, app=app, more=other)

    assert preflight.status == 204
    assert "authorization" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["access-control-allow-origin"] == "https://login.example"
    assert reply.headers["access-control-allow-origin"] == "https://login.example"
    assert "access-control-allow-origin" not in refused.headers
    assert "access-control-allow-origin" not in evaluate(house, more=known).headers


def stream_path(house: House) -> str:
    (stream,) = evaluate_all(house).json["eventStreams"]
    return str(stream["endpoint"]["requestUri"])


def listen(house: House, target: str, until: int, more: Sequence[tuple[bytes, bytes]] = ()) -> tuple[int, list[bytes]]:
    """Return the status and the first chunks of a stream, during which an experiment is added."""

    async def run() -> tuple[int, list[bytes]]:
        path, _, query = target.partition("?")
        host = house.headers()[0]
        sent: list[Message] = []
        is_enough = asyncio.Event()

        async def receive() -> Message:
            if not sent:
                return {"type": "http.request", "body": b"", "more_body": False}
            await is_enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: Message) -> None:
            sent.append(message)
            if len(sent) == 2:
                house.add(halves())
            if len(sent) > until:
                is_enough.set()

        scope = {
            "type": "http",
            "method": "GET",
            "path": path,
            "query_string": query.encode(),
            "client": None,
            "headers": [host, *more],
        }
        await asyncio.wait_for(house.app(scope, receive, send), 30)
        return sent[0]["status"], [message["body"] for message in sent[1:]]

    return asyncio.run(run())


def test_a_change_is_announced(house: House) -> None:
    status, chunks = listen(house, stream_path(house), until=2)

    assert (status, chunks[0]) == (200, b": connected\n\n")
    assert chunks[1] == b'id: 3\ndata: {"type":"refetchEvaluation","etag":"3"}\n\n'


def test_who_missed_a_change_hears_of_it_at_once(house: House) -> None:
    _, chunks = listen(house, stream_path(house), until=2, more=[(b"last-event-id", b"1")])

    assert chunks[1] == b'id: 2\ndata: {"type":"refetchEvaluation","etag":"2"}\n\n'


def test_who_opens_a_stream_after_a_change_hears_of_it_at_once(house: House) -> None:
    path = stream_path(house)
    house.add(halves(id="exp_other", name="other", flow="password_reset"))

    _, chunks = listen(house, path, until=2)

    assert chunks[1] == b'id: 3\ndata: {"type":"refetchEvaluation","etag":"3"}\n\n'


def test_a_stream_needs_the_tenants_key(house: House) -> None:
    (others,) = evaluate_all(house, headers=house.headers(house.second)).json["eventStreams"]

    assert listen(house, f"{STREAM_PATH}?key=guess", until=1)[0] == 401
    assert listen(house, others["endpoint"]["requestUri"], until=1)[0] == 401


def test_an_announced_change_is_waited_for(house: House) -> None:
    async def run() -> Reply:
        asking = asyncio.create_task(
            house.ask(FLAGS_PATH, {"context": {"targetingKey": "unit-1"}}, query=b"flagConfigEtag=3")
        )
        await asyncio.sleep(0)
        house.add(halves())
        return await asking

    assert {flag["reason"] for flag in asyncio.run(run()).json["flags"]} == {"SPLIT"}


def test_tenants_have_their_own_flags(house: House) -> None:
    house.add(halves())

    assert evaluate(house).json["reason"] == "SPLIT"
    assert evaluate(house, headers=house.headers(house.second)).json["reason"] == "STATIC"
