"""Tokens, User-Agents, places, and the description of it all."""

import base64
import hmac
import ipaddress
from pathlib import Path
from typing import Any

import maxminddb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signpost.ports.events import Attribution
from signpost.requests.places import NOWHERE, NoPlaces, Place, PlacesFile
from signpost.requests.useragents import Client, UserAgents
from signpost.runtime.openapi import describe_runtime
from signpost.runtime.tokens import TOKEN_MAX, Signer, TokenInvalidError

KEY = b"k" * 32
TO = Attribution("exp_" + "1" * 22, "var_" + "1" * 22, True, "percentage", None, "unit-1", 1_767_225_600_000, False)
SIGNER = Signer("ten_1", KEY)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

_attributions = st.builds(
    Attribution,
    experiment_id=st.text(max_size=30),
    variation_id=st.text(max_size=30),
    is_control=st.booleans(),
    allocation_strategy=st.sampled_from(["percentage", "segment"]),
    segment_id=st.none() | st.text(max_size=30),
    unit=st.text(min_size=1, max_size=512),
    exposed_ms=st.integers(0, 1 << 42),
    is_forced=st.booleans(),
)


@given(_attributions)
def test_a_token_says_what_was_sealed(to: Attribution) -> None:
    token = SIGNER.seal(to)

    assert SIGNER.unseal(token) == to
    assert set(token) <= set(ALPHABET)
    assert len(token) <= TOKEN_MAX


@pytest.mark.parametrize("key", [b"", KEY, b"k" * 64, b"k" * 65])
def test_the_signature_is_hmac(key: bytes) -> None:
    token = Signer("ten_1", key).seal(TO)

    signed = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))

    assert signed[-16:] == hmac.digest(key, b"ten_1\0" + signed[:-16], "sha256")[:16]


def test_a_usual_token_is_short() -> None:
    assert len(SIGNER.seal(TO)) < 150


def test_no_character_of_a_token_can_be_changed() -> None:
    token = SIGNER.seal(TO)

    for index, character in enumerate(token):
        for other in ALPHABET.replace(character, ""):
            with pytest.raises(TokenInvalidError):
                SIGNER.unseal(token[:index] + other + token[index + 1 :])


@pytest.mark.parametrize(("tenant_id", "key"), [("ten_2", KEY), ("ten_1", b"x" * 32)])
def test_a_token_is_its_tenant_s_own(tenant_id: str, key: bytes) -> None:
    with pytest.raises(TokenInvalidError):
        Signer(tenant_id, key).unseal(SIGNER.seal(TO))


@given(st.text() | st.text(ALPHABET + "=+/"))
def test_what_is_no_token_is_refused(text: str) -> None:
    with pytest.raises(TokenInvalidError):
        SIGNER.unseal(text)


@pytest.mark.parametrize("text", ["A" * 5_000, SIGNER.seal(TO) + "=", SIGNER.seal(TO) + "\n", ""])
def test_near_misses_are_refused(text: str) -> None:
    with pytest.raises(TokenInvalidError):
        SIGNER.unseal(text)


W, A, C = "Mozilla/5.0 (", "AppleWebKit/537.36 (KHTML, like Gecko)", "Chrome/120.0.0.0"


@pytest.mark.parametrize(
    ("header", "client"),
    [
        (f"{W}Windows NT 10.0; Win64; x64) {A} {C} Safari/537.36", Client("Chrome", "Windows", "desktop")),
        (
            f"{W}Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Safari/605.1.15",
            Client("Safari", "Mac OS X", "desktop"),
        ),
        (f"{W}X11; CrOS x86_64 14541.0.0) {A} {C} Safari/537.36", Client("Chrome", "Chrome OS", "desktop")),
        (
            f"{W}X11; Ubuntu; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0",
            Client("Firefox", "Ubuntu", "desktop"),
        ),
        (f"{W}Linux; Android 10; K) {A} {C} Mobile Safari/537.36", Client("Chrome Mobile", "Android", "mobile")),
        (f"{W}Linux; Android 13; SM-X700) {A} {C} Safari/537.36", Client("Chrome", "Android", "tablet")),
        (f"{W}Android 13; Tablet; rv:120.0) Gecko/120.0 Firefox/120.0", Client("Firefox Mobile", "Android", "tablet")),
        (
            f"{W}iPad; CPU OS 17_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.0 Mobile/15E148 Safari/604.1",
            Client("Mobile Safari", "iOS", "tablet"),
        ),
        (
            f"{W}compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
            Client("Googlebot", None, "bot"),
        ),
        (
            f"{W}SMART-TV; Linux; Tizen 6.0) AppleWebKit/538.1 Version/6.0 TV Safari/538.1",
            Client("Safari", "Tizen", "tv"),
        ),
        (f"{W}Web0S; Linux/SmartTV) {A} Chrome/79.0 Safari/537.36", Client("Chrome", "Web0S", "tv")),
        ("AppleTV11,1/11.1", Client(None, "ATV OS X", "tv")),
        (
            f"{W}Linux; Android 9; AFTS) {A} Silk/80.5.3 like Chrome/80.0 Safari/537.36",
            Client("Amazon Silk", "Android", "tv"),
        ),
        (f"{W}PlayStation 4 3.11) AppleWebKit/537.73 (KHTML, like Gecko)", Client(None, None, "console")),
        ("curl/8.0", Client("curl", None, "other")),
        ("\x00 nonsense ÿ", Client(None, None, "other")),
        ("x" * 1_000_000, Client(None, None, "other")),
    ],
)
def test_headers_tell_browser_platform_and_device(user_agents: UserAgents, header: str, client: Client) -> None:
    assert user_agents.parse(header) == client


def write_places(path: Path, records: dict[str, Any]) -> None:
    """Write a small database, by the published description of the MaxMind DB format 2.0: a tree of 24-bit records."""
    nodes: list[list[int | None]] = [[None, None]]
    offsets: dict[str, int] = {}
    data = b""
    for network, record in records.items():
        offsets[network] = len(data)
        data += _mmdb(record)
    for network in records:
        parsed = ipaddress.ip_network(network)
        bits = f"{int(parsed.network_address):032b}"[: parsed.prefixlen]
        node = 0
        for bit in bits[:-1]:
            step = nodes[node][int(bit)]
            if step is None:
                nodes.append([None, None])
                step = nodes[node][int(bit)] = len(nodes) - 1
            node = step
        nodes[node][int(bits[-1])] = -1 - offsets[network]
    count = len(nodes)
    tree = b""
    for pair in nodes:
        for child in pair:
            value = count if child is None else child if child >= 0 else count + 16 + (-1 - child)
            tree += value.to_bytes(3)
    metadata = {
        "node_count": (6, count),
        "record_size": (5, 24),
        "ip_version": (5, 4),
        "database_type": "Test",
        "languages": ["en"],
        "binary_format_major_version": (5, 2),
        "binary_format_minor_version": (5, 0),
        "build_epoch": (9, 1_767_225_600),
        "description": {"en": "Test"},
    }
    path.write_bytes(tree + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _mmdb(metadata))


def _mmdb(value: Any) -> bytes:
    if isinstance(value, str):
        return bytes([2 << 5 | len(value)]) + value.encode()
    if isinstance(value, tuple):
        kind, number = value
        raw: bytes = number.to_bytes(8).lstrip(b"\0")
        return bytes([kind << 5 | len(raw)] if kind < 8 else [len(raw), kind - 7]) + raw
    if isinstance(value, dict):
        return bytes([7 << 5 | len(value)]) + b"".join(_mmdb(part) for pair in value.items() for part in pair)
    return bytes([len(value), 11 - 7]) + b"".join(_mmdb(part) for part in value)


def test_a_places_file_tells_country_and_region(tmp_path: Path) -> None:
    write_places(
        tmp_path / "places.mmdb",
        {
            "203.0.113.0/24": {"country": {"iso_code": "CA"}, "subdivisions": [{"iso_code": "QC"}]},
            "198.51.100.0/24": {"country": {"iso_code": "IS"}},
            "192.0.2.0/24": {"country": "odd", "subdivisions": "odd"},
        },
    )
    places = PlacesFile(tmp_path / "places.mmdb")

    assert places.find("203.0.113.7") == Place("CA", "QC")
    assert places.find("198.51.100.200") == Place("IS", None)
    assert [places.find(ip) for ip in ("192.0.2.1", "127.0.0.1", "", "no address", "::1", "\x00")] == [NOWHERE] * 6
    assert NoPlaces().find("203.0.113.7") == NOWHERE


def test_another_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"something else")

    with pytest.raises(maxminddb.InvalidDatabaseError):
        PlacesFile(tmp_path / "file")


def test_the_description_leads_nowhere_outside_of_itself() -> None:
    document = describe_runtime()
    references: list[str] = []

    def visit(part: Any) -> None:
        if isinstance(part, dict):
            references.extend(value for name, value in part.items() if name == "$ref")
            for value in part.values():
                visit(value)
        elif isinstance(part, list):
            for value in part:
                visit(value)

    visit(document)
    assert {reference.removeprefix("#/components/schemas/") for reference in references} <= document["components"][
        "schemas"
    ].keys()
    assert {path: set(methods) for path, methods in document["paths"].items()} == {
        "/runtime/v1/decisions": {"post"},
        "/runtime/v1/events": {"post"},
        "/runtime/v1/exposures": {"post"},
        "/runtime/v1/links": {"post"},
        "/runtime/v1/log-stream": {"post"},
        "/runtime/v1/plan": {"get"},
        "/ofrep/v1/evaluate/flags/{key}": {"post"},
        "/ofrep/v1/evaluate/flags": {"post"},
        "/ofrep/v1/stream": {"get"},
    }
