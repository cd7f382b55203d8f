"""Codes and refresh tokens become tokens, once, for the client that they were made for, and for nobody else."""

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from typing import Any

import jwt
import pytest

from signpost.edge.grants import GrantError
from signpost.model.clients import AppType, GrantType
from signpost.usecases.call import Call
from signpost.usecases.clients import revoke_client
from tests.unit.signin.oidc.house import ALL, CALLBACK, GUESSES, VERIFIER, House


def read(token: object) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(str(token), options={"verify_signature": False})
    return claims


def refused(ask: Any, *args: Any, **kwargs: Any) -> tuple[int, str]:
    """Return how the token endpoint refuses."""
    with pytest.raises(GrantError) as raised:
        ask(*args, **kwargs)
    return raised.value.status, raised.value.error


def test_a_code_gives_three_tokens(house: House) -> None:
    claims = {"https://app.example/arm": "bold"}

    reply = house.exchange(house.sign_in(claims=claims))

    assert set(reply) == {"access_token", "token_type", "expires_in", "scope", "refresh_token", "id_token"}
    assert (reply["token_type"], reply["expires_in"], reply["scope"]) == ("Bearer", 7_200, ALL)
    id_token, access_token = read(reply["id_token"]), read(reply["access_token"])
    assert id_token.pop("exp") - id_token.pop("iat") == 36_000
    assert id_token.pop("at_hash")
    assert id_token == {
        "iss": "https://tenant-1.example/",
        "sub": house.account.id,
        "aud": house.spa.id,
        "auth_time": int(house.session.authenticated_at.timestamp()),
        "nonce": "a nonce",
        "amr": ["pwd", "otp"],
        "sid": house.session.id,
        "name": house.account.name,
        "updated_at": int(house.account.updated_at.timestamp()),
        "email": house.account.email,
        "email_verified": house.account.email_verified,
        **claims,
    }
    assert access_token.pop("exp") - access_token.pop("iat") == 7_200
    assert access_token.pop("grant_id")
    assert access_token.pop("jti")
    assert access_token == {
        "iss": "https://tenant-1.example/",
        "sub": house.account.id,
        "aud": ["https://tenant-1.example/userinfo"],
        "scope": ALL,
        "azp": house.spa.id,
        "client_id": house.spa.id,
        **claims,
    }


def test_tokens_are_signed_with_the_newest_key(house: House) -> None:
    before = house.exchange(house.sign_in())
    house.keys.rotate(house.tenant.id)

    after = house.exchange(house.sign_in())

    newest = house.keys.signing_key(house.tenant.id)
    keys = house.keys.verifying_keys(house.tenant.id)
    for reply, is_newest in ((before, False), (after, True)):
        for name in ("id_token", "access_token"):
            header = jwt.get_unverified_header(reply[name])
            assert header["alg"] == "RS256"
            assert (header["kid"] == newest.id) is is_newest
            options: Any = {"verify_aud": False, "verify_exp": False}
            jwt.decode(reply[name], keys[header["kid"]].public, algorithms=["RS256"], options=options)


def test_a_claim_of_an_action_takes_no_claim_of_ours_place(house: House) -> None:
    ours = {
        "iss": "x",
        "sub": "x",
        "aud": "x",
        "exp": 1,
        "iat": 1,
        "scope": "x",
        "email": "x",
        "sid": "x",
        "nonce": "x",
    }

    reply = house.exchange(house.sign_in(claims=ours))

    id_token, access_token = read(reply["id_token"]), read(reply["access_token"])
    assert [name for name in ours if id_token[name] == ours[name]] == ["scope"]  # which no ID token has
    assert [name for name in ours if access_token[name] == ours[name]] == ["email", "sid", "nonce"]


def test_scopes_decide_what_is_told(house: House) -> None:
    bare = house.exchange(house.sign_in(scope="openid"))
    none = house.exchange(house.sign_in(scope=None))

    assert "refresh_token" not in bare
    assert {"email", "name"} & set(read(bare["id_token"])) == set()
    assert set(none) == {"access_token", "token_type", "expires_in", "scope"}
    assert none["scope"] == ""


def test_a_code_is_used_once_and_its_replay_ends_what_it_gave(house: House) -> None:
    code = house.sign_in()
    first = house.exchange(code)

    assert refused(house.exchange, code) == (400, "invalid_grant")
    assert refused(house.refresh, first["refresh_token"]) == (400, "invalid_grant")
    grant_id = read(first["access_token"])["grant_id"]
    assert house.accounts.of(house.tenant.id).grants.get(grant_id) is None


def test_of_two_who_use_a_code_at_once_one_gets_tokens(house: House) -> None:
    code = house.sign_in()
    barrier = Barrier(2)

    def use(_: int) -> str:
        barrier.wait(10)
        try:
            return str(house.exchange(code)["token_type"])
        except GrantError as error:
            return error.error

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, range(2))) == ["Bearer", "invalid_grant"]


def test_another_client_can_neither_use_a_code_nor_spoil_it(house: House) -> None:
    code = house.sign_in()

    assert refused(house.exchange, code, house.other_spa, redirect_uri=CALLBACK) == (400, "invalid_grant")
    assert refused(house.exchange, code, house.web, client_secret=house.secret) == (400, "invalid_grant")
    assert house.exchange(code)


def test_another_client_can_not_end_what_a_code_gave(house: House) -> None:
    code = house.sign_in()
    first = house.exchange(code)

    assert refused(house.exchange, code, house.other_spa) == (400, "invalid_grant")
    assert house.refresh(first["refresh_token"])


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code": None}, "invalid_request"),
        ({"code": "wrong"}, "invalid_grant"),
        ({"code": "\ud800"}, "invalid_grant"),
        ({"code": "c" * 5_000}, "invalid_request"),
        ({"code": ["x"]}, "invalid_request"),
        ({"redirect_uri": None}, "invalid_grant"),
        ({"redirect_uri": f"{CALLBACK}/"}, "invalid_grant"),
        ({"redirect_uri": CALLBACK.upper()}, "invalid_grant"),
        ({"redirect_uri": f"{CALLBACK}?tenant=1"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"code_verifier": ""}, "invalid_request"),
        ({"code_verifier": "w" * 43}, "invalid_grant"),
        ({"code_verifier": "v" * 42}, "invalid_request"),
        ({"code_verifier": VERIFIER + "\n"}, "invalid_grant"),
        ({"code_verifier": "é" * 43}, "invalid_request"),
        ({"client_id": None}, "invalid_client"),
        ({"client_id": "cli_nobody"}, "invalid_client"),
        ({"client_id": 5}, "invalid_request"),
        ({"client_secret": "any"}, "invalid_client"),
    ],
)
def test_what_does_not_fit_gets_nothing_and_the_code_stays_good(
    house: House, changes: dict[str, Any], error: str
) -> None:
    code = house.sign_in()

    assert refused(house.exchange, **({"code": code} | changes))[1] == error
    assert house.exchange(code)


def test_the_challenge_itself_is_no_verifier(house: House) -> None:
    code = house.sign_in()

    challenge = dict(house.parameters())["code_challenge"]
    assert refused(house.exchange, code, code_verifier=challenge) == (400, "invalid_grant")


def test_pkce_can_not_be_taken_away_or_added_on_the_way(house: House) -> None:
    """RFC 9700, section 4.8: a verifier without a challenge is an attack, and so is a challenge without a verifier."""
    plain = house.sign_in(house.web, code_challenge=None, code_challenge_method=None)
    guarded = house.sign_in(house.web)
    proof = {"client_secret": house.secret}

    assert refused(house.exchange, plain, house.web, **proof) == (400, "invalid_request")
    assert refused(house.exchange, guarded, house.web, code_verifier=None, **proof) == (400, "invalid_request")
    assert house.exchange(plain, house.web, code_verifier=None, **proof)


def test_a_code_does_not_live_long(house: House) -> None:
    code = house.sign_in()
    house.clock.advance(timedelta(seconds=61))

    assert refused(house.exchange, code) == (400, "invalid_grant")


def test_a_code_of_one_tenant_is_nothing_at_another(house: House) -> None:
    client = house.add_client(AppType.SPA, house.other_tenant)

    code = house.sign_in()

    assert refused(house.exchange, code, client, state=house.other_state) == (400, "invalid_grant")
    assert refused(house.exchange, code, state=house.other_state) == (401, "invalid_client")


def test_a_client_that_has_a_secret_shows_it_either_way(house: House) -> None:
    pair = base64.b64encode(f"{house.web.id}:{house.secret}".encode()).decode()

    assert house.exchange(house.sign_in(house.web), house.web, client_secret=house.secret)
    assert house.exchange(house.sign_in(house.web), house.web, client_id=None, basic=f"Basic {pair}")
    code = house.sign_in(house.web)
    assert refused(house.exchange, code, house.web) == (401, "invalid_client")
    assert refused(house.exchange, code, house.web, client_secret="wrong") == (401, "invalid_client")
    assert refused(house.exchange, code, house.web, client_secret="x", basic=f"Basic {pair}")[1] == "invalid_request"


def test_who_guesses_secrets_has_to_wait(house: House) -> None:
    code = house.sign_in(house.web)
    for _ in range(GUESSES):
        assert refused(house.exchange, code, house.web, client_secret="wrong") == (401, "invalid_client")

    assert refused(house.exchange, code, house.web, client_secret=house.secret) == (429, "temporarily_unavailable")
    assert house.exchange(code, house.web, client_secret=house.secret, peer="192.0.2.2")


def test_a_revoked_client_gets_nothing(house: House) -> None:
    code, web_code = house.sign_in(), house.sign_in(house.web)
    for client in (house.spa, house.web):
        revoke_client(Call(house.store, house.clock, house.ids, house.tenant.id, "tests"), client.id)

    assert refused(house.exchange, code) == (401, "invalid_client")
    assert refused(house.exchange, web_code, house.web, client_secret=house.secret) == (401, "invalid_client")


@pytest.mark.parametrize("how", ["blocked", "removed"])
def test_who_is_gone_gets_nothing(house: House, how: str) -> None:
    code, refresh_token = house.sign_in(), house.exchange(house.sign_in())["refresh_token"]
    if how == "blocked":
        house.change_account(blocked=True)
    else:
        house.accounts.of(house.tenant.id).accounts.remove(house.account.id)

    assert refused(house.exchange, code) == (400, "invalid_grant")
    assert refused(house.refresh, refresh_token) == (400, "invalid_grant")


def test_a_refresh_token_gives_the_next(house: House) -> None:
    first = house.exchange(house.sign_in(claims={"https://app.example/arm": "bold"}))
    house.change_account(name="Ann")

    second = house.refresh(first["refresh_token"])
    third = house.refresh(second["refresh_token"])

    assert len({reply["refresh_token"] for reply in (first, second, third)}) == 3
    claims = read(third["id_token"])
    assert "nonce" not in claims  # OpenID Connect Core 1.0, section 12.2
    assert claims["auth_time"] == int(house.session.authenticated_at.timestamp())
    assert (claims["sub"], claims["sid"], claims["amr"]) == (house.account.id, house.session.id, ["pwd", "otp"])
    assert claims["https://app.example/arm"] == "bold"
    assert claims["name"] == "Ann"


def test_a_refresh_token_that_comes_back_ends_them_all(house: House) -> None:
    first = house.exchange(house.sign_in())
    second = house.refresh(first["refresh_token"])

    assert refused(house.refresh, first["refresh_token"]) == (400, "invalid_grant")
    assert refused(house.refresh, second["refresh_token"]) == (400, "invalid_grant")


def test_of_two_who_use_a_refresh_token_at_once_one_gets_tokens(house: House) -> None:
    token = house.exchange(house.sign_in())["refresh_token"]
    barrier = Barrier(2)

    def use(_: int) -> str:
        barrier.wait(10)
        try:
            return str(house.refresh(token)["token_type"])
        except GrantError as error:
            return error.error

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(use, range(2))) == ["Bearer", "invalid_grant"]


def test_another_client_can_neither_use_a_refresh_token_nor_spoil_it(house: House) -> None:
    first = house.exchange(house.sign_in())

    assert refused(house.refresh, first["refresh_token"], house.other_spa) == (400, "invalid_grant")
    second = house.refresh(first["refresh_token"])
    assert refused(house.refresh, first["refresh_token"], house.other_spa) == (400, "invalid_grant")
    assert house.refresh(second["refresh_token"])


def test_a_refresh_may_have_less_and_the_next_one_all_again(house: House) -> None:
    first = house.exchange(house.sign_in(scope="openid email offline_access"))

    narrow = house.refresh(first["refresh_token"], scope="email read:things")
    whole = house.refresh(narrow["refresh_token"])

    assert narrow["scope"] == "email"
    assert "id_token" not in narrow
    assert whole["scope"] == "openid email offline_access"
    assert refused(house.refresh, whole["refresh_token"], scope="profile") == (400, "invalid_scope")
    assert refused(house.refresh, whole["refresh_token"], scope="read:things") == (400, "invalid_scope")


def test_refresh_tokens_end(house: House) -> None:
    idle = house.exchange(house.sign_in())["refresh_token"]
    house.clock.advance(timedelta(days=15))
    assert refused(house.refresh, idle) == (400, "invalid_grant")

    token = house.exchange(house.sign_in())["refresh_token"]
    for _ in range(2):
        house.clock.advance(timedelta(days=14))
        token = house.refresh(token)["refresh_token"]
    house.clock.advance(timedelta(days=3))
    assert refused(house.refresh, token) == (400, "invalid_grant")


def test_a_client_that_may_not_refresh_any_more_does_not(house: House) -> None:
    client, secret = house.add_confidential(grant_types=(GrantType.AUTHORIZATION_CODE,))
    token = house.exchange(house.sign_in())["refresh_token"]

    assert refused(house.refresh, token, client, client_secret=secret) == (400, "unauthorized_client")
    assert refused(house.refresh, None) == (400, "invalid_request")
    assert refused(house.ask, grant_type="password", client_id=house.spa.id) == (400, "unsupported_grant_type")
