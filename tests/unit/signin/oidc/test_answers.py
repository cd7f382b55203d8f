"""How a browser is sent back to a client."""

from html.parser import HTMLParser

import pytest

from signpost.model.accounts import AuthorizeRequest, ResponseMode
from signpost.signin.oidc.provider import Answer, answer_to, render_answer
from signpost.signin.screens.assets import find_asset
from signpost.testing.builders import a_tenant
from tests.unit.signin.oidc.house import CALLBACK, House, fields_of, query_of

NASTY = 'a&b=c"><script>alert(1)</script>\r\nSet-Cookie: a=b#%'


class _Form(HTMLParser):
    """Reads the form of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.action: str | None = None
        self.fields: dict[str, str | None] = {}
        self.scripts: list[str | None] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "form":
            self.action = given["action"]
        if tag == "input":
            self.fields[given["name"] or ""] = given["value"]
        if tag == "script":
            self.scripts.append(given.get("src"))


def test_an_answer_has_the_state_and_the_issuer(house: House) -> None:
    answer = answer_to(house.tenant, house.read(), code="c")

    assert fields_of(answer) == {"code": "c", "state": "a state", "iss": "https://tenant-1.example/"}


def test_without_a_state_none_is_made_up() -> None:
    answer = answer_to(a_tenant(), AuthorizeRequest(CALLBACK, ()), error="access_denied")

    assert fields_of(answer) == {"error": "access_denied", "iss": "https://tenant-1.example/"}


@pytest.mark.parametrize(
    ("redirect_uri", "beginning"),
    [
        (CALLBACK, f"{CALLBACK}?code=c"),
        (f"{CALLBACK}?", f"{CALLBACK}?code=c"),
        (f"{CALLBACK}?a=b", f"{CALLBACK}?a=b&code=c"),
        (f"{CALLBACK}?a=b&", f"{CALLBACK}?a=b&code=c"),
        ("com.example.app:/callback", "com.example.app:/callback?code=c"),
    ],
)
def test_the_query_comes_after_what_is_there(redirect_uri: str, beginning: str) -> None:
    answer = Answer(redirect_uri, ResponseMode.QUERY, (("code", "c"), ("state", NASTY)))

    response = render_answer(answer)

    location = response.headers["location"]
    assert response.status_code == 303
    assert location.startswith(f"{beginning}&state=")
    assert query_of(location)["state"] == NASTY
    assert not set(location) & set('\r\n "<>#')
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_a_form_posts_itself_and_has_a_button_for_those_without_scripts() -> None:
    redirect_uri = "https://app.example/callback?a=b&c=d"

    response = render_answer(Answer(redirect_uri, ResponseMode.FORM_POST, (("code", "c"), ("state", NASTY))), "fr")

    page = bytes(response.body).decode()
    form = _Form(page)
    assert response.status_code == 200
    assert form.action == redirect_uri
    assert form.fields == {"code": "c", "state": NASTY}
    assert len(form.scripts) == 1
    assert form.scripts[0] is not None
    assert find_asset(form.scripts[0].removeprefix("/u/static/")) is not None
    assert '<button class="primary" type="submit">Continuer</button>' in page
    policy = response.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "form-action 'self' https://app.example;" in policy
    assert "unsafe" not in policy
    assert response.headers["cache-control"] == "no-store"
    assert response.headers["referrer-policy"] == "no-referrer"


def test_refusing_is_an_answer(house: House) -> None:
    answer = house.provider.refuse(house.state, house.read(), "login_required", "Nobody is signed in.")

    assert fields_of(answer)["error"] == "login_required"
