"""The ways through a sign-in, by which the attacks on them are measured."""

from tests.unit.signin.house import EMAIL, PASSWORD, Browser, House


def test_somebody_signs_in_with_a_password(house: House, browser: Browser) -> None:
    browser.open()

    browser.sign_in()

    assert browser.at == "passkey-enroll"
    browser.skip_all()
    assert browser.answer["code"]
    assert house.types()[-1] == "s"


def test_somebody_signs_up(house: House, browser: Browser) -> None:
    browser.open(screen_hint="signup")

    browser.post(email="new@example.com", password=PASSWORD)

    browser.skip_all()
    assert browser.answer["code"]
    assert [mail.to for mail in house.send_mail()] == ["new@example.com"]
    assert house.people.accounts.find_by_email(EMAIL) is not None
