"""The flag and the segments of the server: what an experiment on them shows, to whom, and over what."""

import pytest

from signpost.model.experiments import Allocation, DefaultConfig, Strategy
from signpost.model.hosted_pages import SEGMENTS
from tests.unit.signin.house import Browser, House

PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148"
DESK = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0 Safari/537.36"


def target(house: House, segment_name: str) -> None:
    """Show the treatment, `Seen`, to a segment, and the pages as they are to all others."""
    with house.store.reading(house.tenant.id) as workspace:
        segment = next(each for each in workspace.segments.all() if each.name == segment_name)
        flag = next(each for each in workspace.flags.all() if each.type == "auth0")
        control, treatment = [each.id for each in workspace.variations.all() if each.flag_id == flag.id][:2]
    house.run_experiment(
        overrides={"social_proof": "Seen"},
        strategy=Strategy.SEGMENT,
        slot_ranges=(),
        allocations=(
            Allocation(treatment, is_control=False, segment_id=segment.id, priority=1),
            Allocation(control, is_control=True, is_fallback=True),
        ),
    )


def open_with(house: House, user_agent: str) -> Browser:
    browser = house.browser()
    browser.http.headers["user-agent"] = user_agent
    browser.open()
    return browser


@pytest.mark.parametrize(("segment", "seen"), [("Mobile", PHONE), ("Desktop", DESK)])
def test_a_segment_of_the_server_knows_kinds_of_devices(house: House, segment: str, seen: str) -> None:
    target(house, segment)

    shown = {agent: "Seen" in open_with(house, agent).text for agent in (PHONE, DESK)}

    assert shown == {PHONE: seen == PHONE, DESK: seen == DESK}


def test_a_device_returns_when_somebody_has_signed_in_with_it(house: House, browser: Browser) -> None:
    target(house, "Returning device")

    browser.open()
    first = "Seen" in browser.text
    browser.open()  # the same browser, which has its device's cookie by now
    second = "Seen" in browser.text
    browser.sign_in()
    browser.skip_all()
    browser.open(prompt="login")
    third = "Seen" in browser.text

    assert (first, second, third) == (False, False, True)


def test_every_segment_of_the_server_is_there_once(house: House) -> None:
    house.add_client(name="Another")

    with house.store.reading(house.tenant.id) as workspace:
        names = [segment.name for segment in workspace.segments.all()]

    assert sorted(names) == sorted(segment.name for segment in SEGMENTS)


@pytest.mark.parametrize(
    ("default_config", "proof"), [(DefaultConfig.TENANT, True), (DefaultConfig.FLAG, False), (None, True)]
)
def test_what_a_variation_leaves_alone_is_the_tenants_or_the_flags(
    house: House, default_config: DefaultConfig | None, proof: bool
) -> None:
    house.show(social_proof="Ours", layout="combined")
    house.run_experiment(overrides={"primary_button": "Come in"}, default_config=default_config)
    pages = [open_with(house, DESK) for _ in range(20)]

    assert {"Come in" in browser.html for browser in pages} == {True, False}
    assert {"Ours" in browser.text for browser in pages} == {proof}
    assert {browser.at for browser in pages} == {"login" if proof else "identifier"}


def test_a_template_is_told_what_the_experiment_says(house: House) -> None:
    template = (
        "<html><head>{{ head }}</head><body><p>{{ experiment.config.primary_button }}</p>{{ form }}</body></html>"
    )
    house.change_tenant(pages=type(house.tenant.pages)({}, template))
    house.run_experiment(overrides={"primary_button": "Told to the template"})

    texts = [open_with(house, DESK).text for _ in range(12)]

    assert any("Told to the template" in text for text in texts)
