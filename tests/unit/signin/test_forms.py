"""Forms: each is good in the browser that it was made for, for the sign-in that it was made for, and once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from signpost.ports.events import EXPOSURE_TYPE
from tests.unit.signin.house import EMAIL, PASSWORD, Browser, House

FORMS = {
    "identifier": {"identifier": EMAIL},
    "login": {"identifier": EMAIL, "password": PASSWORD},
    "password": {"password": PASSWORD},
    "passkey-signin": {"credential": "{}"},
    "signup": {"email": "new@example.com", "password": PASSWORD},
    "reset-request": {"email": EMAIL},
}
AFTER = ["mfa-enroll", "recovery-codes", "passkey-enroll", "mfa-challenge", "recovery-challenge"]


@pytest.mark.parametrize("screen", FORMS)
@pytest.mark.parametrize(
    "csrf", [None, "", "0" * 43, "é", "\x00"], ids=["none", "empty", "made up", "not ASCII", "NUL"]
)
def test_a_form_without_its_secret_does_nothing(house: House, browser: Browser, screen: str, csrf: str | None) -> None:
    browser.open()
    browser.post("identifier", identifier=EMAIL)
    before = house.journey(browser.state)
    seen = len(house.log())

    browser.post(screen, **FORMS[screen], csrf=csrf)

    assert browser.page is not None
    assert browser.page.status_code == 400
    assert browser.at == "password"
    assert house.journey(browser.state) == before
    assert len(house.log()) == seen
    assert house.send_mail() == []
    assert house.people.accounts.find_by_email("new@example.com") is None


@pytest.mark.parametrize("screen", AFTER)
def test_a_form_behind_the_password_needs_its_secret_too(house: House, browser: Browser, screen: str) -> None:
    browser.open()
    browser.sign_in()

    browser.post(screen, action="skip", code="123456", csrf="0" * 43)

    assert browser.page is not None
    assert browser.page.status_code == 400
    assert browser.at == "passkey-enroll"


@pytest.mark.parametrize("theirs", ["csrf", "state", "both"])
def test_a_form_of_another_browser_does_nothing(house: House, theirs: str) -> None:
    """With both of an attacker's it is login CSRF: the victim would sign in to the attacker's account."""
    attacker, victim = house.browser(), house.browser()
    for browser in (attacker, victim):
        browser.open()
        browser.post("identifier", identifier=EMAIL)
    stolen = {name: attacker.hidden[name] for name in ("state", "csrf") if theirs in {name, "both"}}

    victim.post("password", **stolen, password=PASSWORD)

    assert victim.page is not None
    assert victim.page.status_code == 400
    assert "signpost_session" not in victim.http.cookies
    assert "s" not in house.types()


def test_a_form_of_another_sign_in_of_the_same_browser_does_nothing(browser: Browser) -> None:
    browser.open()
    of_the_first = browser.hidden["csrf"]
    browser.open()

    browser.post("identifier", identifier=EMAIL, csrf=of_the_first)

    assert browser.at == "identifier"
    assert browser.page is not None
    assert browser.page.status_code == 400


@pytest.mark.parametrize("path", ["/u/password?state={}", "/u/context?state={}", "/u/identifier?state={}"])
def test_a_page_of_another_browser_is_not_shown(house: House, path: str) -> None:
    attacker, victim = house.browser(), house.browser()
    victim.open()
    attacker.open()

    reply = attacker.http.get(path.format(victim.state))

    assert reply.status_code == 400
    assert victim.hidden["csrf"] not in reply.text


def test_a_sign_in_of_one_tenant_is_unknown_at_another(house: House) -> None:
    browser = house.browser()
    browser.open()
    state = browser.state

    reply = browser.http.get(f"/u/identifier?state={state}", headers={"host": house.other_tenant.domain})

    assert reply.status_code == 400
    assert state not in reply.text


def test_a_session_of_one_tenant_is_unknown_at_another(house: House, browser: Browser) -> None:
    browser.open()
    browser.sign_in()
    browser.skip_all()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())

    reply = house.browser(house.other_tenant.domain).http.get(
        "/authorize",
        params=browser.parameters(house.other_client, prompt="none"),
        headers={"cookie": cookies},
    )

    assert "error=login_required" in reply.headers["location"]


def test_a_ticket_of_one_tenant_is_unknown_at_another(house: House, browser: Browser) -> None:
    browser.open()
    browser.post("reset-request", email=EMAIL)
    path = house.send_mail()[0].links[0].partition(house.tenant.domain)[2]

    here = browser.http.get(path)
    there = browser.http.get(path, headers={"host": house.other_tenant.domain})

    assert here.status_code == 200
    assert there.status_code == 400


def test_a_client_of_one_tenant_is_unknown_at_another(house: House, browser: Browser) -> None:
    browser.open(house.other_client)

    assert browser.at == "message"


def test_a_sign_in_ends_with_its_client(house: House, browser: Browser) -> None:
    browser.open()
    browser.post("identifier", identifier=EMAIL)
    house.change_client(revoked_at=house.clock.now())

    browser.post("password", password=PASSWORD)

    assert browser.at == "message"
    assert "s" not in house.types()


def test_a_sign_in_that_is_over_is_not_gone_through_again(house: House, browser: Browser) -> None:
    browser.open()
    browser.sign_in()
    form = dict(browser.hidden)
    browser.skip_all()

    for screen in ("passkey-enroll", "password", "identifier"):
        reply = browser.send(screen, {**form, "action": "skip", "password": PASSWORD, "identifier": EMAIL})
        assert reply.status_code == 400
        assert browser.http.get(f"/u/{screen}?state={form['state']}").status_code == 400

    assert house.types().count("s") == 1


def test_the_back_button_leads_to_where_a_sign_in_is(browser: Browser) -> None:
    browser.open()
    browser.sign_in()

    browser.get(f"/u/password?state={browser.state}")
    assert browser.at == "passkey-enroll"

    browser.post("password", password=PASSWORD)

    assert browser.at == "passkey-enroll"


def test_before_a_proof_the_back_button_leads_back(browser: Browser) -> None:
    browser.open()
    browser.post("identifier", identifier="wrong@example.com")

    browser.get(f"/u/identifier?state={browser.state}")

    assert browser.at == "identifier"
    browser.sign_in()
    assert browser.at == "passkey-enroll"


def test_two_tabs_are_two_sign_ins(house: House, browser: Browser) -> None:
    browser.open()
    first = dict(browser.hidden)
    browser.open()
    browser.sign_in()
    browser.skip_all()

    browser.hidden = first
    browser.sign_in()

    browser.skip_all()
    assert browser.answer["code"]
    assert house.types().count("s") == 2


def _at_once(times: int, work: Callable[[], int]) -> list[int]:
    with ThreadPoolExecutor(times) as pool:
        return sorted(task.result() for task in [pool.submit(work) for _ in range(times)])


def test_a_form_that_is_sent_twice_at_once_makes_one_session_and_one_code(house: House, browser: Browser) -> None:
    browser.open()
    browser.sign_in()
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())

    def send() -> int:
        http = house.browser().http
        return http.post(
            "/u/passkey-enroll", data={**browser.hidden, "action": "skip"}, headers={"cookie": cookies}
        ).status_code

    statuses = _at_once(6, send)

    assert statuses == [303] + [400] * 5
    assert house.types().count("s") == 1


def test_a_sign_up_that_is_sent_twice_at_once_makes_one_account(house: House, browser: Browser) -> None:
    browser.open(screen_hint="signup")
    cookies = "; ".join(f"{name}={value}" for name, value in browser.http.cookies.items())

    def send() -> int:
        fields = {**browser.hidden, "email": "new@example.com", "password": PASSWORD}
        return house.browser().http.post("/u/signup", data=fields, headers={"cookie": cookies}).status_code

    statuses = _at_once(4, send)

    assert set(statuses) <= {303, 400}
    assert house.types().count("ss") == 1
    assert len(house.send_mail()) == 1


def test_an_exposure_is_kept_once_in_a_sign_in(house: House, browser: Browser) -> None:
    house.run_experiment(flow="all")
    browser.open()
    for screen in ("identifier", "signup", "reset-request", "login", "identifier"):
        browser.get(f"/u/{screen}?state={browser.state}")
    browser.sign_in()
    browser.skip_all()

    assert house.types().count(EXPOSURE_TYPE) == 1
