"""Sign-ins through a real gateway, before a provider that speaks as Keycloak does, with Authlib's client."""

import json
from collections.abc import Callable, Iterator

import pytest

from tests.e2e.conftest import Server, StartServer
from tests.e2e.keycloak import CLIENT, USER, Keycloak, parse_experiment
from tests.e2e.sign_ins import OVERRIDES, Browser, Gateway, Shop, read_log, serving, start_experiment

DISCOVERY = "/.well-known/openid-configuration"
StartGateway = Callable[..., Gateway]


@pytest.fixture(scope="module")
def keycloak() -> Iterator[Keycloak]:
    keycloak = Keycloak()
    with serving(keycloak.app) as host:
        keycloak.host = host
        yield keycloak


@pytest.fixture(scope="module")
def house(start_server: StartServer) -> Server:
    return start_server()


@pytest.fixture(scope="module")
def experiment(house: Server) -> str:
    return start_experiment(house)


@pytest.fixture(scope="module")
def start_gateway(house: Server, keycloak: Keycloak, experiment: str) -> Iterator[StartGateway]:
    gateways: list[Gateway] = []

    def start(*options: str) -> Gateway:
        gateways.append(Gateway(house.data, keycloak.issuer, options, environment=house.environment()).start())
        return gateways[-1]

    yield start
    for gateway in gateways:
        gateway.end()


@pytest.fixture(scope="module")
def gateway(start_gateway: StartGateway) -> Gateway:
    return start_gateway()


@pytest.fixture(scope="module")
def shop(gateway: Gateway, keycloak: Keycloak) -> Iterator[str]:
    with Shop(f"{gateway.url}{DISCOVERY}").serving() as url:
        keycloak.redirect_uris.add(f"{url}/callback")
        yield url


@pytest.fixture
def browser() -> Iterator[Browser]:
    browser = Browser()
    yield browser
    browser.close()


def test_a_client_signs_in_with_the_gateway_s_discovery_document_alone(
    shop: str, browser: Browser, keycloak: Keycloak, house: Server, experiment: str
) -> None:
    said = browser.sign_in(shop)

    sent = parse_experiment(keycloak.last)
    assert said == f"signed in: {USER}"
    assert sent is not None
    assert sent.keys() == {"experiment_id", "variation_id", "variation_name", "config", "is_control"}
    assert sent["experiment_id"] == experiment
    exposure = read_log(house)[-1]
    assert exposure["type"] == "experiment_assignment_succeeded"
    assert exposure["details"]["experiment"]["variation_id"] == sent["variation_id"]
    assert exposure["client_id"] == CLIENT
    assert "ip" not in exposure


def test_a_browser_stays_in_its_variation(shop: str, keycloak: Keycloak) -> None:
    seen: list[set[str]] = []
    for _ in range(12):
        browser = Browser()
        shown = set()
        for _ in range(2):
            browser.open(f"{shop}/login")
            shown.add(keycloak.last["ext-experiment"])
        seen.append(shown)
        browser.close()

    assert all(len(shown) == 1 for shown in seen)
    configs = [json.loads(next(iter(shown)))["config"]["theme"]["value"] for shown in seen]
    assert set(configs) == {"plain", OVERRIDES["theme"]}
