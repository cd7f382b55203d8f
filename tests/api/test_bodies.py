"""What a body may be, whatever it asks for."""

from typing import Any

import pytest

from tests.api.house import House, problem

FLAGS = "/feature-flags"
PARAMETER = '{"type":"number","value":1}'
FLAG = f'{{"name":"A flag","parameters":{{"p":{PARAMETER}}}}}'


def _send(house: House, content: bytes | str, type: str = "application/json", path: str = FLAGS) -> Any:
    return house.owner.send("POST", path, content=content, headers={"content-type": type})


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"  \n",
        b"null",
        b"[]",
        b'"text"',
        b"1",
        b"{",
        b"{}{}",
        b"{'name': 'A flag'}",
        b'{"name": NaN}',
        b'{"name": Infinity}',
        b'{"name": "\\ud800 alone"}',
        b'{"name": "a\\u0000b"}',
        b'{"a\\u0000b": "name"}',
        b'{"name": "\xff\xfe"}',
        b"\xef\xbb\xbf{}",
        b'{"name":"A flag","parameters":{"p":{"type":"number","value":1e999}}}',
        b'{"name":"A flag","parameters":{"p":{"type":"number","value":' + b"9" * 5_000 + b"}}}",
        b'{"name":"A flag","parameters":{"p":{"type":"array","value":[' + b"[" * 64 + b"]" * 64 + b"]}}}",
        b'{"a":' * 100_000,
        b"[" * 500_000,
    ],
)
def test_what_is_no_json_object_is_refused(house: House, content: bytes) -> None:
    reply = _send(house, content)

    assert problem(reply) == (400, "invalid_body")
    assert reply.json()["message"].startswith("Payload validation error:")


def test_nesting_is_limited(house: House) -> None:
    def nested(levels: int) -> str:
        value = "[" * levels + "]" * levels
        return f'{{"name":"Depth {levels}","parameters":{{"p":{{"type":"array","value":{value}}}}}}}'

    assert _send(house, nested(61)).status_code == 201
    assert problem(_send(house, nested(62))) == (400, "invalid_body")


@pytest.mark.parametrize("number", ["0", "-0.5", "1e5", "12345678901234567890123", "1E-7", "9" * 400])
def test_numbers_come_back_as_they_were(house: House, number: str) -> None:
    reply = _send(house, FLAG.replace('"value":1', f'"value":{number}'))

    assert reply.status_code == 201
    value = reply.json()["parameters"]["p"]["value"]
    assert value == (float(number) if "." in number or "e" in number.lower() else int(number))


@pytest.mark.parametrize(
    "text", ["é", "日本語", "🙂", "\u2028", "a\nb", 'quote " and \\', "</script>", "\x7f", "\u0085x\u0085"]
)
def test_texts_come_back_as_they_were(house: House, text: str) -> None:
    parameters = {text: {"type": "string", "value": text, "description": text}}

    made = house.owner.made(FLAGS, {"name": "A flag", "parameters": parameters})

    assert made["parameters"] == parameters


@pytest.mark.parametrize(
    "type",
    [
        "application/json",
        "application/json; charset=utf-8",
        "text/plain",
        "",
        "application/x-www-form-urlencoded",
        "application/vnd.x+json",
    ],
)
def test_json_is_json_whatever_its_content_type_says(house: House, type: str) -> None:
    assert _send(house, " \n" + FLAG, type).status_code == 201


def test_the_status_endpoint_takes_a_form(house: House) -> None:
    experiment = house.owner.experiment(house.owner.flag(), levels=[10, 25])
    path = f"/experiments/{experiment['id']}"

    started = house.owner.send("POST", f"{path}/status", data={"status": "active"})
    advanced = house.owner.send("POST", f"{path}/advance-ramp", data={"target_level": "25"})
    renamed = house.owner.send("PATCH", path, data={"name": "A name of a form"})

    assert (started.status_code, started.json()["status"]) == (200, "active")
    assert (advanced.status_code, advanced.json()["current_level"]) == (200, 25)
    assert (renamed.status_code, renamed.json()["name"]) == (200, "A name of a form")


@pytest.mark.parametrize(
    "form",
    [
        "",
        "status",
        "status=",
        "status=started",
        "status=active&status=active",
        "status=active&force=true",
        "=active",
        "status=act%00ive",
        "status=%FF",
        "&".join(f"a{number}=1" for number in range(200)),
    ],
)
def test_other_forms_are_refused(house: House, form: str) -> None:
    experiment = house.owner.experiment(house.owner.flag())
    path = f"/experiments/{experiment['id']}/status"

    reply = _send(house, form, "application/x-www-form-urlencoded", path)

    assert problem(reply) == (400, "invalid_body")


@pytest.mark.parametrize("level", ["", "abc", "25.5", "025", "25 25", "[25]", "true"])
def test_a_level_in_a_form_is_an_integer(house: House, level: str) -> None:
    experiment = house.owner.experiment(house.owner.flag(), levels=[10, 25])
    house.owner.move(experiment["id"], "active")

    reply = house.owner.send("POST", f"/experiments/{experiment['id']}/advance-ramp", data={"target_level": level})

    assert problem(reply) == (400, "invalid_body")
    assert "target_level" in reply.json()["message"]


def test_a_message_says_what_is_wrong_and_where(house: House) -> None:
    def told(body: Any) -> str:
        reply = house.owner.post(FLAGS, body)
        assert problem(reply) == (400, "invalid_body")
        return str(reply.json()["message"])

    parameters = {"p": {"type": "number", "value": 1}}

    assert told({"name": " x y", "parameters": parameters}) == (
        "Payload validation error: 'String does not match pattern' on property name."
    )
    assert told({"parameters": parameters}) == (
        "Payload validation error: 'Missing required property' on property name."
    )
    assert told({"name": 1, "parameters": parameters}) == (
        "Payload validation error: 'Expected type string' on property name."
    )
    assert told({"name": "A flag", "parameters": {"p": {"type": "int", "value": 1}}}) == (
        "Payload validation error: 'No enum match, expected 'string', 'boolean', 'number', 'array' or 'object''"
        " on property parameters.p.type."
    )
    assert told({"name": "A flag", "parameters": parameters, "tags": []}) == (
        "Payload validation error: 'Additional properties not allowed' on property tags."
    )


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/feature-flags", {"name": "A flag", "parameters": {"p": {"type": "number", "value": 1}}}),
        ("/segments", {"name": "A segment", "rules": [{"match": {"browser": ["Safari"]}}]}),
    ],
)
def test_no_field_of_a_body_can_be_of_another_type_or_missing_or_unknown(
    house: House, path: str, body: dict[str, Any]
) -> None:
    bodies: list[Any] = [{k: v for k, v in body.items() if k != field} for field in body]
    wrong: list[Any] = [None, 1, True, [], ""]
    bodies += [body | {field: value} for field in body for value in wrong]
    bodies += [body | {field: "x"} for field in ("id", "status", "type", "created_at", "unknown")]

    replies = [house.owner.post(path, body) for body in bodies]

    assert [problem(reply) for reply in replies] == [(400, "invalid_body")] * len(bodies)


@pytest.mark.parametrize("path", ["flag", "variation", "segment", "experiment"])
def test_a_patch_says_something(house: House, path: str) -> None:
    flag = house.owner.flag()
    paths = {
        "flag": flag.path,
        "variation": f"{flag.path}/variations/{flag.base}",
        "segment": f"/segments/{house.owner.segment()}",
        "experiment": f"/experiments/{house.owner.experiment(flag)['id']}",
    }

    for body in ({}, {"nothing": 1}, {"name": None}, {"status": None}, {"status": "running"}):
        assert problem(house.owner.patch(paths[path], body)) == (400, "invalid_body")


def test_a_body_may_have_1_mb(house: House) -> None:
    def padded(size: int) -> str:
        return FLAG + " " * (size - len(FLAG))

    assert _send(house, padded(1024 * 1024)).status_code == 201
    reply = _send(house, padded(1024 * 1024 + 1))
    assert problem(reply) == (413, "payload_too_large")
