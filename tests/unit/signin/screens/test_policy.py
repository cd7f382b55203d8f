"""What a browser may do with a page, and the files that pages refer to."""

from base64 import b64encode
from hashlib import sha256

import pytest

from signpost.signin.screens.assets import asset_path, find_asset
from signpost.signin.screens.policy import content_security_policy


def directives(policy: str) -> dict[str, str]:
    return dict(part.partition(" ")[::2] for part in policy.split("; "))


def test_a_page_may_nothing_but_what_it_needs() -> None:
    allowed = directives(content_security_policy())

    assert allowed["default-src"] == "'none'"
    assert allowed["script-src"] == "'self'"
    assert allowed["style-src"] == "'self'"
    assert allowed["form-action"] == "'self'"
    assert allowed["frame-ancestors"] == "'none'"
    assert allowed["base-uri"] == "'none'"
    assert "unsafe" not in content_security_policy()


def test_a_form_may_lead_on_to_where_the_client_is() -> None:
    uris = ["https://shop.example:8443/callback?x=1", "http://[::1]:3000/", "com.example.app:/done"]

    policy = content_security_policy(redirect_uris=uris)

    assert directives(policy)["form-action"] == "'self' https://shop.example:8443 http://[::1]:3000 com.example.app:"


@pytest.mark.parametrize(
    "uri",
    [
        "https://a.example; script-src *",
        "https://*/",
        "https://a b/",
        "https://user@host/",
        "javascript:alert(1)",
        "data:text/html,x",
        "//a.example",
        "https:///x",
        "http://[",
        "",
    ],
)
def test_no_redirect_uri_widens_the_policy(uri: str) -> None:
    assert content_security_policy(redirect_uris=[uri]) == content_security_policy()


def test_a_templates_style_is_let_in_by_its_hash() -> None:
    css = "body { color: teal }"

    policy = content_security_policy(f"<html><style>{css}</style>")

    digest = b64encode(sha256(css.encode()).digest()).decode()
    assert directives(policy)["style-src"] == f"'self' 'sha256-{digest}'"


@pytest.mark.parametrize("name", ["page.css", "passkeys.js"])
def test_an_asset_is_kept_for_good_by_its_hashed_name(name: str) -> None:
    hashed = find_asset(asset_path(name).removeprefix("/u/static/"))
    plain = find_asset(name)

    assert hashed is not None
    assert plain is not None
    assert hashed.content == plain.content
    assert "immutable" in hashed.cache_control
    assert plain.cache_control == "no-cache"


@pytest.mark.parametrize("name", ["", "../screen.py", "page.0000000000000000.css", "/etc/passwd"])
def test_there_is_no_other_asset(name: str) -> None:
    assert find_asset(name) is None
