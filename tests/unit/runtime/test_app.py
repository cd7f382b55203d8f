"""The runtime routes as HTTP: who may, how much, and what all replies have in common."""

import asyncio
import json
from typing import Any

import pytest

from signpost.edge.asgi import Message, Scope
from signpost.edge.whole import WHOLE
from signpost.model.limits import BODY_BYTES_MAX
from signpost.runtime.app import DECISIONS_PATH, EVENTS_PATH
from signpost.runtime.requests import BodyTooSlowError, Patience
from tests.unit.runtime.conftest import Exchange, House, halves

ASK = {"flow": "authentication", "unit": "u"}


@pytest.mark.parametrize(
    ("path", "scope"), [(DECISIONS_PATH, "decide:experimentation"), (EVENTS_PATH, "create:events")]
)
def test_each_route_asks_for_its_scope(house: House, path: str, scope: str) -> None:
    others = tuple(other for other in ("decide:experimentation", "create:events", "read:logs") if other != scope)

    reply = house.send(path, ASK, headers=house.headers(scopes=others))

    assert (reply.status, reply.json["errorCode"]) == (403, "insufficient_scope")
    assert scope in reply.json["message"]


@pytest.mark.parametrize("headers", [[], [(b"authorization", b"Bearer x")], [(b"authorization", b"")]])
def test_without_a_token_nothing_is_decided(house: House, headers: Any) -> None:
    reply = house.send(DECISIONS_PATH, ASK, headers=headers)

    assert (reply.status, reply.json) == (
        401,
        {"statusCode": 401, "error": "Unauthorized", "message": "Invalid token.", "errorCode": "invalid_token"},
    )
    assert reply.headers["www-authenticate"] == "Bearer"


def test_two_authorizations_are_none(house: House) -> None:
    reply = house.send(DECISIONS_PATH, ASK, more=[house.headers()[1]])

    assert reply.status == 401


def test_every_reply_tells_the_limit_and_the_correlation(house: House) -> None:
    more = [(b"x-correlation-id", b"abc 123")]
    replies = [
        house.send(DECISIONS_PATH, ASK, more=more),
        house.send(DECISIONS_PATH, b"", more=more),
        house.send(DECISIONS_PATH, ASK, headers=more),
        house.send("/runtime/v1/nothing", ASK, more=more),
        house.send(DECISIONS_PATH, ASK, more=more, method="GET"),
    ]

    assert [reply.status for reply in replies] == [200, 400, 401, 404, 405]
    for reply in replies:
        assert reply.headers["x-correlation-id"] == "abc 123"
        assert {"x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"} <= reply.headers.keys()
        assert reply.headers["content-type"] == "application/json; charset=utf-8"
    assert replies[4].headers["allow"] == "POST"


def test_a_reply_in_one_piece_says_what_one_in_parts_says(house: House) -> None:
    house.add(halves())
    more = [(b"x-correlation-id", b"abc 123")]
    pieces: list[bytes] = []

    class OnePiece:
        def take_body(self, _: Scope) -> bytes:
            return json.dumps(ASK).encode()

        def reply(self, _: Scope, lines: bytes, body: bytes) -> bool:
            pieces.extend((lines, body))
            return True

    def send(headers: Any) -> None:
        scope = {"type": "http", "method": "POST", "path": DECISIONS_PATH, "client": None, "headers": headers}
        asyncio.run(house.app(scope | {"extensions": {WHOLE: OnePiece()}}, Exchange([]).receive, Exchange([]).send))

    said = house.headers()
    send([*said, *more])
    send(said)
    in_parts = house.send(DECISIONS_PATH, ASK, headers=[*said, *more])

    lines = dict(line.split(": ", 1) for line in pieces[0].decode().splitlines())
    assert lines | {"content-length": str(len(pieces[1]))} == in_parts.headers
    assert pieces[2] == pieces[0].removesuffix(b"x-correlation-id: abc 123\r\n")
    assert json.loads(pieces[1])["experiment"] == in_parts.json["experiment"]


@pytest.mark.parametrize("value", [b"x" * 65, b"a\x07b"])
def test_a_correlation_that_is_too_long_or_not_printable_does_not_come_back(house: House, value: bytes) -> None:
    reply = house.send(DECISIONS_PATH, ASK, more=[(b"x-correlation-id", value)])

    assert reply.status == 200
    assert "x-correlation-id" not in reply.headers


def test_above_the_limit_there_is_nothing(house: House) -> None:
    app = house.make_app(house.events, per_minute=2)

    replies = [house.send(DECISIONS_PATH, ASK, app=app) for _ in range(3)]

    assert [reply.status for reply in replies] == [200, 200, 429]
    assert replies[1].headers["x-ratelimit-remaining"] == "0"
    assert int(replies[2].headers["retry-after"]) > 0


@pytest.mark.parametrize("length", [str(BODY_BYTES_MAX + 1), "9" * 100, "-1", "x"])
def test_a_body_that_says_it_is_too_long_is_not_read(house: House, length: str) -> None:
    reply = house.send(EVENTS_PATH, b"{}", more=[(b"content-length", length.encode())])

    assert (reply.status, reply.json["errorCode"]) == (413, "payload_too_large")


def test_a_body_in_many_parts_is_read_up_to_its_limit(house: House) -> None:
    house.add(halves())

    def send(parts: list[bytes]) -> int:
        exchange = Exchange(parts)
        scope = {"type": "http", "method": "POST", "path": EVENTS_PATH, "client": None, "headers": house.headers()}
        asyncio.run(house.app(scope, exchange.receive, exchange.send))
        return exchange.reply.status

    assert send([b'{"ty', b'pe":', b'"s"}']) == 200
    assert send([b" " * BODY_BYTES_MAX, b"{}"]) == 413


def test_a_body_that_does_not_come_is_given_up() -> None:
    async def never() -> Message:
        await asyncio.Event().wait()
        raise AssertionError

    async def read() -> None:
        with pytest.raises(BodyTooSlowError):
            await Patience(0.01).receive(never)
        await asyncio.sleep(0)  # the task goes on as if it had never been cancelled

    asyncio.run(read())


def test_who_is_cancelled_by_others_is_cancelled() -> None:
    async def cancelled() -> Message:
        raise asyncio.CancelledError

    async def read() -> None:
        with pytest.raises(asyncio.CancelledError):
            await Patience().receive(cancelled)

    asyncio.run(read())


def test_who_hangs_up_gets_no_answer(house: House) -> None:
    exchange = Exchange([])

    async def gone() -> Message:
        return {"type": "http.disconnect"}

    scope = {"type": "http", "method": "POST", "path": EVENTS_PATH, "client": None, "headers": house.headers()}
    asyncio.run(house.app(scope, gone, exchange.send))

    assert exchange.sent == []


def test_what_breaks_inside_is_told_by_an_id_only(house: House) -> None:
    class BrokenEvents:
        def append(self, _: object) -> None:
            raise RuntimeError("secret")

    house.add(halves())
    reply = house.send(EVENTS_PATH, {"type": "s"}, app=house.make_app(BrokenEvents()))

    assert (reply.status, reply.json["errorCode"]) == (500, "internal_error")
    assert "secret" not in reply.json["message"]
    assert reply.headers["x-request-id"] in reply.json["message"]


def test_other_paths_are_somebody_else_s(house: House) -> None:
    reply = house.send("/api/v2/experimentation/experiments", b"")

    assert reply.body == b"elsewhere"
