"""Requests to addresses of others' choice."""

import socket
import ssl
import threading
import time
from pathlib import Path

import pytest
import trustme

from signpost.edge.outbound import NotTakenError, Outbound, is_public
from tests.receiver import find_closed_port, receiving

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def test_a_request_is_sent_and_the_reply_comes_back() -> None:
    with receiving(status=200, reply=b"[]") as receiver:
        reply = Outbound(LOOPBACK).post(receiver.url, b'{"a":1}', {"Content-Type": "application/json"}, seconds=5)

    (taken,) = receiver.taken
    assert (reply.status, reply.body) == (200, b"[]")
    assert (taken.path, taken.body) == ("/take?from=signpost", b'{"a":1}')
    assert taken.headers["host"] == f"127.0.0.1:{receiver.port}"
    assert taken.headers["content-type"] == "application/json"


def test_an_error_comes_back_as_it_is_and_no_redirect_is_followed() -> None:
    with receiving() as other, receiving(status=302, headers={"Location": other.url}) as receiver:
        reply = Outbound(LOOPBACK).post(receiver.url, b"", {}, seconds=5)

    assert reply.status == 302
    assert other.taken == []


def test_who_does_not_answer_is_not_waited_for() -> None:
    with receiving() as receiver:
        receiver.hang()
        with pytest.raises(NotTakenError, match=r"does not answer within 0\.2 seconds"):
            Outbound(LOOPBACK).post(receiver.url, b"", {}, seconds=0.2)


def test_who_answers_byte_by_byte_is_cut_off() -> None:
    with receiving(status=200, reply=b"x" * 1_000, drip_seconds=0.05) as receiver:
        began = time.monotonic()
        with pytest.raises(NotTakenError, match=r"does not answer within 0\.3 seconds"):
            Outbound(LOOPBACK).post(receiver.url, b"", {}, seconds=0.3)

    assert time.monotonic() - began < 10  # it would take 50


def test_who_never_ends_a_handshake_is_cut_off() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}/"
        with pytest.raises(NotTakenError, match=r"does not answer within 0\.2 seconds"):
            Outbound(LOOPBACK).post(url, b"", {}, seconds=0.2)


def test_who_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(NotTakenError, match="can't be reached"):
        Outbound(LOOPBACK).post(f"http://127.0.0.1:{find_closed_port()}/", b"", {}, seconds=5)


def test_an_answer_has_a_limit() -> None:
    with (
        receiving(status=200, reply=b"x" * 11) as receiver,
        pytest.raises(NotTakenError, match="more than 10 bytes"),
    ):
        Outbound(LOOPBACK).post(receiver.url, b"", {}, seconds=5, reply_bytes_max=10)


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "64:ff9b::a00:1",
        "2002:a00:1::",
        "fe80::1%eth0",
        "fc00::1",
        "ff02::1",
    ],
)
def test_an_address_inside_is_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101"]
)
def test_an_address_of_the_internet_is_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "uri",
    [
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/",
        "https://[::ffff:10.0.0.1]/",
        "https://2130706433/",
        "https://0/",
        "https://127.1/",
        "http://example.com/",
        "http://10.0.0.1/",
        "gopher://127.0.0.1/",
        "https://127.0.0.1:99999/",
        "https://localhost.localdomain.invalid/",
    ],
)
def test_what_is_inside_is_not_called(uri: str) -> None:
    with pytest.raises(NotTakenError, match=r"outbound_hosts|neither https|can't be reached"):
        Outbound(LOOPBACK).post(uri, b"", {}, seconds=2)


def test_without_being_named_this_machine_is_not_called_either() -> None:
    with receiving() as receiver, pytest.raises(NotTakenError, match="outbound_hosts"):
        Outbound(frozenset()).post(receiver.url, b"", {}, seconds=2)

    assert receiver.taken == []


def _serve_tls(listening: socket.socket, context: ssl.SSLContext) -> None:
    connected, _ = listening.accept()
    try:
        with context.wrap_socket(connected, server_side=True) as secured:
            secured.recv(65_536)
            secured.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")
    except ssl.SSLError:
        connected.close()


@pytest.mark.parametrize("is_trusted", [True, False])
def test_a_certificate_has_to_be_trusted(tmp_path: Path, *, is_trusted: bool) -> None:
    authority = trustme.CA()
    serving, asking = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("localhost").configure_cert(serving)
    if is_trusted:
        authority.configure_trust(asking)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=_serve_tls, args=(listening, serving))
        thread.start()
        url = f"https://localhost:{listening.getsockname()[1]}/"
        outbound = Outbound(LOOPBACK, asking)
        if is_trusted:
            assert outbound.post(url, b"", {}, seconds=5).status == 204
        else:
            with pytest.raises(NotTakenError, match="certificate is not trusted"):
                outbound.post(url, b"", {}, seconds=5)
        thread.join(5)


def test_an_answer_that_breaks_off_is_none() -> None:
    with receiving(status=200, reply=b"[]", headers={"Content-Length": "10"}) as receiver:
        receiver.reply = b"[]"
        with pytest.raises(NotTakenError):
            Outbound(LOOPBACK).post(receiver.url, b"", {}, seconds=0.5)


def test_every_address_of_a_name_is_tried() -> None:
    with receiving() as receiver:  # it listens at 127.0.0.1 only, and the name may stand for ::1 first
        reply = Outbound(LOOPBACK).post(receiver.url.replace("127.0.0.1", "localhost"), b"", {}, seconds=5)

    assert reply.status == 204
