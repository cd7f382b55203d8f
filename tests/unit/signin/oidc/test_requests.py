"""What may be asked at `/authorize`, and who is told when it may not."""

from typing import Any

import pytest

from signpost.model.accounts import AuthorizeRequest, ResponseMode
from signpost.model.clients import AppType, GrantType
from signpost.signin.oidc.provider import RequestRefusedError, RequestReturnedError
from signpost.usecases.call import Call
from signpost.usecases.clients import revoke_client
from tests.unit.signin.oidc.house import CALLBACK, CHALLENGE, House, fields_of


def test_a_request_is_read_whole(house: House) -> None:
    client, request = house.provider.read_request(
        house.state,
        house.parameters(
            response_mode="form_post",
            prompt="login select_account",
            max_age="60",
            login_hint=" ann@example.com ",
            screen_hint="signup",
            ui_locales="ja fr",
            acr_values="a b",
        ),
    )

    assert client == house.spa
    assert request == AuthorizeRequest(
        redirect_uri=CALLBACK,
        scopes=("openid", "profile", "email", "offline_access"),
        response_mode=ResponseMode.FORM_POST,
        state="a state",
        nonce="a nonce",
        code_challenge=CHALLENGE,
        prompt=("login", "select_account"),
        max_age_seconds=60,
        login_hint="ann@example.com",
        screen_hint="signup",
        ui_locales=("ja", "fr"),
        acr_values=("a", "b"),
    )


def test_a_request_needs_little(house: House) -> None:
    request = house.read(house.web, scope=None, state=None, nonce=None, code_challenge=None, code_challenge_method=None)

    assert request == AuthorizeRequest(redirect_uri=CALLBACK, scopes=())


def test_scopes_that_nobody_knows_are_passed_over(house: House) -> None:
    assert house.read(scope="email read:things openid address").scopes == ("openid", "email")


def test_who_may_not_refresh_is_not_granted_offline_access(house: House) -> None:
    client = house.add_client(AppType.SPA, grant_types=(GrantType.AUTHORIZATION_CODE,))

    assert house.read(client).scopes == ("openid", "profile", "email")


def test_what_is_not_known_may_be_there_twice(house: House) -> None:
    parameters = [*house.parameters(), ("ext-experiment", "a"), ("ext-experiment", "b"), ("screen_hint", "elsewhere")]

    _, request = house.provider.read_request(house.state, parameters)

    assert request.screen_hint is None


@pytest.mark.parametrize(
    "redirect_uri",
    [
        "",
        None,
        "https://evil.example/callback",
        f"{CALLBACK}/",
        f"{CALLBACK}/../callback",
        f"{CALLBACK}/%2e%2e/callback",
        f"{CALLBACK}?",
        f"{CALLBACK}?a=b",
        f"{CALLBACK}#",
        f"{CALLBACK}#fragment",
        f"{CALLBACK}.evil.example",
        CALLBACK[:-1],
        CALLBACK.upper(),
        "https://APP.example/callback",
        "https://app.example/Callback",
        "https://app.example:443/callback",
        "https://app.example.:443/callback",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://evil.example\\@app.example/callback",
        "http://app.example/callback",
        "//app.example/callback",
        f" {CALLBACK}",
        f"{CALLBACK} ",
        f"{CALLBACK}\r\nSet-Cookie: a=b",
        f"{CALLBACK}\x00",
        "https://app.example/c\u0430llback",
        "javascript:alert(1)//https://app.example/callback",
        "x" * 100_000,
    ],
)
def test_a_browser_is_sent_nowhere_but_where_the_client_lives(house: House, redirect_uri: str | None) -> None:
    with pytest.raises(RequestRefusedError, match="redirect_uri"):
        house.read(redirect_uri=redirect_uri)


def test_a_loopback_port_is_part_of_the_address(house: House) -> None:
    client = house.add_client(AppType.NATIVE, callbacks=("http://127.0.0.1:5000/callback",))

    assert house.read(client).redirect_uri == "http://127.0.0.1:5000/callback"
    with pytest.raises(RequestRefusedError):
        house.read(client, redirect_uri="http://127.0.0.1:5001/callback")


def test_another_clients_address_is_no_address(house: House) -> None:
    with pytest.raises(RequestRefusedError):
        house.read(redirect_uri=house.other_spa.callbacks[0])


def test_a_client_of_another_tenant_is_nobody(house: House) -> None:
    with pytest.raises(RequestRefusedError, match="client"):
        house.provider.read_request(house.other_state, house.parameters())


def test_a_revoked_client_is_nobody(house: House) -> None:
    revoke_client(Call(house.store, house.clock, house.ids, house.tenant.id, "tests"), house.spa.id)

    with pytest.raises(RequestRefusedError, match="client"):
        house.read()


@pytest.mark.parametrize("name", ["client_id", "redirect_uri", "state", "scope", "response_type", "code_challenge"])
def test_nothing_is_said_twice(house: House, name: str) -> None:
    parameters = house.parameters()

    with pytest.raises(RequestRefusedError, match=f"{name} is given twice"):
        house.provider.read_request(house.state, [*parameters, (name, dict(parameters)[name])])


def test_there_is_an_end_to_parameters(house: House) -> None:
    with pytest.raises(RequestRefusedError, match="50"):
        house.provider.read_request(house.state, [*house.parameters(), *[(f"p{n}", "") for n in range(50)]])


@pytest.mark.parametrize("state", ["a\r\nLocation: https://evil.example", "\x00", "é", "\u2028", "s" * 2_049])
def test_a_state_that_could_not_come_back_as_it_is_goes_nowhere(house: House, state: str) -> None:
    with pytest.raises(RequestRefusedError, match="state"):
        house.read(state=state)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"response_type": 'co"de'}, "invalid_request"),
        ({"response_type": "é"}, "invalid_request"),
        ({"response_mode": "fragment"}, "invalid_request"),
        ({"response_mode": "web_message"}, "invalid_request"),
        ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "c" * 42}, "invalid_request"),
        ({"code_challenge": "c" * 44}, "invalid_request"),
        ({"code_challenge": "=" * 43}, "invalid_request"),
        ({"code_challenge": "c" * 42 + "\n"}, "invalid_request"),
        ({"prompt": "none login"}, "invalid_request"),
        ({"prompt": "nothing"}, "invalid_request"),
        ({"max_age": "-1"}, "invalid_request"),
        ({"max_age": "soon"}, "invalid_request"),
        ({"max_age": "１"}, "invalid_request"),
        ({"max_age": "9" * 11}, "invalid_request"),
        ({"scope": "openid\nemail"}, "invalid_request"),
        ({"scope": "s" * 1_025}, "invalid_request"),
        ({"nonce": "n" * 513}, "invalid_request"),
        ({"login_hint": "l" * 256}, "invalid_request"),
        ({"ui_locales": "l" * 256}, "invalid_request"),
        ({"request": "e30.e30."}, "request_not_supported"),
        ({"request_uri": "https://evil.example/"}, "request_uri_not_supported"),
        ({"registration": "{}"}, "registration_not_supported"),
        ({"audience": "https://tenant-1.example/api/v2/"}, "access_denied"),
    ],
)
def test_the_client_is_told_what_is_wrong(house: House, changes: dict[str, Any], error: str) -> None:
    with pytest.raises(RequestReturnedError) as raised:
        house.read(**changes)

    answer = raised.value.answer
    assert answer.redirect_uri == CALLBACK
    fields = fields_of(answer)
    description = fields.pop("error_description")
    assert fields == {"error": error, "state": "a state", "iss": "https://tenant-1.example/"}
    assert set(description) <= set(map(chr, range(0x20, 0x7F))) - {'"', "\\"}


def test_an_error_goes_the_way_that_was_asked_for(house: House) -> None:
    with pytest.raises(RequestReturnedError) as raised:
        house.read(response_mode="form_post", prompt="none login")

    assert raised.value.answer.response_mode is ResponseMode.FORM_POST


def test_an_app_is_not_posted_to(house: House) -> None:
    with pytest.raises(RequestReturnedError):
        house.read(house.native, response_mode="form_post")


def test_a_client_may_do_only_what_it_is_registered_for(house: House) -> None:
    client, _ = house.add_confidential(grant_types=(GrantType.CLIENT_CREDENTIALS,))

    with pytest.raises(RequestReturnedError) as raised:
        house.read(client)

    assert fields_of(raised.value.answer)["error"] == "unauthorized_client"


@pytest.mark.parametrize("changes", [{"code_challenge_method": "plain"}, {"code_challenge_method": None}])
def test_who_has_a_secret_needs_no_pkce_but_no_plain_one_either(house: House, changes: dict[str, Any]) -> None:
    assert house.read(house.web, code_challenge=None, code_challenge_method=None).code_challenge is None
    assert house.read(house.web).code_challenge == CHALLENGE
    with pytest.raises(RequestReturnedError):
        house.read(house.web, **changes)
