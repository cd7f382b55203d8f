"""Sign-ins through a real gateway, before a provider that speaks as Keycloak does, with Authlib's client."""

import json
import resource
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.e2e.conftest import SIGNPOST, Server, StartServer
from tests.e2e.keycloak import CLIENT, USER, Keycloak, parse_experiment
from tests.e2e.sign_ins import OVERRIDES, Browser, Gateway, Shop, read_log, serving, start_experiment

DISCOVERY = "/.well-known/openid-configuration"
EXPOSURE = "experiment_assignment_succeeded"
NAME = "signpost_device"
StartGateway = Callable[..., Gateway]

MAPPING = """
experiment = ""

[decision]
variation_id = "ext-variation"
assignment_token = "ext-token"

[parameters]
theme = "kc_theme"
locales = "ui_locales"
"""


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
def log(house: Server) -> Iterator[httpx2.Client]:
    """Reads the log of what is kept."""
    with house.client() as client:
        yield client


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


def exposures_of(log: httpx2.Client) -> list[dict[str, Any]]:
    return [entry for entry in read_log(log) if entry["type"] == EXPOSURE]


def ask(gateway: Gateway, query: str, **headers: str) -> httpx2.Response:
    return httpx2.get(f"{gateway.url}/authorize?{query}", headers=headers, follow_redirects=False)


def test_a_client_signs_in_with_the_gateway_s_discovery_document_alone(
    shop: str, browser: Browser, keycloak: Keycloak, log: httpx2.Client, experiment: str
) -> None:
    said = browser.sign_in(shop)

    sent = parse_experiment(keycloak.last)
    assert said == f"signed in: {USER}"
    assert sent is not None
    assert sent.keys() == {"experiment_id", "variation_id", "variation_name", "config", "is_control"}
    assert sent["experiment_id"] == experiment
    exposure = read_log(log)[-1]
    assert exposure["type"] == EXPOSURE
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


def test_a_decision_can_be_sent_as_parameters_that_the_provider_knows(
    start_gateway: StartGateway, keycloak: Keycloak, tmp_path: Path, log: httpx2.Client
) -> None:
    mapping = tmp_path / "gateway.toml"
    mapping.write_text(MAPPING)
    gateway = start_gateway("--mapping", str(mapping))
    seen: dict[str, dict[str, str]] = {}
    with Shop(f"{gateway.url}{DISCOVERY}").serving() as shop:
        keycloak.redirect_uris.add(f"{shop}/callback")
        while len(seen) < 2:
            browser = Browser()
            assert browser.sign_in(shop) == f"signed in: {USER}"
            seen[keycloak.last["kc_theme"]] = keycloak.last
            browser.close()

    treated, plain = seen[str(OVERRIDES["theme"])], seen["plain"]
    assert treated["ui_locales"] == "fr en"
    assert "ui_locales" not in plain
    assert "ext-experiment" not in treated
    event = {"type": "s", "assignment_token": treated["ext-token"], "event_id": "told-by-the-provider"}
    log.post("/runtime/v1/events", json=event).raise_for_status()
    assert read_log(log)[-1]["details"]["experiment"]["variation_id"] == treated["ext-variation"]


def test_a_silent_renewal_passes_untouched(gateway: Gateway, keycloak: Keycloak, log: httpx2.Client) -> None:
    before = len(exposures_of(log))
    query = "client_id=shop&state=%c3%A9+x&prompt=none&ext-experiment=%7B%7D"

    reply = ask(gateway, query)

    assert reply.status_code == 302
    assert reply.headers["location"] == f"{keycloak.issuer}/protocol/openid-connect/auth?{query}"
    assert "set-cookie" not in reply.headers
    assert len(exposures_of(log)) == before


def test_what_a_client_sends_goes_on_byte_by_byte(gateway: Gateway, keycloak: Keycloak) -> None:
    query = "a=1&a=2&b=%7e~+%20%zz&&redirect_uri=https%3a%2f%2Fshop.example/&state=%E2%9c%93;=&c"

    location = ask(gateway, query).headers["location"]

    assert location.startswith(f"{keycloak.issuer}/protocol/openid-connect/auth?{query}&ext-experiment=%7B%22exp")


@pytest.mark.parametrize(
    "query",
    [
        "redirect_uri=https://evil.example/&issuer=https://evil.example",
        "client_id=shop&authorization_endpoint=https://evil.example",
        "//evil.example/",
        "@evil.example",
        "\\evil.example",
        "x" * 20_000,
    ],
)
def test_nobody_is_sent_anywhere_but_to_the_provider(gateway: Gateway, keycloak: Keycloak, query: str) -> None:
    headers = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}

    location = ask(gateway, query, **headers).headers["location"]

    assert location.startswith(f"{keycloak.issuer}/protocol/openid-connect/auth?")
    document = httpx2.get(f"{gateway.url}{DISCOVERY}", headers=headers).json()
    assert document["authorization_endpoint"] == f"{gateway.url}/authorize"
    assert document["issuer"] == keycloak.issuer


@pytest.mark.parametrize(
    "query",
    [b"a=%0d%0aSet-Cookie:%20b=c", b"a=\r\x0bSet-Cookie: b=c", b"a=\x80\xff\xc3\xa9", b"a=%0D%0ALocation:https://evil"],
)
def test_no_header_can_be_put_in(gateway: Gateway, query: bytes) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(b"GET /authorize?%b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" % query)
        reply = b"".join(iter(lambda: connection.recv(65_536), b""))

    lines = reply.partition(b"\r\n\r\n")[0].split(b"\r\n")
    assert lines[0].split()[1] in {b"302", b"400"}
    assert sum(line.lower().startswith(b"location:") for line in lines) == (1 if b" 302 " in lines[0] else 0)
    assert all(NAME.encode() in line for line in lines if line.lower().startswith(b"set-cookie"))
    assert all(0x20 <= byte < 0x7F for line in lines for byte in line)


def test_headers_of_the_hop_change_nothing(gateway: Gateway, keycloak: Keycloak) -> None:
    headers = {"Connection": "location, set-cookie", "TE": "trailers", "Upgrade": "h2c", "Proxy-Authorization": "x"}

    reply = ask(gateway, "client_id=shop", **headers)

    assert reply.headers["location"].startswith(keycloak.issuer)
    assert {name.lower() for name in reply.headers} <= {
        *(
            "date",
            "server",
            "location",
            "set-cookie",
            "cache-control",
            "referrer-policy",
            "content-length",
            "connection",
        ),
    }
    assert reply.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "value", [f"1.{'A' * 22}.aaaaaa.{'A' * 43}", "A" * 4_000, "1..", '"'], ids=lambda value: value[:8]
)
def test_a_forged_device_is_answered_with_a_new_one(gateway: Gateway, log: httpx2.Client, value: str) -> None:
    reply = ask(gateway, "client_id=shop", Cookie=f"{NAME}={value}")

    device = reply.cookies[NAME].split(".")[1]
    assert device != "A" * 22
    assert exposures_of(log)[-1]["details"]["assignment"]["unit"] == device


def test_an_override_shows_a_variation_and_is_not_counted(
    gateway: Gateway, house: Server, log: httpx2.Client, experiment: str
) -> None:
    token = house.run("override", experiment, "--variation", "Passkey first", "--reason", "looking").stdout.strip()

    forced = [ask(gateway, f"client_id=shop&experiment_override={token}") for _ in range(6)]
    wrong = ask(gateway, f"client_id=shop&experiment_override={token[:-1]}")
    plain = ask(gateway, "client_id=shop&experiment_id=exp_2222222222222222222222")

    shown = [parse_experiment(dict(reply.url.join(reply.headers["location"]).params)) for reply in forced]
    assert {found["variation_name"] for found in shown if found} == {"Passkey first"}
    assert [reply.status_code for reply in (wrong, plain)] == [302, 302]
    said = gateway.log.read_text()
    assert "experiment_orphaned_params: an override is ignored: token_invalid" in said
    assert "experiment_not_found" in said
    entries = exposures_of(log)[-8:]
    assert [entry["details"]["assignment"].get("is_forced", False) for entry in entries] == [True] * 6 + [False] * 2
    assert entries[-2]["details"]["assignment"]["override_ignored"] == "token_invalid"


@pytest.fixture
def link(gateway: Gateway, house: Server, experiment: str) -> str:
    """A tester's link to the treatment."""
    words = ["--variation", "Passkey first", "--reason", "looking", "--url", f"{gateway.url}/override"]
    return house.run("override", experiment, *words).stdout.strip()


def test_a_tester_s_link_shows_one_variation_until_it_is_taken_back(
    link: str, shop: str, browser: Browser, log: httpx2.Client, keycloak: Keycloak
) -> None:
    told = [browser.open(link).text, browser.sign_in(shop)]
    shown, entry = parse_experiment(keycloak.last), exposures_of(log)[-1]["details"]["assignment"]
    told.append(browser.open(link.partition("?")[0]).text)
    browser.sign_in(shop)
    after = exposures_of(log)[-1]["details"]["assignment"]

    assert shown is not None
    assert shown["variation_name"] == "Passkey first"
    assert (entry["is_forced"], entry["override"]["reason"]) == (True, "looking")
    assert "is_forced" not in after
    assert told[0].startswith("This browser sees what the link says until 20")
    assert told[2] == "This browser sees what every browser may see.\n"
    refused = httpx2.get(f"{link[:-1]}", follow_redirects=False)
    assert (refused.status_code, "set-cookie" in refused.headers) == (400, False)


def test_kill_in_the_middle_loses_no_exposure_of_who_was_sent_on(
    start_gateway: StartGateway, log: httpx2.Client
) -> None:
    gateway = start_gateway()
    sent: list[str] = []

    def come(_: int) -> None:
        with suppress(httpx2.HTTPError):  # the gateway is gone
            while True:
                sent.append(ask(gateway, "client_id=shop").cookies[NAME].split(".")[1])

    for round_number in range(2):
        with ThreadPoolExecutor(4) as browsers:
            coming = [browsers.submit(come, number) for number in range(4)]
            while len(sent) < 100 * (round_number + 1):
                wait(coming, timeout=0.01)
            gateway.end(signal.SIGKILL)
        gateway.start()

    kept = {entry["details"]["assignment"]["unit"] for entry in exposures_of(log)}
    assert len(sent) >= 200
    assert set(sent) <= kept


def test_several_processes_keep_a_browser_in_its_variation(start_gateway: StartGateway) -> None:
    gateway = start_gateway("--workers", "2")
    device = ask(gateway, "client_id=shop").cookies[NAME]

    shown = {ask(gateway, "client_id=shop", Cookie=f"{NAME}={device}").headers["location"] for _ in range(8)}

    assert len(shown) == 1
    assert "ext-experiment" in shown.pop()


def test_without_its_database_it_starts_and_sends_everybody_on(house: Server, keycloak: Keycloak) -> None:
    options = ("--database", "postgresql://nobody@127.0.0.1:1/none")
    gateway = Gateway(house.data, keycloak.issuer, options, environment=house.environment()).start()

    reply = ask(gateway, "client_id=shop")
    gateway.end()

    assert reply.headers["location"] == f"{keycloak.issuer}/protocol/openid-connect/auth?client_id=shop"
    assert "experiment_circuit_open" in gateway.log.read_text()


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        (["--issuer", "id.example"], "--issuer must be an http or https address"),
        (["--issuer", "https://id.example?x=y"], "--issuer must be"),
        (["--issuer", "https://id.example", "--url", "javascript:x"], "--url must be"),
        (["--issuer", "https://id.example", "--host", "0.0.0.0"], "--url must say how browsers reach"),
        (["--issuer", "https://id.example", "--tenant", "nobody"], "There is no such tenant"),
        (["--issuer", "https://id.example", "--data", "nowhere"], "There is no Signpost data in nowhere"),
        (["--issuer", "https://id.example", "--mapping", "gateway.toml"], "state is for the client"),
    ],
)
def test_what_it_can_t_do_it_says_before_it_stands(
    house: Server, tmp_path: Path, words: list[str], complaint: str
) -> None:
    (tmp_path / "gateway.toml").write_text('[parameters]\na = "state"\n')

    done = subprocess.run(
        [SIGNPOST, "gateway", "--data", str(house.data), "--port", "0", *words],
        check=False,
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env=house.environment(),
    )

    assert done.returncode == 1
    assert complaint in done.stderr


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="limits another process")
def test_with_a_full_disk_sign_ins_go_on(start_gateway: StartGateway, keycloak: Keycloak) -> None:
    gateway = start_gateway()
    with Shop(f"{gateway.url}{DISCOVERY}").serving() as shop:
        keycloak.redirect_uris.add(f"{shop}/callback")
        browser = Browser()
        assert browser.sign_in(shop) == f"signed in: {USER}"
        assert gateway.process is not None
        _, hard = resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (8_192, hard))
        said, while_full = browser.sign_in(shop), keycloak.last
        resource.prlimit(gateway.process.pid, resource.RLIMIT_FSIZE, (hard, hard))
        afterwards = browser.sign_in(shop), keycloak.last
        browser.close()

    assert said == f"signed in: {USER}"
    assert "ext-experiment" not in while_full
    assert "experiment_circuit_open: the exposure could not be kept" in gateway.log.read_text()
    assert afterwards[0] == f"signed in: {USER}"
    assert "ext-experiment" in afterwards[1]


def test_a_provider_of_another_name_is_not_stood_before(house: Server, experiment: str) -> None:
    other = Keycloak(issuer_said="https://evil.example")
    with serving(other.app) as host:
        other.host = host
        gateway = Gateway(house.data, other.issuer, environment=house.environment()).start()
        replies = [
            ask(gateway, "client_id=shop"),
            httpx2.get(f"{gateway.url}{DISCOVERY}"),
            httpx2.get(f"{gateway.url}/ready"),
        ]
        gateway.end()

    assert [reply.status_code for reply in replies] == [503, 503, 503]
    assert "its issuer is another one" in gateway.log.read_text()
